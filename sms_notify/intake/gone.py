"""The Input for what the source, asked, says is over: an end like any other."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sms_notify.intake.ending import settle_ends, take_end
from sms_notify.intake.ledger import Ledger
from sms_notify.intake.news import News
from sms_notify.intake.rules import Rules
from sms_notify.intake.tally import Tally
from sms_notify.intake.telling import Teller
from sms_notify.model import Alert, Micros
from sms_notify.store.facts import Keys, Occurrence


@dataclass(frozen=True, slots=True)
class Over:
    """One alert that the source no longer has: the row that we know, and the source's own end."""

    alert: int
    fingerprint: str
    ended_at: Micros | None = None


class Gone:
    """Alerts of one incident that were seen to be over by a look that began at `asked_at`.

    What was heard of since then counts more than the look.
    """

    def __init__(
        self, rules: Rules, incident: int, source: str, over: list[Over], asked_at: Micros
    ) -> None:
        self.rules = rules
        self.incident = incident
        self.source = source
        self.over = over
        self.asked_at = asked_at

    @property
    def alerts(self) -> int:
        return len(self.over)

    def wants(self, now: Micros) -> Keys:
        wanted = {(self.source, each.fingerprint) for each in self.over}
        return Keys(incidents={self.incident}, alerts=wanted)

    def judge(self, ledger: Ledger, now: Micros) -> Tally:
        tally = Tally()
        teller = Teller(ledger, self.rules, tally)
        ended: dict[int, list[News]] = {}
        for each in self.over:
            found = ledger.occurrence(self.source, each.fingerprint)
            if found is not None and self._is_meant(found, each):
                news = self._end(ledger, found, each)
                for incident in take_end(ledger, found.id):
                    ended.setdefault(incident, []).append(news)
        for incident, some in ended.items():
            settle_ends(teller, {incident: some}, whole=_all_known(ledger, incident))
        return tally

    def _is_meant(self, found: Occurrence, each: Over) -> bool:
        same = found.id == each.alert and found.ended_at is None
        return same and found.last_seen <= self.asked_at

    def _end(self, ledger: Ledger, found: Occurrence, each: Over) -> News:
        ended = ledger.end(found, each.ended_at or ledger.now)
        alert: Alert | None = ledger.alert(found.id)
        text = replace(alert, ended_at=ended.ended_at) if alert else None
        return News(f"end:{found.id}", found.level, found.id, text)


def _all_known(ledger: Ledger, incident: int) -> bool:
    """No truncated body told of more alerts than those we know."""
    row = ledger.incident(incident)
    return row is not None and row.max_told <= row.members
