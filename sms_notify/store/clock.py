"""The store's moment: no jitter backwards, and a clock that was set is followed, loudly."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from sms_notify.model import SECOND, Micros

log = logging.getLogger(__name__)

STEPPED: Micros = 2 * SECOND
"""More than this between the wall clock and the time that went by: somebody set the clock."""

Clock = Callable[[], Micros]


def wall_clock() -> Micros:
    """Microseconds since 1970 UTC by the clock of this machine."""
    return time.time_ns() // 1000


def steady_clock() -> Micros:
    """Microseconds since some moment; nobody can set it."""
    return time.monotonic_ns() // 1000


class StoreClock:
    """Wall time that advances with the steady clock and follows the wall clock when it is set.

    A step back is followed too: holding time still for an hour would hold back every page.
    Thread-safe. `wall` alone makes a clock for virtual time: no steady clock, no steps.
    """

    def __init__(self, wall: Clock = wall_clock, steady: Clock | None = steady_clock) -> None:
        self._wall = wall
        self._steady = steady
        self._lock = threading.Lock()
        self._offset: Micros = 0  # of another clock, e.g. the database's, to ours
        self._base = wall()
        self._mark = steady() if steady else 0
        self._last = self._base

    def __call__(self) -> Micros:
        with self._lock:
            now = self._now() + self._offset
            if self._last - STEPPED <= now < self._last:
                return self._last
            self._last = now
            return now

    def follow(self, other: Micros) -> None:
        """Another clock, which counts, stands at `other` now."""
        with self._lock:
            offset = other - self._now()
            if abs(offset - self._offset) > STEPPED and self._offset:
                log.warning("clock_stepped", extra={"by_us": offset - self._offset, "of": "store"})
            self._offset = offset

    def _now(self) -> Micros:
        wall = self._wall()
        if self._steady is None:
            return wall
        mark = self._steady()
        expected = self._base + mark - self._mark
        if abs(wall - expected) > STEPPED:
            log.warning("clock_stepped", extra={"by_us": wall - expected, "of": "machine"})
            expected = wall
        self._base, self._mark = max(wall, expected), mark
        return self._base
