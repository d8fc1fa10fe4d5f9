"""What time itself brings: due steps, repeats, the end of what nobody sees any more.

Timers are rows; a due timer becomes an Input, judged like any other. A timer that fires for
something that is over does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sms_notify.escalation import life
from sms_notify.escalation.steps import next_step
from sms_notify.intake import Input, Ledger, Rejudge, Rules, outlay
from sms_notify.intake.ending import close, shown_of
from sms_notify.intake.judging import EVENT_LASTS
from sms_notify.intake.rules import thaw_steps
from sms_notify.intake.telling import News, Tally, Teller
from sms_notify.model import MINUTE, EndReason, IncidentState, Kind, Micros
from sms_notify.store import jobs, timers
from sms_notify.store.facts import Incident, Keys, Question

LOOK_AGAIN: Micros = 10 * MINUTE
"""An event whose messages are still under way is looked at again after this."""


class DueIncidents:
    """The Input for timers about incidents: `due` is (kind of timer, incident id)."""

    def __init__(self, rules: Rules, due: Iterable[tuple[str, int]]) -> None:
        self.rules = rules
        self.due = tuple(due)

    @property
    def alerts(self) -> int:
        return len(self.due)

    def wants(self, now: Micros) -> Keys:
        people = set(self.rules.config.people)  # whoever is on call for steps not yet loaded
        numbers = {number for _kind, number in self.due}
        due = {(kind, str(number)) for kind, number in self.due}
        asked: dict[Question, set[Any]] = {timers.as_set: due, jobs.latest: set(numbers)}
        keys = Keys(incidents=numbers, people=people, asked=asked)
        return outlay.ask(keys, self.rules.config, now)

    def judge(self, ledger: Ledger, now: Micros) -> Tally:
        tally = Tally()
        teller = Teller(ledger, self.rules, tally)
        for kind, number in self.due:
            incident = ledger.incident(number)
            if not _is_due(ledger, kind, str(number)):
                continue  # another process was faster
            ledger.set_timer(kind, str(number), None)
            if incident is None or incident.ended_at is not None:
                continue
            if kind not in life.TIMERS or not life.asks_first(teller, incident, kind):
                _DUE[kind](teller, incident)
        return tally


def _is_due(ledger: Ledger, kind: str, key: str) -> bool:
    """As of this transaction, and of what was decided in it."""
    stored = ledger.facts.answers[timers.as_set].get((kind, key))
    due_at: Micros | None = ledger.pending.timers.get((kind, key), stored)
    return due_at is not None and due_at <= ledger.now


def _stale(teller: Teller, incident: Incident) -> None:
    """No sign of life for too long, or an event whose time is over."""
    ledger = teller.ledger
    lasts = EVENT_LASTS if incident.event else teller.rules.config.incidents.stale_after
    due = incident.last_seen + lasts
    if due > ledger.now:
        ledger.set_timer("stale", str(incident.id), due)
    elif incident.id in ledger.facts.held_on:  # told first: it may burn unheard of all the time
        held_on = ledger.facts.held_on[incident.id]
        ledger.set_timer("stale", str(incident.id), held_on + LOOK_AGAIN)
    elif incident.event and incident.id in ledger.facts.unsettled:
        ledger.set_timer("stale", str(incident.id), ledger.now + LOOK_AGAIN)
    else:
        ledger.end_members(incident.id)
        reason = EndReason.event_done if incident.event else EndReason.lost_sight
        close(teller, incident, reason)


def _repeat(teller: Teller, incident: Incident) -> None:
    """A source that repeats nothing itself: tell again those who answer for it now."""
    every = incident.repeat_every
    if every is None:
        return
    teller.ledger.set_timer("repeat", str(incident.id), teller.ledger.now + every)
    if incident.state != IncidentState.open or incident.firing == 0:
        return
    steps = thaw_steps(incident.steps)
    for person in teller.rules.people(steps, incident.step, teller.ledger.now):
        heard = teller.ledger.heard(incident.id, person)
        news = [News(f"repeat:{heard.repeats + 1 if heard else 1}", incident.level)]
        kind = Kind.repeat if heard else Kind.first
        if not teller.ledger.telling(incident.id, person, news[0].key):
            teller.tell(incident, person, kind, news, shown=shown_of(teller, incident))


def _step(teller: Teller, incident: Incident) -> None:
    """Nobody answered, or nobody could be reached, on this step."""
    next_step(teller, incident, "nobody answered in time")


_DUE = {"stale": _stale, "repeat": _repeat, "step": _step}


def inputs(rules: Rules, fired: Sequence[tuple[str, str, Micros]]) -> list[Input]:
    """The Inputs for timers that are due."""
    found: list[Input] = [Rejudge(rules, [key]) for kind, key, _due in fired if kind == "digest"]
    due = [(kind, int(key)) for kind, key, _due in fired if kind in _DUE]
    if due:
        found.append(DueIncidents(rules, due))
    return found
