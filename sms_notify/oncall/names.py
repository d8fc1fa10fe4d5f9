"""What the names in a step mean at a moment: people, teams and schedules share one namespace."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sms_notify.config.model import Config
from sms_notify.config.schedules import Override
from sms_notify.model import Micros
from sms_notify.oncall.rota import rota


def whom(
    config: Config, names: Sequence[str], at: Micros, overrides: Sequence[Override] = ()
) -> tuple[str, ...]:
    """The people that `names` mean at `at`, each once, in the order in which they are named.

    () if that is nobody: a gap, nobody left in line, a schedule that has not begun, a name that is
    gone since the last reload. `overrides` are those from outside the file, of any schedule; one
    that names somebody who is gone does nothing.
    """
    return tuple(
        dict.fromkeys(one for name in names for one in _meant(config, name, at, overrides))
    )


def _meant(config: Config, name: str, at: Micros, overrides: Sequence[Override]) -> Sequence[str]:
    if name in config.people:
        return (name,)
    if name in config.teams:
        return config.teams[name]
    schedule, nth = in_line(name)
    if schedule not in config.schedules:
        return ()
    of = rota(config.schedules[schedule], ZoneInfo(config.site.timezone))
    given = those_of(config, schedule, overrides) if overrides else ()
    if nth:
        return of.next_in_line(at, nth, given)
    return of.standing(at, given).people


def knows(config: Config, name: str) -> bool:
    """Does the name mean a person, a team, a schedule or a place in the line of one?"""
    if name in config.people or name in config.teams:
        return True
    return in_line(name)[0] in config.schedules


def in_line(name: str) -> tuple[str, int]:
    """`数据库值班+1` → `数据库值班`, 1; a name without it is the present turn, 0."""
    schedule, plus, nth = name.rpartition("+")
    if plus and nth.isascii() and nth.isdigit():
        return schedule, int(nth)
    return name, 0


def those_of(config: Config, schedule: str, overrides: Sequence[Override]) -> tuple[Override, ...]:
    """Of overrides from outside the file those of one schedule whose people still exist."""
    return tuple(
        each
        for each in overrides
        if each.schedule == schedule and all(who in config.people for who in each.who)
    )
