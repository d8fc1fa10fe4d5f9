"""Schedules, overrides, leave, intervals and holidays as written: what is read, what is refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notify.config import Config, Every, Handoff, Holidays, Override, Period
from sms_notify.model import Micros

from .given import changed, problem, problems, with_change

FLAT = "{rotate: [张伟, 李娜], every: 1w, handoff: Mon 10:00, since: 2026-01-05}"
LAYER = "{when: 夜间, rotate: [张伟], every: 1workday, handoff: '09:00', since: 2026-01-05}"
INTERVALS = 'time_intervals: {夜间: "1-7,22:00-08:00"}\nroute:'


def scheduled(written: str) -> Config:
    """The sound configuration with this schedule, and an interval 夜间."""
    from sms_notify import config

    return config.parse(changed((FLAT, written), ("route:", INTERVALS)), environ={})


def told(written: str) -> list[str]:
    """The problems of this schedule, without their lines."""
    found = problems(changed((FLAT, written), ("route:", INTERVALS)))
    return [each.split(": ", 1)[1] for each in found]


def at(text: str) -> Micros:
    return int(
        (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    ) * (1_000_000)


def test_one_rotation_is_a_schedule_of_one_layer() -> None:
    [layer] = scheduled(FLAT).schedules["值班"].layers
    assert (layer.rotate, layer.when) == ((("张伟",), ("李娜",)), None)


def test_shifts_are_layers_in_the_order_of_the_file() -> None:
    last = FLAT.replace("[张伟, 李娜]", "[[李娜, 张伟], none]")
    made = scheduled(f"{{shifts: [{LAYER}, {last}]}}").schedules["值班"]
    first, second = made.layers
    assert first.when is not None
    assert (first.when.name, first.every) == ("夜间", Every(1, "workday"))
    assert first.handoff == Handoff(None, None, 9, 0)
    assert second.rotate == (("李娜", "张伟"), ())
    assert made.asks_calendar


def test_an_override_is_moments_on_the_clock_of_the_site_or_with_an_offset() -> None:
    overrides = (
        "{from: 2026-02-16 10:00, until: 2026-02-18T10:00+09:00, who: 李娜, instead_of: 张伟}",
        "{from: 2026-02-16 10:00:30, until: 2026-02-17 00:00, who: [张伟, 李娜, 张伟]}",
        "{from: 2026-02-16 10:00, until: 2026-02-17 00:00, who: none, instead_of: none}",
    )
    made = scheduled(f"{FLAT[:-1]}, overrides: [{', '.join(overrides)}]}}")
    first, second, third = made.schedules["值班"].overrides
    start, end = at("2026-02-16T10:00+08:00"), at("2026-02-18T09:00+08:00")
    assert first == Override("值班", start, end, ("李娜",), "张伟", "schedules.值班.overrides[0]")
    assert (second.start - start, second.who, second.instead_of) == (
        30_000_000, ("张伟", "李娜"), None,
    )  # fmt: skip
    assert (third.who, third.instead_of) == ((), "none")


def test_an_override_in_a_doubled_hour_starts_at_the_first_and_ends_at_the_last() -> None:
    from sms_notify import config

    overrides = "overrides: [{from: 2020-11-01 01:30, until: 2020-11-01 01:45, who: 李娜}]"
    text = changed((FLAT, f"{FLAT[:-1]}, {overrides}}}"), ("Asia/Shanghai", "America/Chicago"))
    [override] = config.parse(text).schedules["值班"].overrides
    assert override.start == at("2020-11-01T06:30+00:00")
    assert override.end == at("2020-11-01T07:45+00:00")


@pytest.mark.parametrize(
    ("written", "first", "after"),
    [
        ("2026-02-14 to 2026-02-24", "2026-02-14", "2026-02-25"),
        ("2026-02-14", "2026-02-14", "2026-02-15"),
        ("2026-02-14 至 2026-02-24", "2026-02-14", "2026-02-25"),
    ],
)
def test_leave_is_whole_days_of_the_site(written: str, first: str, after: str) -> None:
    made = with_change('"+8613800000002"', f'"+8613800000002", leave: [{written}]')
    span = at(f"{first}T00:00+08:00"), at(f"{after}T00:00+08:00")
    assert made.people["李娜"].leave == (span,)
    assert made.schedules["值班"].leave == {"李娜": (span,)}


def test_holidays_are_a_country_and_corrections() -> None:
    written = "holidays: {country: cn, rest: [2027-02-06 to 2027-02-08], work: 2027-02-14}"
    made = with_change("timezone:", f"{written}\n  timezone:")
    rest = frozenset(date(2027, 2, day) for day in (6, 7, 8))
    assert made.site.holidays == Holidays("CN", rest, frozenset({date(2027, 2, 14)}))


def test_both_forms_of_an_interval_become_periods() -> None:
    written = """\
