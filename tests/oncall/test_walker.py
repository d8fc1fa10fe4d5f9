"""A slow walker that only watches the clock on the wall, against the interval builder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sms_notify.config import Layer
from sms_notify.model import DAY, MINUTE, Micros
from sms_notify.oncall import on_call, shifts

from .given import at, schedule

JUMPS = {
    "America/Chicago": ("2020-03-08", "2020-11-01", "2024-03-10", "2024-11-03"),
    "Australia/Lord_Howe": ("2020-10-04", "2021-04-04"),
    "Africa/Cairo": ("2024-04-26", "2024-11-01"),
    "America/Santiago": ("2024-09-08", "2024-04-07"),
    "Pacific/Apia": ("2011-12-30", "2012-04-01"),
    "Europe/Dublin": ("2024-03-31", "2024-10-27"),
    "Asia/Shanghai": ("2026-02-17", "1991-09-15"),
    "Africa/Casablanca": ("2024-03-10", "2024-04-14"),
    "Asia/Kathmandu": ("2026-05-05",),
}

days = st.sampled_from([(zone, day) for zone, found in JUMPS.items() for day in found])
clocks = st.builds(
    lambda hour, minute: f"{hour:02}:{minute:02}",
    st.sampled_from([0, 0, 1, 2, 2, 3, 9, 23]) | st.integers(0, 23),
    st.sampled_from([0, 15, 30, 59]),
)
rotations = st.sampled_from(["A", "A B", "A B C", "A B none", "A+B C none D", "none"])


class Walker:
    """Turn by turn, minute by minute: a turn begins when the wall clock has reached its time.

    "Has reached": a clock that jumps ahead reaches all it skips, one that falls back reaches
    nothing again. It shares no arithmetic with what it checks.
    """

    def __init__(self, of: Layer, zone: ZoneInfo, start: datetime) -> None:
        self.of = of
        self.zone = zone
        self.reached = datetime.min
        self.turn = -1
        self.next = datetime.combine(of.since, datetime.min.time()).replace(
            hour=of.handoff.hour, minute=of.handoff.minute
        )
        for minute in range(2 * 1440, 0, -1):
            self.at(start - timedelta(minutes=minute))

    def at(self, now: datetime) -> tuple[str, ...]:
        wall = now.astimezone(self.zone).replace(tzinfo=None)
        self.reached = max(self.reached, wall)
        while self.next <= self.reached:
            self.turn += 1
            self.next = self._following()
        return self.of.rotate[self.turn % len(self.of.rotate)] if self.turn >= 0 else ()

    def _following(self) -> datetime:
        unit, count = self.of.every.unit, self.of.every.count
        if unit != "mo":
            return self.next + timedelta(**{{"h": "hours", "d": "days", "w": "weeks"}[unit]: count})
        day = self.next.replace(day=1)
        for _ in range(count):
            day = (day + timedelta(days=32)).replace(day=1)
        wanted = self.of.handoff.monthday or self.of.since.day
        while True:
            try:
                return day.replace(day=wanted)
            except ValueError:
                wanted -= 1


def minutes(start: datetime, count: int) -> Iterator[tuple[datetime, Micros]]:
    for minute in range(count):
        now = start + timedelta(minutes=minute)
        yield now, at(now.isoformat())


@settings(max_examples=60, deadline=None)
@given(
    place=days,
    rotate=rotations,
    every=st.sampled_from(["1h", "5h", "8h", "12h", "24h", "1d", "2d", "7d", "1w", "2w", "1mo"]),
    clock=clocks,
    age=st.integers(-1, 400),
)
@example(("Pacific/Apia", "2011-12-30"), "A B C", "1d", "09:00", 3)
@example(("Pacific/Apia", "2011-12-30"), "A B C", "1d", "00:00", 3)
@example(("Pacific/Apia", "2011-12-30"), "A B C", "1h", "00:00", 3)
@example(("America/Chicago", "2020-03-08"), "A B C", "1d", "02:30", 7)
@example(("America/Chicago", "2020-11-01"), "A B C", "1d", "01:30", 7)
@example(("Australia/Lord_Howe", "2020-10-04"), "A B C", "1d", "02:15", 7)
def test_the_walker_finds_the_same_people_at_every_minute(
    place: tuple[str, str], rotate: str, every: str, clock: str, age: int
) -> None:
    zone = ZoneInfo(place[0])
    middle = datetime.fromisoformat(f"{place[1]}T00:00").replace(tzinfo=UTC)
    since = (middle - timedelta(days=age)).date().isoformat()
    of = schedule(rotate, every=every, handoff=clock, since=since)
    start = middle - timedelta(hours=36)
    walker = Walker(of.layers[0], zone, start)
    built = list(shifts(of, at(start.isoformat()), at(start.isoformat()) + 3 * DAY, zone))
    for now, moment in minutes(start, 3 * 1440):
        expected = walker.at(now)
        covering = [shift.people for shift in built if shift.start <= moment < shift.end]
        assert covering == [expected], now
        if moment % (7 * MINUTE) == 0 or covering != [expected]:
            assert on_call(of, moment, zone) == expected, now


@settings(max_examples=100, deadline=None)
@given(
    place=days,
    rotate=rotations,
    every=st.sampled_from(["1h", "7h", "1d", "3d", "1w", "1mo", "5mo"]),
    clock=clocks,
    age=st.integers(0, 4_000),
    span=st.integers(1, 60),
)
def test_shifts_lie_end_to_end_and_each_is_the_lookups_answer(
    place: tuple[str, str], rotate: str, every: str, clock: str, age: int, span: int
) -> None:
    zone = ZoneInfo(place[0])
    middle = datetime.fromisoformat(f"{place[1]}T00:00").replace(tzinfo=UTC)
    since = (middle - timedelta(days=age)).date().isoformat()
    of = schedule(rotate, every=every, handoff=clock, since=since)
    start = at(middle.isoformat()) - 2 * DAY
    built = list(shifts(of, start, start + span * DAY, zone))
    assert all(a.end == b.start for a, b in pairwise(built))
    for shift in built:
        assert shift.start < shift.end
        assert on_call(of, shift.start, zone) == shift.people
        assert on_call(of, shift.end - 1, zone) == shift.people


@pytest.mark.parametrize("zone", sorted(JUMPS))
def test_no_two_handoffs_change_places(zone: str) -> None:
    hourly = schedule("A B", every="1h", handoff="00:30", since="2011-01-01")
    start = at("2011-06-01T00:00Z")
    built = list(shifts(hourly, start, start + 365 * DAY, ZoneInfo(zone)))
    assert all(shift.start < shift.end for shift in built)
