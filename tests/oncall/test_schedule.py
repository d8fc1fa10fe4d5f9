"""Who is on call when: the hard cases of clocks, months and instants, with expected answers."""

from __future__ import annotations

import time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from sms_notify.config import Schedule
from sms_notify.model import DAY, HOUR, MINUTE, Micros
from sms_notify.oncall import Rotation, Shift, on_call, shifts

from .given import at, layer, schedule

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHICAGO = ZoneInfo("America/Chicago")
WEEKLY = schedule("张伟 李娜 王磊", every="1w", handoff="Mon 10:00", since="2026-01-05")


def handoffs(of: Schedule, start: str, end: str, zone: str) -> list[Micros]:
    return [s.start for s in shifts(of, at(start), at(end), ZoneInfo(zone)) if s.start >= at(start)]


def test_the_first_name_starts_at_the_handoff_of_the_zero_day() -> None:
    assert on_call(WEEKLY, at("2026-01-05T10:00+08:00"), SHANGHAI) == ("张伟",)
    assert on_call(WEEKLY, at("2026-01-12T10:00+08:00"), SHANGHAI) == ("李娜",)
    assert on_call(WEEKLY, at("2026-01-26T10:00+08:00"), SHANGHAI) == ("张伟",)


def test_before_the_zero_day_nobody_is_on_call() -> None:
    start = at("2026-01-05T10:00+08:00")
    assert on_call(WEEKLY, start - 1, SHANGHAI) == ()
    assert on_call(WEEKLY, at("1999-01-01T00:00Z"), SHANGHAI) == ()
    assert list(shifts(WEEKLY, start - 30 * DAY, start + DAY, SHANGHAI)) == [
        Shift(start - 30 * DAY, start, ()),
        Shift(start, start + 7 * DAY, ("张伟",)),
    ]


def test_the_handoff_belongs_to_the_one_who_comes() -> None:
    daily = schedule("A B", handoff="10:00")
    change = at("2026-01-06T10:00+08:00")
    assert on_call(daily, change - 1_000, SHANGHAI) == ("A",)
    assert on_call(daily, change, SHANGHAI) == ("B",)


def test_several_may_be_on_call_and_a_gap_may_be_meant() -> None:
    shared = schedule("A+B none C", handoff="00:00")
    days = [at(f"2026-01-0{day}T12:00+08:00") for day in (5, 6, 7, 8)]
    found = [on_call(shared, day, SHANGHAI) for day in days]
    assert found == [("A", "B"), (), ("C",), ("A", "B")]
    gap = list(shifts(shared, days[1], days[1] + 1, SHANGHAI))
    assert [shift.people for shift in gap] == [()]


@pytest.mark.parametrize(
    ("zone", "handoff", "day", "moment"),
    [
        ("America/Chicago", "02:30", "2020-03-08", "2020-03-08T08:00Z"),
        ("Australia/Lord_Howe", "02:15", "2020-10-04", "2020-10-04T02:30+11:00"),
        ("America/Chicago", "01:30", "2020-11-01", "2020-11-01T06:30Z"),
        ("Africa/Cairo", "00:00", "2024-04-26", "2024-04-26T01:00+03:00"),
        ("America/Santiago", "00:00", "2024-09-08", "2024-09-08T01:00-03:00"),
        ("America/Santiago", "00:30", "2024-09-08", "2024-09-08T01:00-03:00"),
        ("America/Santiago", "23:30", "2024-04-06", "2024-04-06T23:30-03:00"),
        ("Pacific/Apia", "09:00", "2011-12-30", "2011-12-31T00:00+14:00"),
        ("Asia/Shanghai", "09:00", "2026-02-17", "2026-02-17T01:00Z"),
    ],
)
def test_where_the_clock_jumps_there_is_exactly_one_handoff(
    zone: str, handoff: str, day: str, moment: str
) -> None:
    daily = schedule("A B C", handoff=handoff, since="2010-01-01")
    around = [s.start for s in shifts(daily, at(moment) - DAY, at(moment) + DAY, ZoneInfo(zone))]
    assert around.count(at(moment)) == 1
    hours = [(b - a) / HOUR for a, b in pairwise(around)]
    assert all(hour > 0 for hour in hours)
    before, after = (on_call(daily, at(moment) + step, ZoneInfo(zone)) for step in (-1, 0))
    assert {before, after} <= {("A",), ("B",), ("C",)}
    assert before != after


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2024-10-28", 169), ("2024-03-04", 167), ("2024-06-03", 168)],
)
def test_a_week_ends_at_the_wall_clocks_handoff(day: str, hours: int) -> None:
    weekly = schedule("A B", every="1w", handoff="Mon 09:00", since="2024-01-01")
    inside = at(f"{day}T20:00-06:00")
    week, following = shifts(weekly, inside, inside + 7 * DAY, CHICAGO)
    assert week.end - week.start == hours * HOUR
    assert following.start == week.end
    assert on_call(weekly, week.end - 1, CHICAGO) == week.people != following.people


