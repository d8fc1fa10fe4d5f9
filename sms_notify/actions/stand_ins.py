"""Overrides of schedules, added and taken back while the service runs.

They count in every decision from their own transaction on, beside those of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sms_notify.actions.acting import Actor
from sms_notify.config import Config
from sms_notify.config.schedules import GAP, Override
from sms_notify.escalation import overridden, taken_back
from sms_notify.intake import Ledger, Rules
from sms_notify.model import DAY, Micros
from sms_notify.store import overrides as rows
from sms_notify.store.facts import Keys

LONGEST: Micros = 366 * DAY
MOST_PEOPLE = 20


@dataclass(frozen=True, slots=True)
class Made:
    """The override with its number; None with what is wrong and what to do about it."""

    number: int | None
    override: Override | None = None
    problem: str = ""


def problem(config: Config, override: Override, now: Micros) -> str:
    """Why an override cannot be taken, or ""."""
    return next(_problems(config, override, now), "")


def _problems(config: Config, override: Override, now: Micros) -> Iterator[str]:
    if override.schedule not in config.schedules:
        known = ", ".join(config.schedules) or "none"
        yield f"no schedule is called {override.schedule!r}; the configuration has: {known}"
    if len(override.who) > MOST_PEOPLE:
        yield f"at most {MOST_PEOPLE} people can stand in at once"
    for name in (*override.who, override.instead_of):
        if name is not None and name != GAP and name not in config.people:
            yield f"no person is called {name!r}; overrides name people, not teams"
    if override.start >= override.end:
        yield "it ends before it begins: --until must be later than --from"
    elif override.end <= now:
        yield "it is over already: --until must be later than now"
    elif override.end - override.start > LONGEST:
        yield "it lasts for more than a year; change the schedule in the configuration instead"


class AddOverride:
    """The Input for one more override."""

    alerts = 1

    def __init__(self, rules: Rules, override: Override, by: Actor) -> None:
        self.rules = rules
        self.override = override
        self.by = by

    def wants(self, now: Micros) -> Keys:
        return Keys()

    def judge(self, ledger: Ledger, now: Micros) -> Made:
        wrong = problem(self.rules.config, self.override, now)
        if not wrong and len(ledger.facts.overrides) >= rows.MOST:
            wrong = f"there are {rows.MOST} overrides already; cancel some"
        if wrong:
            return Made(None, problem=wrong)
        number = ledger.number("override")
        added = replace(self.override, called=f"override {number}")
        ledger.put(ledger.facts.overrides, number, added)
        ledger.write(rows.ADD, **rows.values(added, number, now, self.by.name))
        overridden(ledger, self.rules, added.schedule, added.start)
        ledger.event("override", number, "added", f"{self.by.how} by {self.by.name}")
        return Made(number, added)


class CancelOverride:
    """The Input that takes one back: from now on it never was."""

    alerts = 1

    def __init__(self, rules: Rules, number: int, by: Actor) -> None:
        self.rules = rules
        self.number = number
        self.by = by

    def wants(self, now: Micros) -> Keys:
        return Keys()

    def judge(self, ledger: Ledger, now: Micros) -> Made:
        found = ledger.facts.overrides.get(self.number)
        if found is None:
            return Made(None, problem=f"there is no override {self.number} that is not over")
        ledger.drop(ledger.facts.overrides, self.number)
        ledger.write(rows.TAKE_BACK, of_id=self.number, now=now)
        taken_back(ledger, self.rules, found.schedule, found.start)
        ledger.event("override", self.number, "cancelled", f"{self.by.how} by {self.by.name}")
        return Made(self.number, found)
