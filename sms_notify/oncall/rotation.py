"""One rotation: which turn covers a moment, and when a turn begins, without walking from its start.

Turn k lasts from handoff k to handoff k+1. Handoffs are times of the wall clock, never start plus a
duration: a week across the clock change has 169 or 167 hours. With `every: Nh` they lie N hours of
wall clock apart, so that 08:00 and 20:00 stay 08:00 and 20:00 all year. With `every: Nworkday` only
workdays count: a turn that ends before a weekend or holiday lasts until the next workday.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo

from sms_notify.config.schedules import Layer
from sms_notify.config.wall_clock import moment, wall_clock
from sms_notify.model import Micros
from sms_notify.oncall.calendar import calendar

_SPAN = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Rotation:
    """The `rotate every handoff since` of a layer, in the zone whose clock counts."""

    layer: Layer
    zone: tzinfo
    _latest: list[tuple[Micros, Micros, int]] = field(
        default_factory=lambda: [(0, 0, 0)], init=False, repr=False, compare=False
    )
    """The turn that was asked for last, with its start and end: most questions are about now."""

    def turn(self, at: Micros) -> int:
        """The number of the turn that covers `at`; below zero (any number) before `since`.

        Where two handoffs fall on one moment (a skipped day, a skipped hour), the later counts;
        the turn between them was empty.
        """
        start, end, k = self._latest[0]
        if start <= at < end:
            return k
        k = self._turn_by_wall(wall_clock(at, self.zone))
        # in a doubled hour the clock shows a time before a handoff that has already been
        while (end := self.handoff(k + 1)) <= at:
            k += 1
        # and a month was counted by its number alone
        while k >= 0 and (start := self.handoff(k)) > at:
            k, end = k - 1, start
        if k >= 0:
            self._latest[0] = start, end, k
        return k

    def handoff(self, k: int) -> Micros:
        """The moment at which turn `k` begins."""
        return moment(self._wall(k), self.zone)

    def people(self, k: int) -> tuple[str, ...]:
        """Whose turn `k` is; () before the first turn and for an intended gap."""
        rotate = self.layer.rotate
        return rotate[k % len(rotate)] if k >= 0 and rotate else ()

    def _wall(self, k: int) -> datetime:
        every, handoff, since = self.layer.every, self.layer.handoff, self.layer.since
        at = time(handoff.hour, handoff.minute)
        if every.unit == "mo":
            year, month = divmod(since.year * 12 + since.month - 1 + k * every.count, 12)
            day = min(handoff.monthday or since.day, monthrange(year, month + 1)[1])
            return datetime.combine(since.replace(year, month + 1, day), at)
        if every.unit == "workday":
            days = calendar(self.layer.holidays)
            return datetime.combine(days.after(since, max(k, 0) * every.count), at)
        return datetime.combine(since, at) + k * every.count * _SPAN[every.unit]

    def _turn_by_wall(self, wall: datetime) -> int:
        """The turn as the wall clock alone would have it: at most a clock change away."""
        every, first = self.layer.every, self._wall(0)
        if every.unit == "mo":
            months = (wall.year - first.year) * 12 + wall.month - first.month
            return months // every.count
        if every.unit == "workday":
            return self._turn_by_workdays(wall)
        return (wall - first) // (every.count * _SPAN[every.unit])

    def _turn_by_workdays(self, wall: datetime) -> int:
        """Weekends and holidays use up no turns; below zero before the first handoff."""
        since, first = self.layer.since, self._wall(0)
        if wall < first:
            return -1
        last = wall.date() if wall.time() >= first.time() else wall.date() - timedelta(days=1)
        return calendar(self.layer.holidays).between(since, last) // self.layer.every.count
