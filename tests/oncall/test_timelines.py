"""Golden timelines: the Spring Festival, National Day, and months in which clocks change."""

from __future__ import annotations

from datetime import date, timedelta

from .given import configured, timeline

DAYS_OFF = frozenset(
    {date(2026, 2, day) for day in range(15, 24)}
    | {date(2026, 4, day) for day in (4, 5, 6)}
    | {date(2026, 5, day) for day in range(1, 6)}
    | {date(2026, 6, day) for day in (19, 20, 21)}
    | {date(2026, 9, day) for day in (25, 26, 27)}
    | {date(2026, 10, day) for day in range(1, 8)}
)
MADE_UP = frozenset(date(2026, *day) for day in ((2, 14), (2, 28), (5, 9), (9, 20), (10, 10)))

OFFICE = """\
global: {timezone: Asia/Shanghai, holidays: {country: CN}}
time_intervals: {office: "workday,09:00-18:00"}
schedules:
  S:
    shifts:
      - {when: office, rotate: [A, B], every: 1workday, handoff: "09:00", since: 2026-01-05}
      - {rotate: [C, D, E], every: 1w, handoff: Mon 10:00, since: 2026-01-05}
"""


def test_the_spring_festival_of_2026() -> None:
    of = configured(OFFICE)
    assert timeline(of, "S", "2026-02-12T09:00+08:00", "2026-02-25T09:00+08:00") == [
        "02-12 Thu 09:00 A",
        "02-12 Thu 18:00 E",
        "02-13 Fri 09:00 B",
        "02-13 Fri 18:00 E",
        "02-14 Sat 09:00 A",  # worked, for the Friday after the festival
        "02-14 Sat 18:00 E",
        "02-16 Mon 10:00 C",
        "02-23 Mon 10:00 D",
        "02-24 Tue 09:00 B",  # nine days used up no turn
        "02-24 Tue 18:00 D",
    ]


def test_national_day_2026_and_the_mid_autumn_festival_before_it() -> None:
    of = configured(OFFICE)
    assert timeline(of, "S", "2026-09-24T09:00+08:00", "2026-10-12T10:00+08:00") == [
        "09-24 Thu 09:00 B",
        "09-24 Thu 18:00 D",
        "09-28 Mon 09:00 A",
        "09-28 Mon 18:00 E",
        "09-29 Tue 09:00 B",
        "09-29 Tue 18:00 E",
        "09-30 Wed 09:00 A",
        "09-30 Wed 18:00 E",
        "10-05 Mon 10:00 C",
        "10-08 Thu 09:00 B",
        "10-08 Thu 18:00 C",
        "10-09 Fri 09:00 A",
        "10-09 Fri 18:00 C",
        "10-10 Sat 09:00 B",
        "10-10 Sat 18:00 C",
        "10-12 Mon 09:00 A",
    ]


def test_the_whole_of_2026_by_a_calendar_written_by_hand() -> None:
    """Every handoff of the year, counted day by day from what the State Council announced."""
    start, end = date(2026, 1, 5), date(2026, 12, 28)
    expected, turn = [], 0
    for number in range((end - start).days):
        day = start + timedelta(number)
        night = "CDE"[number // 7 % 3]
        if day in MADE_UP or (day.weekday() < 5 and day not in DAYS_OFF):
            expected += [(f"{day:%m-%d %a} 09:00", "AB"[turn % 2])]
            expected += [(f"{day:%m-%d %a} 18:00", night)]
            turn += 1
        elif day.weekday() == 0:
            expected += [(f"{day:%m-%d %a} 10:00", night)]
    changes = [f"{at} {who}" for at, who in expected]
    found = timeline(configured(OFFICE), "S", "2026-01-05T09:00+08:00", "2026-12-28T09:00+08:00")
    assert found == changes
    assert turn == 243


def test_leave_over_the_spring_festival_moves_nobodys_own_weeks() -> None:
    rota = "schedules: {S: {rotate: [A, B, C], every: 1w, handoff: Mon 10:00, since: 2026-01-05}}\n"
    of = configured(rota, leave="C: 2026-02-14 to 2026-02-24")
    assert timeline(of, "S", "2026-02-02T10:00+08:00", "2026-03-02T10:00+08:00") == [
        "02-02 Mon 10:00 B",
        "02-09 Mon 10:00 C",
        "02-14 Sat 00:00 A",
        "02-16 Mon 10:00 A",
        "02-23 Mon 10:00 B",
    ]


def test_chicago_in_the_month_of_the_spring_change() -> None:
    of = configured(
        """\
time_intervals: {night: "1-7,22:00-06:00"}
schedules:
  S:
    shifts:
      - {when: night, rotate: [A, B], every: 1w, handoff: Sun 02:30, since: 2020-03-01}
      - {rotate: [C, none], every: 1w, handoff: Sun 02:30, since: 2020-03-01}
""",
        zone="America/Chicago",
    )
    assert timeline(of, "S", "2020-03-07T12:00-06:00", "2020-03-09T12:00-05:00") == [
        "03-07 Sat 06:00 C",
        "03-07 Sat 22:00 A",
        "03-08 Sun 03:00 B",  # 02:30 does not exist
        "03-08 Sun 06:00 -",
        "03-08 Sun 22:00 B",
        "03-09 Mon 06:00 -",
    ]


def test_lord_howe_in_the_month_of_its_half_hour() -> None:
    rota = 'schedules: {S: {rotate: [A, B], every: 12h, handoff: "02:15", since: 2020-10-01}}\n'
    of = configured(rota, zone="Australia/Lord_Howe")
    assert timeline(of, "S", "2020-10-03T02:15+10:30", "2020-10-05T02:15+11:00") == [
        "10-03 Sat 02:15 A",
        "10-03 Sat 14:15 B",
        "10-04 Sun 02:30 A",
        "10-04 Sun 14:15 B",
    ]


def test_berlin_in_the_month_of_the_autumn_change() -> None:
    of = configured(
        """\
time_intervals: {weekend: "restday"}
schedules:
  S:
    shifts:
      - {when: weekend, rotate: [A, B], every: 1w, handoff: Sat 00:00, since: 2026-10-03}
      - {rotate: [C, D], every: 1workday, handoff: "02:30", since: 2026-10-01}
""",
        zone="Europe/Berlin",
    )
    assert timeline(of, "S", "2026-10-23T02:30+02:00", "2026-10-28T00:00+01:00") == [
        "10-23 Fri 02:30 C",
        "10-24 Sat 00:00 B",
        "10-26 Mon 00:00 C",
        "10-26 Mon 02:30 D",
        "10-27 Tue 02:30 C",
    ]
