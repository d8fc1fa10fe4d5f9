"""News put into words: the same makes one text, however many people hear it."""

from __future__ import annotations

from collections.abc import Sequence

from sms_notify.intake.ledger import Ledger
from sms_notify.intake.news import News
from sms_notify.intake.remarks import remark_of
from sms_notify.intake.rules import Rules
from sms_notify.intake.tally import Tally
from sms_notify.model import Alert, Kind, Level, Micros
from sms_notify.store.facts import Incident
from sms_notify.text import Did, Remark, Story, Text


class Phrasing:
    """The texts of one input."""

    def __init__(self, ledger: Ledger, rules: Rules, tally: Tally) -> None:
        self.ledger = ledger
        self.rules = rules
        self.tally = tally
        self._texts: dict[tuple[object, ...], Text] = {}

    def of(
        self,
        incident: Incident,
        kind: Kind,
        level: Level,
        news: Sequence[News],
        more: int,
        remark: Remark | None,
    ) -> Text:
        """What is said of `news`; `more`: so many alerts that it does not hold."""
        key = (incident.id, kind, more, remark, tuple(each.key for each in news))
        made = self._texts.get(key)
        if made is None:
            made = self._texts[key] = self._story(incident, kind, level, news, more, remark)
            self.tally.fallbacks += bool(made.fallback)
        return made

    def _story(
        self,
        incident: Incident,
        kind: Kind,
        level: Level,
        news: Sequence[News],
        more: int,
        remark: Remark | None,
    ) -> Text:
        alerts = tuple(each.text for each in news if each.text)
        at: Micros | None = None
        if remark is None:
            remark, at = remark_of(kind, alerts, self.ledger.now)
        settled = kind is Kind.resolved or (remark and remark.did is Did.acknowledged)
        story = Story(
            kind=kind,
            level=level,
            alerts=alerts,
            more=more,
            firing=incident.firing,
            at=at or _moment_of(kind, alerts, self.ledger.now),
            code=None if settled else self.rules.hint(incident.code),
            receiver=incident.receiver,
            remark=remark,
        )
        return self.rules.texts.story(story)


def _moment_of(kind: Kind, alerts: Sequence[Alert], now: Micros) -> Micros:
    """The moment a text shows: since when it fires, or when it ended."""
    if not alerts:
        return now
    if kind is Kind.resolved:
        return max((alert.ended_at or now) for alert in alerts)
    return min(alert.starts_at for alert in alerts)
