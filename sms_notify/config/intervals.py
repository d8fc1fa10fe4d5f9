"""Times of the week and the year by name, and the calendar that says which days are worked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Holidays:
    """Which days are worked: the official calendar of `country` with corrections by hand.

    `country` None is plain Monday to Friday. `rest` and `work` hold over everything else.
    """

    country: str | None = None
    rest: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()


PLAIN_WEEK = Holidays()
"""Monday to Friday."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days, and the times of those days; what is left empty holds always.

    `times` are minutes of the day, [start, end); an end that is not after its start lies on the
    next day, and the whole window belongs to the day on which it starts. A day counts if its
    weekday (Monday 0) is in `weekdays`, or it is a workday and `workdays`, or a day of rest and
    `restdays`. `monthdays` are ranges, both ends included, below zero from the end of the month
    (-1 the last day); `months` and `years` as they are counted. All in `zone`.
    """

    zone: str
    times: tuple[tuple[int, int], ...] = ()
    weekdays: frozenset[int] = frozenset()
    workdays: bool = False
    restdays: bool = False
    monthdays: tuple[tuple[int, int], ...] = ()
    months: frozenset[int] = frozenset()
    years: tuple[tuple[int, int], ...] = ()

    @property
    def asks_calendar(self) -> bool:
        return self.workdays or self.restdays


@dataclass(frozen=True, slots=True)
class TimeInterval:
    """A name for one or several periods; it holds where any of them does."""

    name: str
    periods: tuple[Period, ...]
    holidays: Holidays = PLAIN_WEEK

    @property
    def asks_calendar(self) -> bool:
        return any(period.asks_calendar for period in self.periods)
