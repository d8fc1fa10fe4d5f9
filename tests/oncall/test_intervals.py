"""Time intervals: Alertmanager's rules, Zabbix' one line, midnight, and clocks that jump."""

from __future__ import annotations

import pytest

from sms_notify.config import TimeInterval
from sms_notify.model import DAY, HOUR
from sms_notify.oncall import contains, spans

from .given import at, configured


def interval(written: str, *, zone: str = "Asia/Shanghai") -> TimeInterval:
    return configured(f"time_intervals: {{t: {written}}}\n", zone=zone).time_intervals["t"]


def holds(of: TimeInterval, *moments: str) -> list[bool]:
    return [contains(of, at(moment)) for moment in moments]


def test_a_window_across_midnight_belongs_to_the_day_on_which_it_starts() -> None:
    night = interval('"5,22:00-08:00"')
    friday, saturday = "2026-11-20", "2026-11-21"
    assert holds(night, f"{friday}T22:00+08:00", f"{saturday}T03:00+08:00") == [True, True]
    assert holds(night, f"{friday}T03:00+08:00", f"{saturday}T22:00+08:00") == [False, False]
    assert holds(night, f"{saturday}T07:59+08:00", f"{saturday}T08:00+08:00") == [True, False]


def test_one_line_takes_several_periods_divided_by_semicolons() -> None:
    shop = interval('"1-5,09:00-18:00;6,10:00-12:00;"')
    assert holds(shop, "2026-11-20T17:59+08:00", "2026-11-20T18:00+08:00") == [True, False]
    assert holds(shop, "2026-11-21T09:59+08:00", "2026-11-21T10:00+08:00") == [False, True]
    assert not contains(shop, at("2026-11-22T11:00+08:00"))


@pytest.mark.parametrize(
    ("written", "inside", "outside"),
    [
        ('"7"', "2026-11-22T00:00+08:00", "2026-11-23T00:00+08:00"),
        ('"周六-周日"', "2026-11-21T12:00+08:00", "2026-11-20T12:00+08:00"),
        ('"5-2,00:00-24:00"', "2026-11-24T23:59+08:00", "2026-11-25T00:00+08:00"),
        ("[{weekdays: ['saturday:sunday'], location: Local}]", "2026-11-22T12:00+08:00",
         "2026-11-23T12:00+08:00"),
        ("[{months: ['november:january'], location: Local}]", "2026-12-31T12:00+08:00",
         "2026-02-01T00:00+08:00"),
        ("[{months: ['5:8', december], location: Local}]", "2026-08-31T23:59+08:00",
         "2026-09-01T00:00+08:00"),
        ("[{years: ['2026:2027', 2030], location: Local}]", "2030-06-01T00:00+08:00",
         "2028-01-01T00:00+08:00"),
        ("[{days_of_month: ['-1'], location: Local}]", "2024-02-29T12:00+08:00",
         "2024-02-28T12:00+08:00"),
        ("[{days_of_month: ['-3:-1'], location: Local}]", "2026-02-26T00:00+08:00",
         "2026-02-25T23:59+08:00"),
        ("[{days_of_month: ['29:31'], location: Local}]", "2026-03-29T00:00+08:00",
         "2026-02-28T12:00+08:00"),
        ("[{days_of_month: ['20:-5'], location: Local}]", "2026-02-24T00:00+08:00",
         "2026-02-25T00:00+08:00"),
        ("[{times: [{start_time: '09:00', end_time: '17:00'}]}]", "2026-11-20T09:00Z",
         "2026-11-20T09:00+08:00"),
        ("[{times: [{start_time: '09:00', end_time: '17:00'}], location: Europe/Berlin}]",
         "2026-07-01T09:00+02:00", "2026-01-05T09:00+02:00"),
    ],
)  # fmt: skip
def test_a_period_holds_where_alertmanager_says(written: str, inside: str, outside: str) -> None:
    assert holds(interval(written), inside, outside) == [True, False]


