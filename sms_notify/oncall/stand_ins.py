"""What may be wrong with overrides: in each other's way, without effect, of people who are gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from sms_notify.config.model import Config
from sms_notify.config.schedules import GAP, Override, Schedule
from sms_notify.oncall.ahead import Ahead, Horizon, Kind
from sms_notify.oncall.names import those_of
from sms_notify.oncall.rota import rota
from sms_notify.oncall.schedule import segments


def doubtful(config: Config, horizon: Horizon, given: Sequence[Override]) -> Iterator[Ahead]:
    """Everything of that kind within the horizon; `given` are those from outside the file."""
    for name, schedule in config.schedules.items():
        known = those_of(config, name, given)
        yield from _overlaps(schedule.overrides, horizon)
        yield from _overlaps(known, horizon)
        yield from _idle(schedule, known, horizon)
    for each in given:
        if horizon.touches((each.start, each.end)):
            yield from _gone(config, each)


def _overlaps(group: Sequence[Override], horizon: Horizon) -> Iterator[Ahead]:
    for one, two in combinations(group, 2):
        start, end = max(one.start, two.start), min(one.end, two.end)
        if start < end and horizon.touches((start, end)) and _in_the_way(one, two):
            text = f"{_called(two)} overlaps {_called(one)} {horizon.said((start, end))}: "
            more = "the first counts; shorten one of them"
            yield Ahead(Kind.overlap, _called(two), start, end, text + more)


def _in_the_way(one: Override, two: Override) -> bool:
    """Would both replace the same people? Two halves of a swap would not."""
    if one.instead_of is None or two.instead_of is None:
        return GAP not in (one.instead_of, two.instead_of)
    return one.instead_of == two.instead_of


def _idle(schedule: Schedule, given: tuple[Override, ...], horizon: Horizon) -> Iterator[Ahead]:
    """An override that changes nothing was meant differently."""
    for each in (*schedule.overrides, *given):
        if not horizon.touches((each.start, each.end)):
            continue
        rest = tuple(other for other in schedule.overrides if other is not each)
        without = rota(replace(schedule, overrides=rest), horizon.zone)
        others = tuple(other for other in given if other is not each)
        of = rota(schedule, horizon.zone)
        parts = segments(of, each.start, each.end, given)
        if all(part[2].people == without.standing(part[0], others).people for part in parts):
            text = f"{_called(each)} changes nothing: {_why_idle(each)}"
            yield Ahead(Kind.idle_override, _called(each), each.start, each.end, text)


def _why_idle(override: Override) -> str:
    if override.instead_of is None:
        return "those people are on call anyway, or nobody is on purpose (instead_of: none fills)"
    who = "nobody on purpose" if override.instead_of == GAP else override.instead_of
    return f"{who} is not on call then; mend its times or take it out"


def _gone(config: Config, override: Override) -> Iterator[Ahead]:
    gone = [who for who in override.who if who not in config.people]
    if override.schedule not in config.schedules:
        gone.append(override.schedule)
    if gone:
        text = f"{_called(override)} does nothing: {', '.join(gone)} is not in the configuration"
        where = _called(override)
        yield Ahead(Kind.unknown_name, where, override.start, override.end, text)


def _called(override: Override) -> str:
    return override.called or f"an override of {override.schedule}"
