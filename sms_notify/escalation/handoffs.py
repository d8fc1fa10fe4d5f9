"""A handoff: whoever comes on call hears, once, of what nobody has acknowledged.

The timer `handoff` of a schedule is due when somebody else begins to be on call by it, and
whenever that may have changed unforeseen: at a start, a reload, an override that is taken back.
Its moment is part of the news, so that no process and no restart tells it twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sms_notify import oncall
from sms_notify.intake import Ledger, Rules
from sms_notify.intake.ending import shown_of
from sms_notify.intake.news import News
from sms_notify.intake.rules import thaw_steps
from sms_notify.intake.tally import Tally
from sms_notify.intake.telling import Teller
from sms_notify.model import DAY, MINUTE, SECOND, IncidentState, Kind, Level, Micros
from sms_notify.oncall.names import in_line
from sms_notify.store import chains, timers
from sms_notify.store.facts import Asking, Incident, Keys
from sms_notify.store.sql import Transaction
from sms_notify.text import Handover

HANDOFF = "handoff"

HORIZONS: tuple[Micros, ...] = (8 * DAY, 40 * DAY, 400 * DAY)
"""How far ahead the next change is looked for: near ones are found without looking far."""

JUST_TOLD: Micros = MINUTE
"""Who heard of an incident so short a time ago is not told of it again by a handoff or reminder."""

STORIES = 5
"""More incidents than this are surely told together, without their alerts."""


Names = tuple[str, ...]


@dataclass(slots=True)
class Named(Asking):
    """Open incidents by the schedule that their chain has named so far, and how: it, its `+n`."""

    by_schedule: dict[str, dict[int, Names]] = field(default_factory=dict)
    keys: Keys = field(default_factory=Keys)


def naming(tx: Transaction, wanted: set[Any]) -> Named:
    """The Question: which open incidents did a present or earlier step send to these schedules?"""
    found = Named()
    for number, steps, step, round_ in sorted(tx.all(chains.OPEN)):
        gone = thaw_steps(steps) if round_ > 0 else thaw_steps(steps)[: step + 1]
        for name in sorted({name for each in gone for name in each.to}):
            schedule = in_line(name)[0]
            if schedule in wanted:
                named = found.by_schedule.setdefault(schedule, {})
                named[number] = (*named.get(number, ()), name)
    for numbers in found.by_schedule.values():
        few = len(numbers) <= STORIES
        (found.keys.incidents if few else found.keys.bare).update(numbers)
    return found


class Handoffs:
    """The Input for handoffs that are due."""

    def __init__(self, rules: Rules, schedules: Iterable[str]) -> None:
        self.rules = rules
        self.schedules = sorted(set(schedules))

    @property
    def alerts(self) -> int:
        return len(self.schedules)

    def wants(self, now: Micros) -> Keys:
        due = {(HANDOFF, name) for name in self.schedules}
        people = set(self.rules.config.people)
        return Keys(people=people, asked={timers.as_set: due, naming: set(self.schedules)})

    def judge(self, ledger: Ledger, now: Micros) -> Tally:
        tally = Tally()
        teller = Teller(ledger, self.rules, tally)
        for schedule in self.schedules:
            stored = ledger.facts.answers[timers.as_set].get((HANDOFF, schedule))
            due_at = ledger.pending.timers.get((HANDOFF, schedule), stored)
            if due_at is None or due_at > now:
                continue  # another process was faster
            set_next(ledger, teller.rules, schedule)
            named: Named = ledger.facts.answers[naming]
            concerned = _concerned(teller, named.by_schedule.get(schedule, {}))
            for person in newcomers(teller.rules, schedule, due_at, now):
                concerned[person] = list(named.by_schedule.get(schedule, {}))
            for person in sorted(concerned):
                _hand_over(teller, concerned[person], person, due_at)
        return tally


class Arm:
    """The Input that sets the timer of every schedule: at the start, and after a reload.

    All are due at once, since somebody else may be on call now than the last time that anybody
    looked. One that is due already stays: it knows since when.
    """

    alerts = 1

    def __init__(self, rules: Rules) -> None:
        self.rules = rules

    def wants(self, now: Micros) -> Keys:
        return Keys(
            asked={timers.as_set: {(HANDOFF, name) for name in self.rules.config.schedules}}
        )

    def judge(self, ledger: Ledger, now: Micros) -> None:
        stored = ledger.facts.answers[timers.as_set]
        for schedule in sorted(self.rules.config.schedules):
            due_at = stored.get((HANDOFF, schedule))
            if due_at is None or due_at > now:
                ledger.set_timer(HANDOFF, schedule, now)


def set_next(ledger: Ledger, rules: Rules, schedule: str) -> None:
    """The timer of a schedule stands at its next change; none where it is gone.

    `rules` must know the overrides of the store (`as_of`).
    """
    known = schedule in rules.config.schedules
    ledger.set_timer(
        HANDOFF, schedule, _next_change(rules, schedule, ledger.now) if known else None
    )


def overridden(ledger: Ledger, rules: Rules, schedule: str, start: Micros) -> None:
    """An override of this schedule was added, which counts from `start` on.

    One that counts already is a handoff that is due; the Ledger must know of the override.
    """
    rules = rules.as_of(ledger.facts)
    if start <= ledger.now:
        ledger.set_timer(HANDOFF, schedule, start)
    else:
        set_next(ledger, rules, schedule)


def taken_back(ledger: Ledger, rules: Rules, schedule: str, start: Micros) -> None:
    """An override of this schedule, which counted from `start` on, never was."""
    if start <= ledger.now:
        ledger.set_timer(HANDOFF, schedule, ledger.now)
    else:
        set_next(ledger, rules.as_of(ledger.facts), schedule)


def newcomers(rules: Rules, schedule: str, change: Micros, now: Micros) -> tuple[str, ...]:
    """Who is on call now and was not just before the change."""
    before = rules.whom((schedule,), change - 1)
    return tuple(one for one in rules.whom((schedule,), now) if one not in before)


def _next_change(rules: Rules, schedule: str, now: Micros) -> Micros:
    """When another comes on call; if that is further off than can be seen, when to look again."""
    for span in HORIZONS:
        found = oncall.next_change(rules.config, (schedule,), now, now + span, rules.overrides)
        if found is not None:
            return found
    return now + HORIZONS[-1]


def _concerned(teller: Teller, named: Mapping[int, Names]) -> dict[str, list[int]]:
    """Who is meant now by what the chains named, and was told nothing yet: of which incidents."""
    found: dict[str, list[int]] = {}
    meant = {names: teller.rules.whom(names, teller.ledger.now) for names in set(named.values())}
    for number, names in named.items():
        for person in meant[names]:
            if teller.ledger.heard(number, person) is None:
                found.setdefault(person, []).append(number)
    return found


def _hand_over(teller: Teller, numbers: Iterable[int], person: str, change: Micros) -> None:
    """What one person is told of these: one text, however many incidents are open."""
    ledger = teller.ledger
    key = f"handoff:{change // SECOND}"
    told = []
    for number in numbers:
        incident = ledger.incident(number)
        if incident is None or incident.state != IncidentState.open:
            continue
        heard = ledger.heard(number, person)
        just_told = heard is not None and ledger.now - heard.told_at < JUST_TOLD
        if not just_told and not ledger.telling(number, person, key):
            told.append(incident)
    held: list[Incident] = []
    at_once: list[Incident] = []
    for one in told:
        hold = teller.holding.of(one, person, Level(one.level))
        (at_once if hold is None else held).append(one)
    for incident in (*held, *(at_once if len(at_once) == 1 else ())):
        _tell_one(teller, incident, person, key)
    if len(at_once) > 1:
        _tell_all(teller, at_once, person, key)


def _tell_one(teller: Teller, incident: Incident, person: str, key: str) -> None:
    news = [News(key, incident.level)]
    teller.tell(incident, person, Kind.handoff, news, shown=shown_of(teller, incident))


def _tell_all(teller: Teller, incidents: Sequence[Incident], person: str, key: str) -> None:
    worst_first = sorted(incidents, key=lambda one: (-one.level, one.opened_at, one.id))
    handover = Handover(
        level=Level(worst_first[0].level),
        at=teller.ledger.now,
        incidents=tuple((one.code, one.name) for one in worst_first),
    )
    about = [(one, News(key, one.level)) for one in worst_first]
    text = partial(teller.rules.texts.handover, handover)
    teller.tell_together(person, Kind.handoff, about, text)
