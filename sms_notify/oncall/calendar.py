"""Which days are worked: the official calendar with its make-up days, corrected by hand."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from sms_notify.config.intervals import Holidays
from sms_notify.oncall.official import UNKNOWN, Year, official


@lru_cache(maxsize=16)
def calendar(holidays: Holidays) -> Calendar:
    """One calendar for each way of writing `global.holidays`."""
    return Calendar(holidays)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Answers by day; counts workdays by whole years, so that an old rotation costs nothing."""

    holidays: Holidays
    _years: dict[int, tuple[int, ...]] = field(default_factory=dict, repr=False, compare=False)

    def workday(self, day: date) -> bool:
        """Corrections by hand first, then the official year, else Monday to Friday."""
        if day in self.holidays.work:
            return True
        if day in self.holidays.rest:
            return False
        year = self._official(day.year)
        return day in year.worked or (day.weekday() < 5 and day not in year.off)

    def known(self, year: int) -> bool:
        """Is `workday` more than Monday to Friday there, or meant to be no more?"""
        by_hand = any(day.year == year for day in self.holidays.rest | self.holidays.work)
        return self.holidays.country is None or by_hand or self._official(year).known

    def between(self, first: date, last: date) -> int:
        """How many workdays lie in (first, last]; `last` is not before `first`."""
        whole = sum(len(self._workdays(year)) for year in range(first.year, last.year))
        return whole + self._until(last) - self._until(first)

    def after(self, day: date, count: int) -> date:
        """The `count`th workday after `day`; `day` itself for 0."""
        if count <= 0:
            return day
        left, year = count + self._until(day), day.year
        while left > len(self._workdays(year)):
            left -= len(self._workdays(year))
            year += 1
        return date.fromordinal(self._workdays(year)[left - 1])

    def _until(self, day: date) -> int:
        """The workdays of its year up to and with `day`."""
        return bisect_left(self._workdays(day.year), day.toordinal() + 1)

    def _workdays(self, year: int) -> tuple[int, ...]:
        found = self._years.get(year)
        if found is None:
            first = date(year, 1, 1).toordinal()
            days = (date.fromordinal(first + n) for n in range(366))
            found = tuple(d.toordinal() for d in days if d.year == year and self.workday(d))
            self._years[year] = found
        return found

    def _official(self, year: int) -> Year:
        country = self.holidays.country
        return official(country, year) if country is not None else UNKNOWN