time_intervals:
  一行: "1-5,09:00-18:00;restday;1,18:00-00:00"
  表: {times: [{start_time: '22:00', end_time: '08:00'}], weekdays: ['friday'], location: Local}
  几项:
    - {months: ['3:5'], years: [2026], days_of_month: ['-3:-1']}
    - "6-7,00:00-24:00"
route:"""
    made = with_change("route:", written).time_intervals
    here = "Asia/Shanghai"
    assert made["一行"].periods == (
        Period(here, ((540, 1080),), frozenset(range(5))),
        Period(here, restdays=True),
        Period(here, ((1080, 1440),), frozenset({0})),
    )
    assert made["表"].periods == (Period(here, ((1320, 480),), frozenset({4})),)
    assert made["几项"].periods == (
        Period("UTC", months=frozenset({3, 4, 5}), years=((2026, 2026),), monthdays=((-3, -1),)),
        Period(here, ((0, 1440),), frozenset({5, 6})),
    )


@pytest.mark.parametrize(
    ("written", "path", "text"),
    [
        (f"{{shifts: [{LAYER}], every: 1w}}", "every", "stands beside shifts"),
        ("{every: 1w, since: 2026-01-05}", "rotate", "is missing, and so is handoff"),
        ("{overrides: []}", "rotate", "is missing; write rotate, every, handoff and since, or"),
        ("{shifts: []}", "shifts", "is empty"),
        (f"{{shifts: [{LAYER.replace('夜间', '夜里')}]}}", "shifts[0].when",
         'unknown time interval "夜里"; did you mean "夜间"?'),
        (f"{{shifts: [{LAYER.replace('张伟', '张韦')}]}}", "shifts[0].rotate[0]",
         'unknown person "张韦"; did you mean "张伟"?'),
        (f"{{shifts: [{LAYER.replace('09:00', 'Mon 09:00')}]}}", "shifts[0].handoff",
         "a weekday does not fit turns of 1workday; write the time alone"),
        (f"{{shifts: [{LAYER.replace('1workday', '1wrkday')}]}}", "shifts[0].every", "or workday"),
        (f"{{shifts: [{LAYER.replace('when', 'wen')}]}}", "shifts[0].wen", 'did you mean "when"?'),
        (FLAT.replace("05}", "06}"), "since", "2026-01-06 is a Tue"),
        (f"{FLAT[:-1]}, overrides: [{{from: 2026-02-16 10:00, until: 2026-02-16 09:00, "
         "who: 李娜}]}",
         "overrides[0].until", "is not after from"),
        (f"{FLAT[:-1]}, overrides: [{{from: 2026-02-16, until: 2026-02-17 10:00, who: 李娜}}]}}",
         "overrides[0].from", "write it as 2026-02-16 10:00"),
        (f"{FLAT[:-1]}, overrides: [{{from: 2026-02-16 10:00, until: 2026-02-17 10:00}}]}}",
         "overrides[0].who", "is missing"),
        (f"{FLAT[:-1]}, overrides: [{{from: 2026-02-16 10:00, until: 2026-02-17 10:00, "
         "who: 数据库组, instead_of: 张韦}]}", "overrides[0].who",
         '"数据库组" is a team; write the name of a person'),
    ],
)  # fmt: skip
def test_a_schedule_that_is_wrong_is_told_with_its_place(
    written: str, path: str, text: str
) -> None:
    found = told(written)
    assert any(each.startswith(f"schedules.值班.{path}: ") and text in each for each in found), (
        found
    )


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('02"}', '02", leave: [2026-02-24 to 2026-02-14]}', "2026-02-14 is before 2026-02-24"),
        ('02"}', '02", leave: [Feb 14]}', "write it as 2026-01-05"),
        ("timezone:", "holidays: {country: China}\n  timezone:", "write its two letters, e.g. CN"),
        ("timezone:", "holidays: {rest: 2027-02-06, work: [2027-02-05 to 2027-02-07]}\n  timezone:",
         "2027-02-06 stands under rest too"),
        ("route:", "time_intervals: {x: '1-5,9-18'}\nroute:", "write it as 09:00-18:00"),
        ("route:", "time_intervals: {x: '0-5,09:00-18:00'}\nroute:", '"0-5" names no days'),
        ("route:", "time_intervals: {x: 'workdy,09:00-18:00'}\nroute:", 'did you mean "workday"?'),
        ("route:", "time_intervals: {x: '1-5,09:00-24:01'}\nroute:", "write 00:00 to 24:00"),
        ("route:", "time_intervals: {x: '1-5,09:00-09:00'}\nroute:", "at the same time"),
        ("route:", "time_intervals: {x: '1-5,00:00-00:00'}\nroute:", "write 00:00 to 24:00"),
        ("route:", "time_intervals: {x: '1-5,24:00-00:00'}\nroute:", "at the same time"),
        ("route:", "time_intervals: {x: [{}]}\nroute:", "says no time at all"),
        ("route:", "time_intervals: {x: []}\nroute:", "write at least one"),
        ("route:", "time_intervals: {x: [{weekdays: [fryday]}]}\nroute:", 'mean "friday"?'),
        ("route:", "time_intervals: {x: [{months: [octember]}]}\nroute:", "is not a month"),
        ("route:", "time_intervals: {x: [{days_of_month: ['0']}]}\nroute:", "or -1 for the last"),
        ("route:", "time_intervals: {x: [{days_of_month: ['-3:5']}]}\nroute:", "counted from its"),
        ("route:", "time_intervals: {x: [{years: ['2027:2026']}]}\nroute:", "ends before it st"),
        ("route:", "time_intervals: {x: [{years: [2026], location: Asia/Shangai}]}\nroute:",
         'did you mean "Asia/Shanghai"?'),
        ("route:", "time_intervals: {x: [{weekday: [friday]}]}\nroute:", 'mean "weekdays"?'),
        ("to: 值班", "to: 值班+0", '"值班+0" is whoever is on call; write 值班'),
        ("to: 值班", "to: 值斑+1", 'unknown schedule "值斑"; did you mean "值班"?'),
        ("to: 值班", "to: 张伟+1", '"张伟" is a person; write the name of a schedule'),
    ],
)  # fmt: skip
def test_a_time_or_a_name_that_is_wrong_is_told_with_what_to_write(
    old: str, new: str, text: str
) -> None:
    assert text in problem((old, new))


def test_a_problem_in_an_interval_pasted_whole_has_its_line() -> None:
    pasted = """\
