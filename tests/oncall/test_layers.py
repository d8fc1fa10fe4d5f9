"""Layers, overrides and leave: the hard cases of people, with expected answers."""

from __future__ import annotations

from sms_notify.config import Config, Override
from sms_notify.oncall import whom

from .given import at, configured, given, on, rota, timeline

WEEKLY = "rotate: [A, B, C], every: 1w, handoff: Mon 10:00, since: 2026-01-05"
DAILY = 'rotate: [A, B, C, D], every: 1d, handoff: "10:00", since: 2026-01-05'


def days(of: Config, start: str, end: str) -> list[str]:
    return timeline(of, "S", f"{start}T10:00+08:00", f"{end}T10:00+08:00")


def test_the_instant_of_handoff_belongs_to_the_one_who_comes() -> None:
    of = rota(WEEKLY)
    assert on(of, "2026-01-12T09:59:59.999") == "A"
    assert on(of, "2026-01-12T10:00:00") == "B"


def test_the_first_layer_that_covers_the_moment_wins() -> None:
    of = configured("""\
time_intervals: {office: "1-5,09:00-18:00", lunch: "1-7,12:00-13:00"}
schedules:
  S:
    shifts:
      - {when: lunch, rotate: [E], every: 1w, handoff: Mon 00:00, since: 2026-01-12}
      - {when: office, rotate: [A, B], every: 1d, handoff: "09:00", since: 2026-01-05}
      - {rotate: [C, none], every: 1w, handoff: Mon 10:00, since: 2026-01-05}
""")
    assert timeline(of, "S", "2026-01-11T10:00+08:00", "2026-01-13T09:00+08:00") == [
        "01-09 Fri 18:00 C",
        "01-12 Mon 09:00 B",
        "01-12 Mon 12:00 E",
        "01-12 Mon 13:00 B",
        "01-12 Mon 18:00 -",
    ]
    assert on(of, "2026-01-05T12:30") == "A"  # the first layer has not begun
    assert on(of, "2026-01-05T08:59") == ""


def test_an_override_is_from_its_first_minute_to_the_one_before_its_last() -> None:
    of = rota(WEEKLY, "from: 2026-01-06 10:00, until: 2026-01-06T12:00+08:00, who: [D, E]")
    moments = ("2026-01-06T09:59", "2026-01-06T10:00", "2026-01-06T11:59", "2026-01-06T12:00")
    assert [on(of, moment) for moment in moments] == ["A", "D+E", "D+E", "A"]


def test_inner_borders_survive_an_override_and_an_intended_gap_stays() -> None:
    gap = 'rotate: [A, none, C, D], every: 1d, handoff: "10:00", since: 2026-01-05'
    override = "from: 2026-01-05 22:00, until: 2026-01-07 22:00, who: E"
    assert days(rota(gap, override), "2026-01-05", "2026-01-09") == [
        "01-05 Mon 10:00 A",
        "01-05 Mon 22:00 E",
        "01-06 Tue 10:00 -",
        "01-07 Wed 10:00 E",
        "01-07 Wed 22:00 C",
        "01-08 Thu 10:00 D",
    ]
    assert days(rota(DAILY, override), "2026-01-05", "2026-01-08") == [
        "01-05 Mon 10:00 A",
        "01-05 Mon 22:00 E",
        "01-06 Tue 10:00 E",
        "01-07 Wed 10:00 E",
        "01-07 Wed 22:00 C",
    ]


def test_an_override_instead_of_none_fills_the_intended_gap_alone() -> None:
    gap = 'rotate: [A, none, C], every: 1d, handoff: "10:00", since: 2026-01-05'
    of = rota(gap, "from: 2026-01-05 22:00, until: 2026-01-07 22:00, who: E, instead_of: none")
    assert days(of, "2026-01-05", "2026-01-08") == [
        "01-05 Mon 10:00 A",
        "01-06 Tue 10:00 E",
        "01-07 Wed 10:00 C",
    ]


def test_an_override_fills_a_gap_that_nobody_meant() -> None:
    of = rota(WEEKLY, "from: 2026-01-01 00:00, until: 2026-01-05 12:00, who: E")
    assert on(of, "2026-01-02T12:00") == "E"
    away = rota("rotate: [A], every: 1w, handoff: Mon 10:00, since: 2026-01-05",
                "from: 2026-01-06 10:00, until: 2026-01-06 12:00, who: E",
                leave="A: 2026-01-06")  # fmt: skip
    assert [on(away, f"2026-01-06T{hour}:00") for hour in ("09", "11", "12")] == ["", "E", ""]