def test_in_apia_the_skipped_day_shortens_one_shift_and_none_is_lost() -> None:
    daily = schedule("A B C D", since="2011-12-28", handoff="09:00")
    found = list(
        shifts(daily, at("2011-12-28T19:00Z"), at("2011-12-31T18:00Z"), ZoneInfo("Pacific/Apia"))
    )
    assert [(s.people, s.start, s.end - s.start) for s in found] == [
        (("A",), at("2011-12-28T09:00-10:00"), DAY),
        (("B",), at("2011-12-29T09:00-10:00"), 15 * HOUR),
        (("C",), at("2011-12-31T00:00+14:00"), 9 * HOUR),
        (("D",), at("2011-12-31T09:00+14:00"), DAY),
    ]


def test_in_apia_the_turn_of_the_skipped_day_counts_though_it_has_no_time() -> None:
    daily = schedule("A B C D", since="2011-12-28", handoff="00:00")
    found = list(
        shifts(daily, at("2011-12-28T10:00Z"), at("2011-12-31T10:00Z"), ZoneInfo("Pacific/Apia"))
    )
    assert [s.people for s in found] == [("A",), ("B",), ("D",)]
    assert found[1].end == found[2].start == at("2011-12-31T00:00+14:00")
    assert on_call(daily, found[2].start, ZoneInfo("Pacific/Apia")) == ("D",)


def test_hours_are_hours_of_the_wall_clock_so_that_daily_times_stay() -> None:
    halves = schedule("Day Night", every="12h", handoff="08:00", since="2024-01-01")
    spring = handoffs(halves, "2024-03-09T08:00-06:00", "2024-03-11T09:00-05:00", "America/Chicago")
    assert spring == [
        at("2024-03-09T08:00-06:00"),
        at("2024-03-09T20:00-06:00"),
        at("2024-03-10T08:00-05:00"),
        at("2024-03-10T20:00-05:00"),
        at("2024-03-11T08:00-05:00"),
    ]
    assert on_call(halves, at("2026-07-01T12:00-05:00"), CHICAGO) == ("Day",)


def test_each_hour_of_the_wall_clock_is_a_turn_skipped_or_doubled() -> None:
    hourly = schedule("A B C D E", every="1h", handoff="00:00", since="2024-01-01")
    spring = list(shifts(hourly, at("2024-03-10T07:00Z"), at("2024-03-10T09:00Z"), CHICAGO))
    assert [(s.end - s.start) // HOUR for s in spring] == [1, 1]  # 01:00, then 03:00 at once
    autumn = list(shifts(hourly, at("2024-11-03T06:00Z"), at("2024-11-03T09:00Z"), CHICAGO))
    assert [(s.end - s.start) // HOUR for s in autumn] == [2, 1]  # 01:00 twice, 02:00
    turns = "ABCDE"
    skipped = turns.index(spring[1].people[0]) - turns.index(spring[0].people[0])
    assert skipped % 5 == 2


@pytest.mark.parametrize(
    ("handoff", "since", "every", "expected"),
    [
        ("31 09:00", "2026-01-31", "1mo", "2026-01-31 2026-02-28 2026-03-31 2026-04-30 2026-05-31"),
        ("31 09:00", "2027-12-31", "1mo", "2027-12-31 2028-01-31 2028-02-29 2028-03-31"),
        (
            "29 09:00",
            "2024-02-29",
            "12mo",
            "2024-02-29 2025-02-28 2026-02-28 2027-02-28 2028-02-29",
        ),
        ("1 09:00", "2026-01-01", "3mo", "2026-01-01 2026-04-01 2026-07-01 2026-10-01 2027-01-01"),
        ("09:00", "2026-11-15", "1mo", "2026-11-15 2026-12-15 2027-01-15"),
    ],
)
def test_a_month_hands_over_on_its_day_or_on_its_last(
    handoff: str, since: str, every: str, expected: str
) -> None:
    monthly = Rotation(layer("A B", every=every, handoff=handoff, since=since), SHANGHAI)
    for k, day in enumerate(expected.split()):
        start = at(f"{day}T09:00+08:00")
        assert monthly.handoff(k) == start
        assert (monthly.turn(start - 1), monthly.turn(start)) == (k - 1, k)


def test_a_lookup_takes_the_same_time_however_old_the_schedule_is() -> None:
    old = schedule("A B C", every="1h", handoff="00:00", since="1970-01-01")
    moment = at("2026-07-01T12:34+08:00")
    started = time.process_time()
    for minute in range(1_000):
        on_call(old, moment + minute * MINUTE, SHANGHAI)
    assert time.process_time() - started < 0.5  # about 15 µs each