time_intervals:
  - name: nights
    time_intervals:
      - weekdays: ['monday']
        location: UTC
  - name: nights
    time_intervals:
      - weekdays: ['mon', 'tues']
        location: UTC
route:"""
    assert problems(changed(("route:", pasted))) == [
        "23: time_intervals.nights: is written twice, in lines 23 and 27; keep one of them"
    ]
    once = pasted.replace("name: nights", "name: days", 1)
    assert [each.split(": is")[0] for each in problems(changed(("route:", once)))] == [
        '29: time_intervals.nights[0].weekdays[1]: "tues" is not a weekday; did you mean "tuesday"?'
    ]


WARNED = "UTC, as in Alertmanager, since it has no location"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[{weekdays: [friday], location: UTC}]", []),
        ("[{weekdays: [friday]}]", [WARNED]),
        ("{weekdays: [friday]}", [WARNED]),
        ('"5,09:00-18:00"', []),
        ("[{times: [{start_time: 09:00, end_time: 17:00}], location: Local},"
         " {weekdays: [friday], location: Local}]", ["each `- ` is an interval of its own"]),
        ("[{times: [{start_time: 09:00, end_time: 17:00}], location: Local},"
         " {weekdays: [friday], times: [{start_time: 19:00, end_time: 20:00}], location: Local}]",
         []),
        ('"workday,09:00-18:00"', ["workday is plain Monday to Friday without global.holidays"]),
        ("[{weekdays: [restday], location: Local}]", ["restday is plain Monday to Friday"]),
    ],
)  # fmt: skip
def test_times_that_are_seldom_meant_are_warned_about(written: str, expected: list[str]) -> None:
    warned = with_change("route:", f"time_intervals: {{x: {written}}}\nroute:").warnings
    assert len(warned) == len(expected), warned
    for warning, text in zip(warned, expected, strict=True):
        assert text in warning
        assert warning.startswith("config.yaml:22: time_intervals.x")


def test_utc_is_not_warned_about_where_the_site_is_utc() -> None:
    from sms_notify import config

    interval = ("route:", "time_intervals: {x: [{weekdays: [friday]}]}\nroute:")
    assert config.parse(changed(interval, ("Asia/Shanghai", "UTC"))).warnings == ()


EVERYTHING = changed(
    ("timezone: Asia/Shanghai", "timezone: Asia/Shanghai\n  holidays:\n    country: CN\n"
     "    rest: [2027-02-06]\n    work:\n      - 2027-02-14"),
    ('02"}', '02", leave: [2026-02-14 to 2026-02-24]}'),
    (f"  值班: {FLAT}", """\
  值班:
    shifts:
      - when: 夜间
        rotate:
          - [张伟, 李娜]
          - none
        every: 1workday
        handoff: "09:00"
        since: 2026-01-05
    overrides:
      - from: 2026-02-16 10:00
        until: 2026-02-18 10:00
        who: [张伟]
        instead_of: 李娜"""),
    ("route:", """\