def test_an_override_of_none_makes_a_gap_that_is_intended() -> None:
    of = rota(WEEKLY, "from: 2026-01-06 10:00, until: 2026-01-06 12:00, who: none")
    assert days(of, "2026-01-05", "2026-01-07") == [
        "01-05 Mon 10:00 A",
        "01-06 Tue 10:00 -",
        "01-06 Tue 12:00 A",
    ]


def test_an_override_instead_of_somebody_does_nothing_while_that_person_is_off() -> None:
    of = rota(DAILY, "from: 2026-01-05 00:00, until: 2026-01-09 00:00, who: E, instead_of: B")
    assert days(of, "2026-01-05", "2026-01-08") == [
        "01-05 Mon 10:00 A",
        "01-06 Tue 10:00 E",
        "01-07 Wed 10:00 C",
    ]
    away = rota(
        DAILY,
        "from: 2026-01-05 00:00, until: 2026-01-09 00:00, who: E, instead_of: B",
        leave="B: 2026-01-06 to 2026-01-07",
    )
    assert on(away, "2026-01-06T12:00") == "C"


def test_of_several_at_once_an_override_replaces_one() -> None:
    of = rota(
        'rotate: [[A, B]], every: 1d, handoff: "10:00", since: 2026-01-05',
        "from: 2026-01-06 10:00, until: 2026-01-07 10:00, who: E, instead_of: A",
        "from: 2026-01-07 10:00, until: 2026-01-08 10:00, who: none, instead_of: A",
        "from: 2026-01-08 10:00, until: 2026-01-09 10:00, who: B, instead_of: A",
    )
    found = [on(of, f"2026-01-0{day}T12:00") for day in (5, 6, 7, 8)]
    assert found == ["A+B", "E+B", "B", "B"]


def test_two_people_swap_by_two_overrides() -> None:
    of = rota(
        'rotate: [A, B], every: 1d, handoff: "10:00", since: 2026-01-05',
        "from: 2026-01-05 10:00, until: 2026-01-07 10:00, who: B, instead_of: A",
        "from: 2026-01-05 10:00, until: 2026-01-07 10:00, who: A, instead_of: B",
    )
    assert [on(of, f"2026-01-0{day}T12:00") for day in (5, 6, 7)] == ["B", "A", "A"]


def test_an_override_of_one_person_counts_before_a_later_one_of_everybody() -> None:
    of = rota(
        'rotate: [A, [B, C]], every: 1d, handoff: "10:00", since: 2026-01-05',
        "from: 2026-01-05 10:00, until: 2026-01-08 10:00, who: E, instead_of: A",
        "from: 2026-01-06 10:00, until: 2026-01-07 10:00, who: F, instead_of: B",
        "from: 2026-01-05 10:00, until: 2026-01-08 10:00, who: D",
    )
    assert [on(of, f"2026-01-0{day}T12:00") for day in (5, 6, 7)] == ["E", "F+D", "E"]


def test_an_override_of_who_stands_in_counts_before_the_one_that_says_so() -> None:
    of = rota(
        'rotate: [A, B], every: 1d, handoff: "10:00", since: 2026-01-05',
        "from: 2026-01-06 10:00, until: 2026-01-07 10:00, who: E, instead_of: D",
        "from: 2026-01-05 10:00, until: 2026-01-08 10:00, who: D",
    )
    assert [on(of, f"2026-01-0{day}T12:00") for day in (5, 6, 7)] == ["D", "E", "D"]


def test_of_two_overrides_that_overlap_the_first_in_the_file_counts() -> None:
    of = rota(
        WEEKLY,
        "from: 2026-01-06 10:00, until: 2026-01-07 10:00, who: D",
        "from: 2026-01-06 22:00, until: 2026-01-08 10:00, who: E",
    )
    moments = ("2026-01-06T23:00", "2026-01-07T09:59", "2026-01-07T10:00")
    assert [on(of, moment) for moment in moments] == ["D", "D", "E"]


def test_an_override_from_outside_the_file_counts_over_those_in_it() -> None:
    of = rota(WEEKLY, "from: 2026-01-06 10:00, until: 2026-01-08 10:00, who: D")
    later = given("2026-01-07T10:00", "2026-01-09T10:00", "E")
    assert on(of, "2026-01-06T12:00", overrides=(later,)) == "D"
    assert on(of, "2026-01-07T12:00", overrides=(later,)) == "E"
    assert on(of, "2026-01-08T12:00", overrides=(later,)) == "E"
    ill = given("2026-01-07T10:00", "2026-01-07T20:00", "F", instead_of="D")
    assert on(of, "2026-01-07T12:00", overrides=(ill,)) == "F"


