"""Due timers of incidents: each becomes part of an Input, judged like any other.

A timer that fires for something that is over does nothing; one that two processes found due
fires once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sms_notify.escalation.handoffs import HANDOFF, Handoffs
from sms_notify.escalation.life import asks_first
from sms_notify.escalation.reminders import remind
from sms_notify.escalation.standing import Standing, standing
from sms_notify.escalation.steps import next_step
from sms_notify.escalation.waiting import Terms
from sms_notify.intake import Input, Ledger, Rejudge, Rules, outlay
from sms_notify.intake.chain import STEP
from sms_notify.intake.ending import close, shown_of
from sms_notify.intake.judging import EVENT_LASTS
from sms_notify.intake.news import News
from sms_notify.intake.rules import thaw_steps
from sms_notify.intake.tally import Tally
from sms_notify.intake.telling import Teller
from sms_notify.model import MINUTE, EndReason, IncidentState, Kind, Micros
from sms_notify.store import jobs, timers
from sms_notify.store.facts import Incident, Keys, Question

LOOK_AGAIN: Micros = 10 * MINUTE
"""An event whose messages are still under way is looked at again after this."""

LATE_BY: Micros = 2 * MINUTE
"""Several steps that are due for longer than this were missed: told together, not in a burst."""


class DueIncidents:
    """The Input for timers about incidents: `due` is (kind of timer, incident id)."""

    def __init__(self, rules: Rules, due: Iterable[tuple[str, int]]) -> None:
        self.rules = rules
        self.due = tuple(due)

    @property
    def alerts(self) -> int:
        return len(self.due)

    def wants(self, now: Micros) -> Keys:
        config = self.rules.config
        terms = Terms(now, config.throttle.digest_every, config.delivery.resend_uncertain)
        stored = {(kind, str(number)) for kind, number in self.due}
        asked = {(kind, number, terms) for kind, number in self.due}
        people = set(config.people)  # whoever is on call for steps not yet loaded
        numbers = {number for _kind, number in self.due}
        questions: dict[Question, set[Any]] = {
            timers.as_set: stored, standing: asked, jobs.latest: numbers,
        }  # fmt: skip
        keys = Keys(people=people, asked=questions)
        return outlay.ask(keys, config, now)

    def parts(self) -> list[DueIncidents]:
        """One by one, for when judging all of them raises."""
        if len(self.due) <= 1:
            return []
        return [DueIncidents(self.rules, [each]) for each in self.due]

    def as_bad(self, problem: str) -> Later:
        """What cannot be judged at all must not keep the others from their turn."""
        return Later(self.due, problem)

    def judge(self, ledger: Ledger, now: Micros) -> Tally:
        tally = Tally()
        teller = Teller(ledger, self.rules, tally)
        due = [(kind, number) for kind, number in self.due if _due_at(ledger, kind, number)]
        together = Teller(ledger, self.rules, tally, late=True)
        missed = {number for kind, number in due if self._missed(ledger, kind, number)}
        for kind, number in sorted(due, key=lambda each: each[0] != STEP):  # a reminder spares
            if not _due_at(ledger, kind, number):
                continue  # what was judged just now moved it
            ledger.set_timer(kind, str(number), None)
            incident = ledger.incident(number)
            if incident is not None and incident.ended_at is None:
                _DUE[kind](together if len(missed) > 1 and number in missed else teller, incident)
        return tally

    def _missed(self, ledger: Ledger, kind: str, number: int) -> bool:
        """A step that should have gone on long ago."""
        known: Standing = ledger.facts.answers[standing]
        seen = known.looks.get(number)
        if kind != STEP or seen is None or not seen.why:
            return False
        return ledger.now - _due_at(ledger, kind, number) > LATE_BY


class Later:
    """The Input that puts off timers whose judgement fails."""

    def __init__(self, due: Sequence[tuple[str, int]], problem: str) -> None:
        self.due = due
        self.problem = problem

    @property
    def alerts(self) -> int:
        return len(self.due)

    def wants(self, now: Micros) -> Keys:
        return Keys()

    def parts(self) -> list[Later]:
        return []

    def as_bad(self, problem: str) -> Later:
        return self

    def judge(self, ledger: Ledger, now: Micros) -> Tally:
        for kind, number in self.due:
            ledger.set_timer(kind, str(number), now + LOOK_AGAIN)
            ledger.event("incident", number, "put_off", f"{kind}: {self.problem}")
        return Tally()


def _due_at(ledger: Ledger, kind: str, number: int) -> Micros:
    """When it is due, as of this transaction and of what was decided in it; 0: it is not."""
    key = (kind, str(number))
    stored = ledger.facts.answers[timers.as_set].get(key)
    due_at: Micros | None = ledger.pending.timers.get(key, stored)
    return due_at if due_at is not None and due_at <= ledger.now else 0


def _stale(teller: Teller, incident: Incident) -> None:
    """No sign of life for too long, or an event whose time is over."""
    ledger, key = teller.ledger, str(incident.id)
    if incident.event:
        _stale_event(teller, incident)
        return
    due = incident.last_seen + teller.rules.config.incidents.stale_after
    held_on = ledger.facts.answers[standing].held_on.get(incident.id)
    if due > ledger.now:
        ledger.set_timer("stale", key, due)
    elif held_on is not None:  # told first: it may burn unheard of all the time
        ledger.set_timer("stale", key, held_on + LOOK_AGAIN)
    else:
        ledger.end_members(incident.id)
        close(teller, incident, EndReason.lost_sight)


def _stale_event(teller: Teller, incident: Incident) -> None:
    """It ends when it is acknowledged, or an hour after its last step once all of it has left."""
    ledger, known = teller.ledger, teller.ledger.facts.answers[standing]
    due = max(incident.last_seen, incident.stepped_at or 0) + EVENT_LASTS
    if incident.state == IncidentState.open and due > ledger.now:
        ledger.set_timer("stale", str(incident.id), due)
    elif incident.id in known.restless:
        ledger.set_timer("stale", str(incident.id), ledger.now + LOOK_AGAIN)
    else:
        ledger.end_members(incident.id)
        close(teller, incident, EndReason.event_done)


def _repeat(teller: Teller, incident: Incident) -> None:
    """A source that repeats nothing itself: tell again those who answer for it now."""
    every = incident.repeat_every
    if every is None:
        return
    teller.ledger.set_timer("repeat", str(incident.id), teller.ledger.now + every)
    if incident.state != IncidentState.open or incident.firing == 0:
        return
    if asks_first(teller, incident, "repeat"):
        return
    steps = thaw_steps(incident.steps)
    for person in teller.rules.people(steps, incident.step, teller.ledger.now):
        heard = teller.ledger.heard(incident.id, person)
        news = [News(f"repeat:{heard.repeats + 1 if heard else 1}", incident.level)]
        kind = Kind.repeat if heard else Kind.first
        if not teller.ledger.telling(incident.id, person, news[0].key):
            teller.tell(incident, person, kind, news, shown=shown_of(teller, incident))


def _step(teller: Teller, incident: Incident) -> None:
    """A step is looked at: it goes on, or the next one begins."""
    ledger = teller.ledger
    if incident.state != IncidentState.open:
        return
    seen = ledger.facts.answers[standing].looks[incident.id]
    if seen.why and not asks_first(teller, incident, STEP):
        next_step(teller, incident, seen.why)
    elif not seen.why:
        if (seen.waits_from, seen.rests_until) != (incident.waits_from, incident.rests_until):
            values = {"waits_from": seen.waits_from, "rests_until": seen.rests_until}
            ledger.change_incident(incident.id, **values)
        ledger.set_timer(STEP, str(incident.id), seen.again)


def _remind(teller: Teller, incident: Incident) -> None:
    """Acknowledged, and it fires on."""
    if not asks_first(teller, incident, "ack_timeout"):
        remind(teller, incident)


_DUE = {"stale": _stale, "repeat": _repeat, STEP: _step, "ack_timeout": _remind}


def inputs(
    rules: Rules,
    fired: Sequence[tuple[str, str, Micros]],
    pieces: Mapping[str, int] = MappingProxyType({}),
) -> list[Input]:
    """The Inputs for timers that are due; `pieces`: how much waits for each person."""
    found: list[Input] = [
        Rejudge(rules, [key], pieces.get(key, 0)) for kind, key, _due in fired if kind == "digest"
    ]
    due = [(kind, int(key)) for kind, key, _due in fired if kind in _DUE]
    if due:
        found.append(DueIncidents(rules, due))
    schedules = [key for kind, key, _due in fired if kind == HANDOFF]
    if schedules:
        found.append(Handoffs(rules, schedules))
    return found
