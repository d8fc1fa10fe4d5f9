"""One call on the Ledger: what fires is told first, then what ended is settled."""

from __future__ import annotations

from collections.abc import Iterable

from sms_notify.intake.answering import acknowledge, reopen
from sms_notify.intake.chain import begin
from sms_notify.intake.ending import take_end
from sms_notify.intake.grouping import UNREADABLE, Group, new_incident
from sms_notify.intake.heard import not_heard_since
from sms_notify.intake.holding import mutes_of
from sms_notify.intake.muting import unmute
from sms_notify.intake.occurring import Key, Said, Seen, distinct, occur
from sms_notify.intake.remarks import acknowledged_by, of_flapping, taken_back_by
from sms_notify.intake.rules import Rules, thaw_steps
from sms_notify.intake.telling import News, Teller
from sms_notify.intake.telling_source import IN_ZABBIX, NO_ECHO, Echo
from sms_notify.model import (
    HOUR,
    Alert,
    Call,
    Decision,
    EndReason,
    IncidentState,
    Kind,
    Level,
    Micros,
    Verdict,
)
from sms_notify.store.facts import Incident

EVENT_LASTS: Micros = HOUR
"""An event without an end of its own is over this long after its last step."""

NEARLY = 0.99
"""Alertmanager's repeats come a little early or late: repeat_interval less 1 %."""


Fires = tuple[Seen, News]
"""An alert that fires, and the piece of news that it is."""


def news_of(seen: Seen) -> News:
    """The piece of news that a firing alert is: that it fires, that it is worse, an update."""
    alert, number = seen.alert, seen.occurrence.id
    key = f"fire:{number}"
    if alert.source == "zabbix" and alert.annotations.get("update"):
        key = f"update:{alert.annotations['update']}"
    elif alert.source == "zabbix" and alert.annotations.get("occasion"):
        key = f"fire:{number}.{alert.annotations['occasion']}"
    elif seen.said is Said.raised:
        key = f"raise:{number}.{int(alert.level)}"
    return News(key, alert.level, number, alert)


def _as_known(incident: Incident, added: int, worst: Level, total: int, mutes: str | None) -> bool:
    """A repeat that brings nothing new: most of what Alertmanager sends."""
    same = not added and worst <= incident.level and total <= incident.max_told
    return same and mutes == incident.mutes