def test_an_override_of_another_schedule_or_of_somebody_who_is_gone_does_nothing() -> None:
    of = rota(WEEKLY)
    gone = given("2026-01-05T10:00", "2026-01-06T10:00", "Z")
    other = Override("T", gone.start, gone.end, ("B",))
    assert on(of, "2026-01-05T12:00", overrides=(gone, other)) == "A"


def test_leave_goes_to_the_next_person_at_its_first_minute_and_ends_after_its_last_day() -> None:
    of = rota(WEEKLY, leave="A: 2026-01-07 to 2026-01-08")
    assert days(of, "2026-01-05", "2026-01-13") == [
        "01-05 Mon 10:00 A",
        "01-07 Wed 00:00 B",
        "01-09 Fri 00:00 A",
        "01-12 Mon 10:00 B",
    ]


def test_two_neighbours_on_leave_leave_the_turn_to_the_third() -> None:
    of = rota(WEEKLY, leave="A: 2026-01-07 to 2026-01-08; B: 2026-01-08")
    found = [on(of, f"2026-01-0{day}T12:00") for day in (6, 7, 8, 9)]
    assert found == ["A", "B", "C", "A"]


def test_everybody_on_leave_is_a_gap_that_nobody_meant() -> None:
    of = rota(WEEKLY, leave="A: 2026-01-07; B: 2026-01-07; C: 2026-01-07")
    assert days(of, "2026-01-07", "2026-01-08") == ["01-07 Wed 00:00 ?", "01-08 Thu 00:00 A"]
    alone = rota(
        "rotate: [A], every: 1d, handoff: '10:00', since: 2026-01-05", leave="A: 2026-01-07"
    )
    assert on(alone, "2026-01-07T12:00") == ""


def test_leave_of_one_of_several_leaves_the_others_on() -> None:
    shared = 'rotate: [[A, B], C, none, D], every: 1d, handoff: "10:00", since: 2026-01-05'
    assert on(rota(shared, leave="A: 2026-01-05"), "2026-01-05T12:00") == "B"
    both = rota(shared, leave="A: 2026-01-05; B: 2026-01-05")
    assert on(both, "2026-01-05T12:00") == "C"
    past_a_gap = rota(shared, leave="C: 2026-01-06")
    assert on(past_a_gap, "2026-01-06T12:00") == "D"
    stays = rota(shared, leave="D: 2026-01-07")
    assert on(stays, "2026-01-07T12:00") == ""  # an intended gap is nobody's turn


def test_a_day_of_leave_is_a_day_of_the_site_also_where_its_clock_jumps() -> None:
    of = configured(
        "schedules: {S: {rotate: [A, B], every: 1w, handoff: Mon 10:00, since: 2024-04-22}}\n",
        zone="Africa/Cairo",
        leave="A: 2024-04-26",
    )
    found = [whom(of, ["S"], at(f"2024-04-{moment}")) for moment in (
        "25T21:59:59Z", "25T22:00Z", "26T20:59:59Z", "26T21:00Z",
    )]  # fmt: skip
    assert found == [("A",), ("B",), ("B",), ("A",)]


WORKDAYS = """\
global: {timezone: Asia/Shanghai, holidays: {country: CN}}
schedules:
  S: {rotate: [A, B, C, D, E], every: COUNTworkday, handoff: "09:00", since: 2026-09-18}
"""


def test_a_turn_of_workdays_lasts_over_days_off_and_counts_make_up_days() -> None:
    one = configured(WORKDAYS.replace("COUNT", "1"))
    assert timeline(one, "S", "2026-09-18T09:00+08:00", "2026-10-09T00:00+08:00") == [
        "09-18 Fri 09:00 A",
        "09-20 Sun 09:00 B",
        "09-21 Mon 09:00 C",
        "09-22 Tue 09:00 D",
        "09-23 Wed 09:00 E",
        "09-24 Thu 09:00 A",
        "09-28 Mon 09:00 B",
        "09-29 Tue 09:00 C",
        "09-30 Wed 09:00 D",
        "10-08 Thu 09:00 E",
    ]
    two = configured(WORKDAYS.replace("COUNT", "2"))
    assert timeline(two, "S", "2026-09-24T12:00+08:00", "2026-10-08T12:00+08:00") == [
        "09-23 Wed 09:00 C",
        "09-28 Mon 09:00 D",
        "09-30 Wed 09:00 E",
    ]


def test_in_a_year_that_nobody_announced_workdays_are_monday_to_friday() -> None:
    of = configured(WORKDAYS.replace("COUNT", "1").replace("2026-09-18", "2090-10-02"))
    assert timeline(of, "S", "2090-10-02T09:00+08:00", "2090-10-04T09:00+08:00") == [
        "10-02 Mon 09:00 A",
        "10-03 Tue 09:00 B",
    ]
