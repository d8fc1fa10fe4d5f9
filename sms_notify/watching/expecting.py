"""What a service expects from its start or a reload on: every heartbeat, and its own next checks.

While nobody ran, nobody listened: after a start each heartbeat has its whole time once more.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sms_notify.config import Handoff
from sms_notify.intake import Ledger, Rules
from sms_notify.model import HOUR, Micros
from sms_notify.store import heartbeats as rows
from sms_notify.store import timers
from sms_notify.store.facts import Keys
from sms_notify.watching.occasions import next_occasion

PROOF = "proof"
AHEAD = "ahead"
NEXT = "next"
"""The key of timers of which there is one."""

LOOKED_AT = Handoff(None, None, 10, 0)
"""The rota ahead is looked at once a day, at an hour at which somebody can mend it."""

TOO_LATE: Micros = HOUR
"""A check that this service missed by more than this waits for its next time."""


class Expect:
    """The Input of a start (`fresh`) or a reload."""

    alerts = 1

    def __init__(self, rules: Rules, *, fresh: bool) -> None:
        self.rules = rules
        self.fresh = fresh

    def wants(self, now: Micros) -> Keys:
        return Keys(asked={timers.as_set: {(PROOF, NEXT), (AHEAD, NEXT)}})

    def judge(self, ledger: Ledger, now: Micros) -> None:
        config = self.rules.config
        for name, expected in sorted(config.heartbeats.items()):
            due = now + expected.patience
            ledger.write(rows.EXPECT, of_name=name, due=due, anew=int(self.fresh))
        proof, ahead = config.checks.proof_of_life, config.checks.look_ahead
        self._next(ledger, PROOF, proof.at if proof else None)
        self._next(ledger, AHEAD, LOOKED_AT if ahead else None)

    def _next(self, ledger: Ledger, kind: str, at: Handoff | None) -> None:
        """Keep what is planned where it still is a time of it, and not long over."""
        stored: Micros | None = ledger.facts.answers[timers.as_set].get((kind, NEXT))
        if at is None:
            if stored is not None:
                ledger.set_timer(kind, NEXT, None)
            return
        zone = ZoneInfo(self.rules.config.site.timezone)
        upcoming = next_occasion(at, zone, ledger.now)
        still = stored is not None and ledger.now - TOO_LATE <= stored <= upcoming
        if stored is None or not still or next_occasion(at, zone, stored - 1) != stored:
            ledger.set_timer(kind, NEXT, upcoming)
