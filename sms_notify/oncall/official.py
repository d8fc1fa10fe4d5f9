"""The official calendar of a country, from the `holidays` library, which is imported when asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Year:
    """What is official for one year: days off, and days of the weekend that are worked.

    `known` False: the library answers by guess, since nobody has announced that year yet.
    """

    off: frozenset[date]
    worked: frozenset[date]
    known: bool


UNKNOWN = Year(frozenset(), frozenset(), known=False)


@lru_cache(maxsize=512)
def official(country: str, year: int) -> Year:
    """The calendar of `country` (ISO 3166, two letters); UNKNOWN where there is no data.

    The library answers any year without an error, by guess and without make-up days. Where days
    off are made up for on weekends, a year counts as known if it lists at least one such day off;
    where that is not done, every year is known.
    """
    import holidays

    try:
        made = getattr(holidays, country)()
        made = holidays.country_holidays(country, years=year, language=made.default_language)
    except (AttributeError, NotImplementedError):
        return UNKNOWN
    off = {day: name for day, name in made.items() if day.year == year}
    label = getattr(made, "substituted_label", None)
    if label and not _lists_a_substitute(off.values(), made.tr(label)):
        return UNKNOWN
    worked = frozenset(day for day in made.weekend_workdays if day.year == year)
    return Year(frozenset(off), worked, known=True)


def _lists_a_substitute(names: Iterable[str], label: str) -> bool:
    """`休息日（由 %s 调休）` with a date in it."""
    shape = re.compile(".+".join(map(re.escape, label.split("%s"))))
    return any(shape.search(name) for name in names)