class Judging:
    """One call on one Ledger: what fires is told first, then what ended is settled."""

    def __init__(self, *, rules: Rules, call: Call, teller: Teller, echo: Echo = NO_ECHO) -> None:
        """`echo`: the call brings our own words back."""
        self.call = call
        self.echo = echo
        self.rules = rules
        self.teller = teller
        self.ledger = teller.ledger
        self._seen: dict[Key, Seen] = {}
        self._ended: dict[int, list[News]] = {}
        self._joined: set[int] = set()  # by the group that is judged

    def run(self, groups: Iterable[Group]) -> dict[int, list[News]]:
        """Judge every group; returns the news of the end by incident."""
        for group in groups:
            seen = [self._take(key, alert) for key, alert in distinct(group.alerts).items()]
            fires = [each for each in seen if each.said in (Said.fires, Said.raised)]
            if fires:
                self._fires(group, fires)
            unheard = [each for each in seen if each.said is Said.ended_unheard]
            if unheard:
                self._ended_unheard(group, unheard)
            self._look_again(group)
        return self._ended

    def _take(self, key: Key, alert: Alert) -> Seen:
        """Each alert is taken into the Ledger once, however many groups it is in."""
        seen = self._seen.get(key)
        if seen is None:
            flapping = None if self.call.ends_itself else self.rules.config.throttle.flapping
            repeats = self.call.repeats
            said = self.echo.as_said(alert)
            seen = occur(self.ledger, said, keeps_start=not repeats, flapping=flapping)
            self._seen[key] = seen
            if seen.said is Said.ends:
                self._end(seen)
            elif seen.said is Said.late:
                self.teller.tally.again += 1
        return seen

    def _end(self, seen: Seen) -> None:
        number = seen.occurrence.id
        news = News(f"end:{number}", seen.alert.level, number, seen.alert)
        for incident in take_end(self.ledger, number):
            self._ended.setdefault(incident, []).append(news)

    def _look_again(self, group: Group) -> None:
        """An incident that only a truncated body kept open may end with this one."""
        incident = self.ledger.open_incident(group.key)
        if incident is not None and incident.firing == 0:
            self._ended.setdefault(incident.id, [])

    def _fires(self, group: Group, fires: list[Seen]) -> None:
        incident = self.ledger.open_incident(group.key)
        opened = incident is None
        if incident is None:
            incident = self._open(group, fires)
        total = len(fires) + self.call.truncated
        grew = total > incident.max_told
        incident = self._join(group, incident, fires, total)
        incident = self._taken_back_upstream(incident, fires)
        people = self.rules.people(thaw_steps(incident.steps), incident.step, self.ledger.now)
        told = [(each, news_of(each)) for each in fires]
        if not people:
            self._nobody(incident, told)
        unknown = self.call.truncated > 0 and not opened and not grew
        for person in people:
            self._tell_person(group, incident, person, told, counted=unknown)
        self._acknowledged_upstream(incident, fires)

    def _open(self, group: Group, fires: list[Seen]) -> Incident:
        now, first = self.ledger.now, fires[0].alert
        row = new_incident(group, first, now, event=self._is_event(first))
        if self.call.repeats:
            row = row._replace(repeat_every=group.repeat_interval)
        incident = self.ledger.add_incident(row)
        self.ledger.event("incident", incident.id, "opened", group.chain.name)
        incident = self._first_step(incident, group)
        lasts = EVENT_LASTS if incident.event else self.rules.config.incidents.stale_after
        self.ledger.set_timer("stale", str(incident.id), now + lasts)
        if incident.repeat_every:
            self.ledger.set_timer("repeat", str(incident.id), now + incident.repeat_every)
        return incident

    def _first_step(self, incident: Incident, group: Group) -> Incident:
        """The first step at which somebody is there begins; those before it take no time.

        Where there is none the root receiver is told, as if it were the last step.
        """
        steps = group.chain.steps
        if len(steps) == 1 and steps[0].wait is None:
            return incident  # an ordinary receiver: nothing is waited for
        step = self.rules.next_present(steps, 0, self.ledger.now)
        if step != 0:
            self.ledger.event("incident", incident.id, "skipped", "nobody is on call for step 1")
        if step is None:
            return begin(self.ledger, incident, len(steps) - 1, incident.rounds - 1)
        return begin(self.ledger, incident, step, 0)

    def _is_event(self, alert: Alert) -> bool:
        return self.call.ends_itself or alert.source == UNREADABLE

    def _join(self, group: Group, incident: Incident, fires: list[Seen], total: int) -> Incident:
        """Take the firing alerts in as members; a higher level reopens what was acknowledged, and
        ends a mute."""
        numbers = [each.occurrence.id for each in fires]
        self._joined = {number for number in numbers if self.ledger.join(incident.id, number)}
        added = len(self._joined)
        worst = max(each.alert.level for each in fires)
        mutes = mutes_of(group.routes) if group.routes else incident.mutes
        if _as_known(incident, added, worst, total, mutes):
            return self.ledger.seen_incident(incident.id)
        raised = worst > incident.level and incident.members > 0
        reopened = raised and incident.state == IncidentState.acknowledged
        incident = self.ledger.change_incident(
            incident.id,
            firing=incident.firing + added,
            members=incident.members + added,
            max_told=max(incident.max_told, total),
            level=max(incident.level, worst),
            last_seen=self.ledger.now,
            mutes=mutes,
        )
        if raised:
            incident = unmute(self.ledger, incident, f"level {worst.name}")
        return reopen(self.ledger, incident, f"level {worst.name}") if reopened else incident

    def _taken_back_upstream(self, incident: Incident, fires: list[Seen]) -> Incident:
        """Somebody took the acknowledgement back in Zabbix: that is told, and all after it."""
        who = taken_back_by(each.alert for each in fires)
        return reopen(self.ledger, incident, f"{IN_ZABBIX} by {who}") if who else incident

    def _acknowledged_upstream(self, incident: Incident, fires: list[Seen]) -> None:
        """Somebody acknowledged it in Zabbix: the text about that is told, nothing after it."""
        who = acknowledged_by(each.alert for each in fires)
        if who and incident.id not in self.echo.incidents:
            acknowledge(self.ledger, incident, who, IN_ZABBIX)

    def _tell_person(
        self,
        group: Group,
        incident: Incident,
        person: str,
        fires: list[Fires],
        *,
        counted: bool,
    ) -> None:
        news = [news for _seen, news in fires]
        known = self.ledger.telling
        fresh = [each for each in news if not known(incident.id, person, each.key)]
        fresh = not_heard_since(self.teller, incident, person, fresh, self._joined)
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
        more = self.call.truncated
        self.teller.tell(incident, person, kind, news, more=more, remark=remark)

    def _again(self, group: Group, incident: Incident, person: str, news: list[News]) -> None:
        """Nothing new for this person: a repeat if it is time for one, else a duplicate."""
        heard = self.ledger.heard(incident.id, person)
        if heard is not None and self._repeat_due(group, incident, heard.told_at):
            level = max(each.level for each in news)
            repeat = [News(f"repeat:{heard.repeats + 1}", level)]
            self.teller.tell(
                incident, person, Kind.repeat, repeat, shown=news, more=self.call.truncated
            )
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

    def _nobody(self, incident: Incident, fires: list[Fires]) -> None:
        """Nobody is on call, not even for the root receiver: a loud verdict, never silence."""
        fresh = [
            each for _seen, each in fires if not self.ledger.telling(incident.id, "", each.key)
        ]
        decision = Decision(
            Verdict.nobody, f"nobody is on call for {incident.receiver} or the root"
        )
        self.teller.write(incident, "", fresh, decision)
        self.ledger.event("incident", incident.id, "nobody", decision.reason)

    def _ended_unheard(self, group: Group, ended: list[Seen]) -> None:
        """Ends of alerts that we never saw firing: nobody was told of them, so nobody is now."""
        incident = self.ledger.open_incident(group.key)
        if incident is None:
            row = new_incident(group, ended[0].alert, self.ledger.now, event=False)
            row = row._replace(
                state=IncidentState.ended.value,
                ended_at=self.ledger.now,
                end_reason=EndReason.resolved.value,
            )
            incident = self.ledger.add_incident(row)
        added = sum(self.ledger.join(incident.id, each.occurrence.id) for each in ended)
        incident = self.ledger.change_incident(incident.id, members=incident.members + added)
        decision = Decision(Verdict.never_told, "ended before we heard that it fired")
        steps = thaw_steps(incident.steps)
        for person in self.rules.people(steps, incident.step, self.ledger.now) or ("",):
            news = [News(f"end:{e.occurrence.id}", e.alert.level, e.occurrence.id) for e in ended]
            self.teller.write(incident, person, news, decision)
