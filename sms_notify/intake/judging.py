"""One call on the Ledger: what fires is told first, then what ended is settled."""

from __future__ import annotations

from collections.abc import Iterable

from sms_notify.intake.answering import acknowledge, reopen
from sms_notify.intake.chain import begin
from sms_notify.intake.ending import take_end, worded
from sms_notify.intake.grouping import UNREADABLE, Group, new_incident
from sms_notify.intake.holding import mutes_of
from sms_notify.intake.muting import unmute
from sms_notify.intake.news import News, news_of
from sms_notify.intake.occurring import Key, Said, Seen, distinct, occur
from sms_notify.intake.paging import Paging
from sms_notify.intake.remarks import acknowledged_by, taken_back_by
from sms_notify.intake.rules import Rules, thaw_steps
from sms_notify.intake.telling import Teller
from sms_notify.intake.telling_source import IN_ZABBIX, NO_ECHO, Echo
from sms_notify.model import (
    HOUR,
    Alert,
    Call,
    Decision,
    EndReason,
    IncidentState,
    Level,
    Micros,
    Verdict,
)
from sms_notify.store.facts import Incident

EVENT_LASTS: Micros = HOUR
"""An event without an end of its own is over this long after its last step."""


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
        self.paging = Paging(teller, call.truncated, echo)
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
        for incident in take_end(self.ledger, number):
            text = worded(seen.alert, self.ledger.incident(incident))
            news = News(f"end:{number}", seen.alert.level, number, text)
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
            self.paging.nobody(incident, told)
        unknown = self.call.truncated > 0 and not opened and not grew
        for person in people:
            self.paging.tell(group, incident, person, told, joined=self._joined, counted=unknown)
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
