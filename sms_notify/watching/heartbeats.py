"""Expected signals: their absence is an alert of ours, judged like any other; their return ends it.

`intake` takes the signals in and notes when the latest came. What is here looks at a heartbeat when
it is due: alive, missing, or back. The alert of one that stays away is said again and again, as
Alertmanager would, so that its incident is neither given up nor left without repeats.
"""

from __future__ import annotations

from sms_notify.config import Heartbeat
from sms_notify.intake import Ledger, Rules, TellCall
from sms_notify.intake.signs import MISSING
from sms_notify.model import MINUTE, Alert, Call, Level, Micros
from sms_notify.store import heartbeats as rows
from sms_notify.store.facts import Keys
from sms_notify.store.heartbeats import Beat
from sms_notify.watching.words import words

SAID_AGAIN: Micros = 5 * MINUTE
"""The absence is said again after `every`, and not more often than this."""


class LookAtHeartbeat:
    """The Input for one heartbeat that is due, or (`gone`) is no longer configured."""

    alerts = 1

    def __init__(self, rules: Rules, name: str, *, gone: bool = False) -> None:
        self.rules = rules
        self.name = name
        self.gone = gone

    def wants(self, now: Micros) -> Keys:
        keys = self._call(now, now, now).wants(now)
        keys.asked[rows.beats] = {self.name}
        return keys

    def judge(self, ledger: Ledger, now: Micros) -> object:
        """What telling came to, None where there was nothing to tell."""
        row: Beat | None = ledger.facts.answers[rows.beats].get(self.name)
        expected = self.rules.config.heartbeats.get(self.name)
        if row is None or (row.due_at > now and not self.gone):
            return None  # another process was faster
        seen = self._seen(ledger, row, now)
        if expected is None:
            ledger.write(rows.FORGET, of_name=self.name)
            return self._back(ledger, row, now)
        if seen is not None and seen + expected.patience > now:
            self._looked(ledger, seen, seen + expected.patience, None)
            return self._back(ledger, row, seen)
        since = now if row.missing_since is None else row.missing_since
        self._looked(ledger, seen, now + self._again(expected), since)
        return self._call(now, since, None).judge(ledger, now)

    def _seen(self, ledger: Ledger, row: Beat, now: Micros) -> Micros | None:
        """When it was seen last, as of this very batch; a clock set back left no sign ahead."""
        signs = [row.seen_at, ledger.pending.signs.get(self.name)]
        return max((min(at, now) for at in signs if at is not None), default=None)

    def _looked(
        self, ledger: Ledger, seen: Micros | None, due: Micros, missing: Micros | None
    ) -> None:
        ledger.write(rows.LOOKED, of_name=self.name, seen=seen, due=due, missing=missing)
        known = ledger.facts.answers[rows.beats]
        ledger.put(known, self.name, Beat(self.name, seen, due, missing))

    def _back(self, ledger: Ledger, row: Beat, at: Micros) -> object:
        if row.missing_since is None:
            return None
        ended_at = max(at, row.missing_since + 1)
        return self._call(ledger.now, row.missing_since, ended_at).judge(ledger, ledger.now)

    def _again(self, expected: Heartbeat) -> Micros:
        return min(max(expected.every, SAID_AGAIN), self.rules.config.incidents.stale_after // 2)

    def _call(self, now: Micros, since: Micros, ended_at: Micros | None) -> TellCall:
        expected = self.rules.config.heartbeats.get(self.name)
        name = words(self.rules.config)["missing"]
        alert = Alert(
            source=MISSING,
            fingerprint=self.name,
            starts_at=since,
            ended_at=ended_at,
            level=expected.level if expected else Level.critical,
            source_level="",
            name=name,
            summary=f"{name} {self.name}",
            labels={"alertname": name, "instance": self.name, "heartbeat": self.name},
        )
        receiver = expected.receiver if expected else self.rules.config.route.receiver
        group = {"heartbeat": self.name}
        return TellCall(self.rules, Call(MISSING, now, (alert,), group, receiver=receiver))
