"""What really happened, for tests: every accepted SMS counted, whatever the client was told."""

from __future__ import annotations

import threading
from collections import Counter

from sms_notify.simulator.model import Sms


class Truth:
    """Counts of what the gateway accepted and billed since the start or the last reset.

    `lock` is the gateway's, so that a test may look while the server counts.
    """

    __slots__ = ("_accepted", "_billed", "_lock")

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._accepted: Counter[tuple[str, str]] = Counter()
        self._billed: Counter[str] = Counter()

    def count(self, sms: Sms) -> None:
        """Count one accepted and billed SMS."""
        with self._lock:
            self._accepted[sms.phone, sms.text] += 1
            self._billed[sms.account] += sms.segments

    def accepted(self, phone: str | None = None, text: str | None = None) -> int:
        """SMS accepted, all or those to one phone, with one text, or both."""
        return sum(
            times
            for (to, said), times in self._counted()
            if phone in (None, to) and text in (None, said)
        )

    def by_phone(self) -> dict[str, int]:
        """Phone → SMS accepted for it."""
        return self._summed(0)

    def by_text(self) -> dict[str, int]:
        """Text as the phone shows it → SMS accepted with it."""
        return self._summed(1)

    def duplicates(self) -> dict[tuple[str, str], int]:
        """(phone, text) → how often beyond the first it was accepted; empty when never."""
        return {key: times - 1 for key, times in self._counted() if times > 1}

    def billed(self, account: str | None = None) -> int:
        """Segments (条) billed, to all accounts or to one."""
        with self._lock:
            return self._billed.total() if account is None else self._billed[account]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._accepted.clear()
            self._billed.clear()

    def _counted(self) -> list[tuple[tuple[str, str], int]]:
        with self._lock:
            return list(self._accepted.items())

    def _summed(self, part: int) -> dict[str, int]:
        sums: Counter[str] = Counter()
        for key, times in self._counted():
            sums[key[part]] += times
        return dict(sums)