time_intervals:
  夜间: "1-7,22:00-08:00"
  表:
    - times:
        - start_time: 09:00
          end_time: 17:00
      weekdays: ['friday']
      days_of_month: ['-1']
      months: ['may']
      years: [2026]
      location: UTC
route:"""),
)  # fmt: skip
LINES = EVERYTHING.splitlines(keepends=True)
LEAVES = st.sampled_from(
    ["x", "[]", "{}", "[[x]]", "[{}]", "{a: b}", "", '""', "-1", "[1,2]", "[null]", "none", "24:00"]
)


def test_the_whole_of_it_is_sound() -> None:
    assert problems(EVERYTHING) == []


@given(st.integers(0, len(LINES) - 1), LEAVES)
def test_any_broken_line_is_told_and_never_a_traceback(number: int, leaf: str) -> None:
    key, colon, _ = LINES[number].partition(": " if ": " in LINES[number] else ":")
    item = "- " if not colon and "- " in key else ""
    broken = f"{key.partition('- ')[0]}{item}" if item else f"{key}{colon.rstrip()} "
    problems("".join([*LINES[:number], f"{broken}{leaf}\n", *LINES[number + 1 :]]))


@given(
    st.text("0123456789-,;: wrkdaest周一,", max_size=20)
    | st.lists(st.text("0123456789:-mondayfri", max_size=8), max_size=3).map(str)
)
def test_any_text_for_an_interval_is_read_or_told(text: str) -> None:
    problems(changed(("route:", f"time_intervals: {{x: {json.dumps(text)}}}\nroute:")))
    problems(changed(("route:", f"time_intervals: {{x: [{{weekdays: {text!r}}}]}}\nroute:")))
