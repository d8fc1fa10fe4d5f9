"""When the clock on the wall shows a time: one moment for every local time, also where clocks jump.

A time that the clock skips (spring) is the first moment after the gap; a time that it shows twice
(autumn) is the first of both. Plain zoneinfo answers neither.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from sms_notify.model import SECOND, Micros

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)


def moment(wall: datetime, zone: tzinfo) -> Micros:
    """The moment at which the clock of `zone` first shows `wall` (naive), or jumps over it."""
    before = _offset(wall.replace(tzinfo=zone, fold=0))
    after = _offset(wall.replace(tzinfo=zone, fold=1))
    local = (wall - _EPOCH) // _MICROSECOND
    if after <= before:  # an ordinary time, or the first of two
        return local - before
    return _jump(local - after, local - before, zone)


def last_moment(wall: datetime, zone: tzinfo) -> Micros:
    """The same for the end of a window: where the clock shows `wall` twice, the last of both."""
    before = _offset(wall.replace(tzinfo=zone, fold=0))
    after = _offset(wall.replace(tzinfo=zone, fold=1))
    if after >= before:
        return moment(wall, zone)
    return (wall - _EPOCH) // _MICROSECOND - after


def wall_clock(at: Micros, zone: tzinfo) -> datetime:
    """What the clock of `zone` shows at `at` (naive)."""
    return _utc(at).astimezone(zone).replace(tzinfo=None, fold=0)


def _jump(early: Micros, late: Micros, zone: tzinfo) -> Micros:
    """The first moment with the offset of `late`, after `early`; clocks jump on whole seconds."""
    after = _offset(_utc(late).astimezone(zone))
    low, high = early // SECOND, late // SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(_utc(middle * SECOND).astimezone(zone)) == after:
            high = middle
        else:
            low = middle
    return high * SECOND


def _utc(at: Micros) -> datetime:
    return (_EPOCH + timedelta(microseconds=at)).replace(tzinfo=UTC)


def _offset(local: datetime) -> Micros:
    return (local.utcoffset() or timedelta(0)) // _MICROSECOND
