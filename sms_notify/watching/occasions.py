"""When something that comes back every day, week or month is next: on the clock of the site."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sms_notify.config import Handoff
from sms_notify.config.wall_clock import moment, wall_clock
from sms_notify.model import Micros

_FARTHEST = 40
"""Days within which every weekday and every day of the month comes."""


def next_occasion(at: Handoff, zone: ZoneInfo, after: Micros) -> Micros:
    """The first moment later than `after`; one that the clock skips is when it jumps."""
    first = wall_clock(after, zone).date() - timedelta(days=1)
    for days in range(_FARTHEST):
        day = first + timedelta(days=days)
        found = moment(datetime.combine(day, time(at.hour, at.minute)), zone)
        if found > after and _is_day(at, day):
            return found
    raise AssertionError("every month has a last day")


def _is_day(at: Handoff, day: date) -> bool:
    if at.weekday is not None:
        return day.weekday() == at.weekday
    if at.monthday is not None:
        return day.day == min(at.monthday, monthrange(day.year, day.month)[1])
    return True