def test_items_mean_or_and_keys_mean_and() -> None:
    both = "[{weekdays: [friday], months: [november], location: Local}, {years: [2030]}]"
    of = interval(both)
    assert holds(of, "2026-11-20T12:00+08:00", "2026-12-18T12:00+08:00") == [True, False]
    assert contains(of, at("2030-01-01T12:00+08:00"))


def test_a_list_that_is_alertmanagers_own_with_names_reads_alike() -> None:
    pasted = """\
time_intervals:
  - name: weekends
    time_intervals:
      - weekdays: ['saturday', 'sunday']
        location: 'Asia/Shanghai'
  - name: office
    time_intervals:
      - weekdays: ['monday:friday']
        times:
          - start_time: 09:00
            end_time: 17:00
        location: Asia/Shanghai
"""
    of = configured(pasted).time_intervals
    assert list(of) == ["weekends", "office"]
    assert holds(of["weekends"], "2026-11-21T00:00+08:00", "2026-11-23T00:00+08:00") == [
        True,
        False,
    ]
    assert holds(of["office"], "2026-11-20T16:59+08:00", "2026-11-21T16:59+08:00") == [True, False]


def test_spans_are_apart_in_order_and_cut_at_the_ends() -> None:
    of = interval('"1-7,22:00-08:00;1-7,07:00-09:00;1-7,12:00-13:00"')
    start = at("2026-11-20T00:00+08:00")
    assert [((a - start) / HOUR, (b - start) / HOUR) for a, b in spans(of, start, start + DAY)] == [
        (0, 9), (12, 13), (22, 24),
    ]  # fmt: skip
    assert list(spans(of, start + 10 * HOUR, start + 11 * HOUR)) == []


@pytest.mark.parametrize(
    ("zone", "line", "start", "hours"),
    [
        ("America/Chicago", "7,02:30-03:30", "2020-03-08T08:00Z", 0.5),
        ("America/Chicago", "7,01:00-01:30", "2020-11-01T06:00Z", 1.5),
        ("America/Chicago", "6,22:00-08:00", "2020-03-08T04:00Z", 9),
        ("America/Chicago", "6,22:00-08:00", "2020-11-01T03:00Z", 11),
        ("Australia/Lord_Howe", "7,02:15-03:00", "2020-10-03T15:30Z", 0.5),
        ("Africa/Cairo", "5", "2024-04-25T22:00Z", 23),
        ("America/Santiago", "7,00:00-02:00", "2024-09-08T04:00Z", 1),
        ("Pacific/Apia", "4,20:00-06:00", "2011-12-30T06:00Z", 4),
    ],
)
def test_a_window_has_one_start_and_one_end_where_the_clock_jumps(
    zone: str, line: str, start: str, hours: float
) -> None:
    found = spans(interval(f'"{line}"', zone=zone), at(start) - DAY, at(start) + 2 * DAY)
    of = [span for span in found if span[0] >= at(start) - 2 * HOUR]
    assert of[0] == (at(start), at(start) + round(hours * HOUR))


def test_a_window_that_the_clock_jumps_over_holds_never() -> None:
    of = interval('"7,02:10-02:40"', zone="America/Chicago")
    day = at("2020-03-08T06:00Z")
    assert list(spans(of, day, day + DAY)) == []
    skipped = interval('"5,09:00-17:00"', zone="Pacific/Apia")
    friday = at("2011-12-29T10:00Z")
    assert list(spans(skipped, friday - DAY, friday + DAY)) == []


def test_the_whole_week_has_no_hole_whatever_the_clock_does() -> None:
    for zone in ("America/Chicago", "America/St_Johns", "America/Havana", "Pacific/Apia"):
        of = interval('"1-7,00:00-24:00"', zone=zone)
        start = at("2006-01-01T00:00Z")
        assert list(spans(of, start, start + 6 * 366 * DAY)) == [(start, start + 6 * 366 * DAY)]


def test_an_interval_keeps_its_own_zone() -> None:
    of = interval('[{times: [{start_time: "00:00", end_time: "01:00"}], location: Asia/Tokyo}]')
    assert contains(of, at("2026-11-20T23:30+08:00"))
    assert not contains(of, at("2026-11-20T00:30+08:00"))
