"""Whether a time interval holds at a moment, and its spans; quiet hours and shifts ask here.

A window is [start, end) on the wall clock of the day on which it starts: a start that the clock
skips is the moment after the gap, an end that it shows twice is the last of both.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import chain
from zoneinfo import ZoneInfo

from sms_notify.config.intervals import DAY_MINUTES, Period, TimeInterval
from sms_notify.config.wall_clock import last_moment, moment, wall_clock
from sms_notify.model import Micros
from sms_notify.oncall.calendar import Calendar, calendar

Span = tuple[Micros, Micros]
_DAY = timedelta(days=1)
_WHOLE_DAY = ((0, DAY_MINUTES),)


def contains(interval: TimeInterval, at: Micros) -> bool:
    """Does the interval hold at `at`?"""
    return any(_holds(period, interval, at) for period in interval.periods)


def spans(interval: TimeInterval, start: Micros, end: Micros) -> Iterator[Span]:
    """When the interval holds within [start, end): in order, apart from each other, cut there."""
    known = calendar(interval.holidays)
    windows = chain.from_iterable(_windows(each, known, start, end) for each in interval.periods)
    open_: Span | None = None
    for begins, ends in sorted(windows):
        if open_ is not None and begins <= open_[1]:
            open_ = open_[0], max(open_[1], ends)
            continue
        if open_ is not None:
            yield open_
        open_ = begins, ends
    if open_ is not None:
        yield open_


def _holds(period: Period, interval: TimeInterval, at: Micros) -> bool:
    zone = ZoneInfo(period.zone)
    today = wall_clock(at, zone).date()
    # tomorrow: a clock that falls back over midnight shows today again after its first moment
    for day in (today, today - _DAY, today + _DAY):
        for times in period.times or _WHOLE_DAY:
            # the time first: it is cheap, and the day may need the official calendar
            start, end = _window(day, times, zone)
            if start <= at < end and _counts(period, day, interval):
                return True
    return False


def _counts(period: Period, day: date, interval: TimeInterval) -> bool:
    return day_counts(period, day, calendar(interval.holidays))


def _windows(period: Period, known: Calendar, start: Micros, end: Micros) -> Iterator[Span]:
    """The windows of one period that reach into [start, end), cut there."""
    zone = ZoneInfo(period.zone)
    day, last = wall_clock(start, zone).date() - _DAY, wall_clock(end, zone).date() + _DAY
    while day <= last:
        if day_counts(period, day, known):
            for times in period.times or _WHOLE_DAY:
                begins, ends = _window(day, times, zone)
                if max(begins, start) < min(ends, end):
                    yield max(begins, start), min(ends, end)
        day += _DAY


def day_counts(period: Period, day: date, known: Calendar) -> bool:
    """Is `day` one of the days of the period? Rules: Alertmanager's `time_interval`."""
    return (
        (not period.months or day.month in period.months)
        and (not period.years or any(first <= day.year <= last for first, last in period.years))
        and (not period.monthdays or _in_month(period, day))
        and _in_week(period, day, known)
    )


def _in_week(period: Period, day: date, known: Calendar) -> bool:
    if not (period.weekdays or period.asks_calendar) or day.weekday() in period.weekdays:
        return True
    if not period.asks_calendar:
        return False
    return period.workdays if known.workday(day) else period.restdays


def _in_month(period: Period, day: date) -> bool:
    """Ranges from the end of the month count from -1; what lies outside of a month is cut."""
    length = monthrange(day.year, day.month)[1]
    return any(
        (first if first > 0 else length + first + 1)
        <= day.day
        <= (last if last > 0 else length + last + 1)
        for first, last in period.monthdays
    )


def _window(day: date, times: tuple[int, int], zone: tzinfo) -> Span:
    """The moments between which a window of `day` lies; the second is not the later one where
    the clock jumps over all of it."""
    start, end = times
    midnight = datetime.combine(day, time.min)
    begins = moment(midnight + timedelta(minutes=start), zone)
    if end == DAY_MINUTES:  # with the day, whenever that is
        return begins, moment(midnight + _DAY, zone)
    if end <= start:
        midnight += _DAY
    return begins, last_moment(midnight + timedelta(minutes=end), zone)
