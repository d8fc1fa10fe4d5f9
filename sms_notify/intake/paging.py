"""What one person hears of the alerts of a call that fire: news, a repeat, or nothing new."""

from __future__ import annotations

from collections.abc import Collection

from sms_notify.intake.grouping import Group
from sms_notify.intake.heard import not_heard_since
from sms_notify.intake.news import News
from sms_notify.intake.occurring import Seen
from sms_notify.intake.remarks import of_flapping
from sms_notify.intake.telling import Teller
from sms_notify.intake.telling_source import Echo
from sms_notify.model import Decision, IncidentState, Kind, Micros, Verdict
from sms_notify.store.facts import Incident

NEARLY = 0.99
"""Alertmanager's repeats come a little early or late: repeat_interval less 1 %."""


Fires = tuple[Seen, News]
"""An alert that fires, and the piece of news that it is."""


class Paging:
    """One call; `more`: so many alerts its body does not hold, `echo`: it brings our own words."""

    def __init__(self, teller: Teller, more: int, echo: Echo) -> None:
        self.teller = teller
        self.ledger = teller.ledger
        self.rules = teller.rules
        self.more = more
        self.echo = echo

    def tell(
        self,
        group: Group,
        incident: Incident,
        person: str,
        fires: list[Fires],
        *,
        joined: Collection[int],
        counted: bool,
    ) -> None:
        """`joined`: the alerts that became members just now; `counted`: they may be among those
        that an earlier, truncated body only counted."""
        news = [news for _seen, news in fires]
        known = self.ledger.telling
        fresh = [each for each in news if not known(incident.id, person, each.key)]
        fresh = not_heard_since(self.teller, incident, person, fresh, joined)
        if not fresh:
            self._again(group, incident, person, news)
        elif not self.echo.is_news_to(incident.id, person):
            decision = Decision(Verdict.acked, "an answer that Zabbix was told and tells back")
            self.teller.write(incident, person, fresh, decision)
        elif counted:
            decision = Decision(Verdict.counted, "among the +N of an earlier text")
            self.teller.write(incident, person, fresh, decision)
        elif incident.state == IncidentState.acknowledged:
            decision = Decision(Verdict.acked, f"acknowledged by {incident.acked_by}")
            self.teller.write(incident, person, fresh, decision)
        else:
            self._tell_fresh(incident, person, fires, {each.key for each in fresh})

    def _tell_fresh(
        self, incident: Incident, person: str, fires: list[Fires], fresh: set[str]
    ) -> None:
        """News: what flaps waits, the rest is one text."""
        told: list[Fires] = []
        for each, news in fires:
            if news.key not in fresh:
                continue
            hold = None if each.too_often else self.teller.holding.flapping(each.occurrence)
            if hold is None:
                told.append((each, news))
            else:
                self.teller.hold(incident, person, Kind.update, [news], hold)
        if told:
            self._tell_told(incident, person, told)

    def _tell_told(self, incident: Incident, person: str, told: list[Fires]) -> None:
        first = self.ledger.heard(incident.id, person) is None
        kind = Kind.first if first else Kind.update
        rule = self.rules.config.throttle.flapping
        flaps = all(seen.too_often for seen, _news in told)
        language = self.rules.config.site.language
        remark = of_flapping(rule, language) if rule and flaps else None
        news = [news for _seen, news in told]
        self.teller.tell(incident, person, kind, news, more=self.more, remark=remark)

    def _again(self, group: Group, incident: Incident, person: str, news: list[News]) -> None:
        """Nothing new for this person: a repeat if it is time for one, else a duplicate."""
        heard = self.ledger.heard(incident.id, person)
        if heard is not None and self._repeat_due(group, incident, heard.told_at):
            level = max(each.level for each in news)
            repeat = [News(f"repeat:{heard.repeats + 1}", level)]
            self.teller.tell(incident, person, Kind.repeat, repeat, shown=news, more=self.more)
            return
        self.teller.tally.again += len(news)
        for each in news:
            self.ledger.said_again(incident.id, each.alert or 0)

    def _repeat_due(self, group: Group, incident: Incident, told_at: Micros) -> bool:
        if incident.repeat_every is not None or incident.event:
            return False
        if incident.state == IncidentState.acknowledged or group.repeat_interval <= 0:
            return False
        return self.ledger.now - told_at >= group.repeat_interval * NEARLY

    def nobody(self, incident: Incident, fires: list[Fires]) -> None:
        """Nobody is on call, not even for the root receiver: a loud verdict, never silence."""
        fresh = [
            each for _seen, each in fires if not self.ledger.telling(incident.id, "", each.key)
        ]
        decision = Decision(
            Verdict.nobody, f"nobody is on call for {incident.receiver} or the root"
        )
        self.teller.write(incident, "", fresh, decision)
        self.teller.tally.again += len(fires) - len(fresh)
        if fresh:
            self.ledger.event("incident", incident.id, "nobody", decision.reason)
