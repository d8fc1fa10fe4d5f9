"""The next in line, and what several names mean together."""

from __future__ import annotations

import time
from zoneinfo import ZoneInfo

import pytest

from sms_notify.model import DAY, HOUR
from sms_notify.oncall import next_change, next_in_line, on_call, whom

from .given import at, configured, given, on, rota

WEEKLY = "rotate: [A, B, C], every: 1w, handoff: Mon 10:00, since: 2026-01-05"
DAILY = 'rotate: [A, B, C, D], every: 1d, handoff: "10:00", since: 2026-01-05'


@pytest.mark.parametrize(
    ("written", "leave", "expected"),
    [
        (DAILY, "", ["A", "B", "C", "D", ""]),
        (DAILY, "C: 2026-01-05", ["A", "B", "D", "", ""]),
        (DAILY, "A: 2026-01-05", ["B", "C", "D", "", ""]),
        ("rotate: [A, [B, C], D], every: 1d, handoff: '10:00', since: 2026-01-05", "",
         ["A", "B+C", "D", ""]),
        ("rotate: [A, [B, C], D], every: 1d, handoff: '10:00', since: 2026-01-05",
         "B: 2026-01-05", ["A", "C", "D", ""]),
        ("rotate: [[A, B], [B, C]], every: 1d, handoff: '10:00', since: 2026-01-05", "",
         ["A+B", "C", ""]),
        ("rotate: [A, none, B, A, C], every: 1d, handoff: '10:00', since: 2026-01-05", "",
         ["A", "B", "C", ""]),
        ("rotate: [none, A, B], every: 1d, handoff: '10:00', since: 2026-01-05", "",
         ["", "A", "B", ""]),
        ("rotate: [A], every: 1d, handoff: '10:00', since: 2026-01-05", "", ["A", "", ""]),
        ("rotate: [A], every: 1d, handoff: '10:00', since: 2026-02-05", "", ["", "", ""]),
    ],
)  # fmt: skip
def test_the_next_in_line_are_the_entries_after_the_present_turn(
    written: str, leave: str, expected: list[str]
) -> None:
    of = rota(written, leave=leave)
    names = ["S", *(f"S+{nth}" for nth in range(1, len(expected)))]
    assert [on(of, "2026-01-05T12:00", name) for name in names] == expected


def test_an_override_replaces_who_is_on_and_not_the_line() -> None:
    of = rota(DAILY, "from: 2026-01-05 10:00, until: 2026-01-06 10:00, who: C")
    names = ["S", "S+1", "S+2", "S+3"]
    assert [on(of, "2026-01-05T12:00", name) for name in names] == ["C", "B", "D", ""]
    extra = (given("2026-01-05T10:00", "2026-01-06T10:00", "B"),)
    assert [on(of, "2026-01-05T12:00", name, extra) for name in names] == ["B", "C", "D", ""]


def test_the_line_is_that_of_the_layer_that_covers_the_moment() -> None:
    of = configured("""\
time_intervals: {office: "1-5,09:00-18:00"}
schedules:
  S:
    shifts:
      - {when: office, rotate: [A, B], every: 1d, handoff: "09:00", since: 2026-01-05}
      - {rotate: [C, D], every: 1w, handoff: Mon 10:00, since: 2026-01-05}
""")
    assert [on(of, "2026-01-05T12:00", name) for name in ("S", "S+1", "S+2")] == ["A", "B", ""]
    assert [on(of, "2026-01-05T19:00", name) for name in ("S", "S+1", "S+2")] == ["C", "D", ""]


def test_one_person_by_several_names_is_told_once() -> None:
    of = configured("""\
teams: {T: [A, B, C]}
schedules:
  S: {rotate: [A, B], every: 1w, handoff: Mon 10:00, since: 2026-01-05}
""")
    moment = at("2026-01-05T12:00+08:00")
    assert whom(of, ["S", "T", "S+1", "A"], moment) == ("A", "B", "C")
    assert whom(of, ["S+1", "S"], moment) == ("B", "A")


def test_a_name_that_is_gone_or_no_schedule_has_nobody_next_in_line() -> None:
    of = rota(WEEKLY)
    moment = at("2026-01-05T12:00+08:00")
    assert whom(of, ["X+1", "A+1", "+1", "S+"], moment) == ()


def test_a_schedule_can_be_asked_by_itself() -> None:
    of = rota(WEEKLY)
    moment, zone = at("2026-01-05T12:00+08:00"), ZoneInfo("Asia/Shanghai")
    extra = [given("2026-01-05T10:00", "2026-01-06T10:00", "B")]
    assert on_call(of.schedules["S"], moment, zone) == ("A",)
    assert on_call(of.schedules["S"], moment, zone, extra) == ("B",)
    assert next_in_line(of.schedules["S"], moment, zone) == ("B",)
    assert next_in_line(of.schedules["S"], moment, zone, 1, extra) == ("C",)


def test_the_next_change_is_when_others_are_meant() -> None:
    of = rota(WEEKLY, leave="B: 2026-01-14; C: 2026-01-20")
    start, week = at("2026-01-06T12:00+08:00"), at("2026-01-12T10:00+08:00")
    assert next_change(of, ["S"], start, start + 30 * DAY) == week
    assert next_change(of, ["S"], start, week) is None
    assert next_change(of, ["S"], week, week + 9 * DAY) == at("2026-01-14T00:00+08:00")
    assert next_change(of, ["D"], start, start + 30 * DAY) is None
    assert next_change(of, ["S", "S+1", "S+2"], start, start + 5 * DAY) is None
    soon = given("2026-01-06T14:00", "2026-01-06T15:00", "D")
    assert next_change(of, ["S"], start, week, [soon]) == start + 2 * HOUR


def test_a_lookup_of_a_plain_rotation_costs_microseconds() -> None:
    of = rota(WEEKLY)
    moment = at("2026-01-06T12:00+08:00")
    whom(of, ["S"], moment)
    started = time.process_time()
    for minute in range(5_000):
        whom(of, ["S"], moment + minute * HOUR)
    assert time.process_time() - started < 0.5  # 30 of 100 µs each
