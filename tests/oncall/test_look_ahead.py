"""What the look ahead finds, and what it leaves alone."""

from __future__ import annotations

from sms_notify.config import Config, Override
from sms_notify.oncall.ahead import Ahead, Kind
from sms_notify.oncall.look_ahead import look_ahead

from .given import at, configured

NOW = at("2026-02-02T12:00+08:00")
WEEKLY = "{rotate: [A, B], every: 1w, handoff: Mon 10:00, since: 2026-01-05}"


def ahead(of: Config, *overrides: Override, days: int = 30) -> list[tuple[str, str]]:
    """Kind and text of each finding."""
    return [(found.kind.value, found.text) for found in look_ahead(of, NOW, days, overrides)]


def test_a_rota_without_holes_has_nothing_ahead() -> None:
    of = configured(f"""\
global: {{timezone: Asia/Shanghai, holidays: {{country: CN}}}}
time_intervals: {{office: "workday,09:00-18:00"}}
schedules:
  S: {WEEKLY}
  T: {{rotate: [A, none], every: 1w, handoff: Mon 10:00, since: 2026-01-05}}
receivers: [{{name: root, to: A}}, {{name: t, to: [T, S+1]}}]
route: {{receiver: root}}
""")
    assert ahead(of) == []


def test_a_gap_that_nobody_meant_is_found_with_its_times() -> None:
    of = configured(f"schedules: {{S: {WEEKLY}}}\n", leave="A: 2026-02-20; B: 2026-02-20")
    assert look_ahead(of, NOW) == (
        Ahead(
            Kind.gap,
            "schedules.S",
            at("2026-02-20T00:00+08:00"),
            at("2026-02-21T00:00+08:00"),
            "schedules.S: nobody is on call from 2026-02-20 00:00 to 2026-02-21 00:00",
        ),
    )
    assert ahead(of, days=10) == []


def test_a_schedule_that_begins_later_is_a_gap_until_then() -> None:
    later = WEEKLY.replace("2026-01-05", "2026-02-09")
    assert ahead(configured(f"schedules: {{S: {later}}}\n")) == [
        ("gap", "schedules.S: nobody is on call from now to 2026-02-09 10:00")
    ]
    never = WEEKLY.replace("2026-01-05", "2027-01-04")
    assert ahead(configured(f"schedules: {{S: {never}}}\n")) == [
        ("gap", "schedules.S: nobody is on call in all of the next 30 days")
    ]


def test_a_gap_that_comes_back_is_told_three_times_and_counted() -> None:
    of = configured("""\
time_intervals: {day: "1-7,08:00-20:00"}
schedules:
  S: {shifts: [{when: day, rotate: [A], every: 1w, handoff: Mon 10:00, since: 2026-01-05}]}
""")
    found = ahead(of, days=5)
    assert [kind for kind, _ in found] == ["gap"] * 3
    assert found[2][1].endswith("to 2026-02-05 08:00, and 2 times more")


def test_an_override_from_outside_the_file_fills_a_gap() -> None:
    of = configured(f"schedules: {{S: {WEEKLY}}}\n", leave="A: 2026-02-20; B: 2026-02-20")
    day = at("2026-02-20T00:00+08:00"), at("2026-02-21T00:00+08:00")
    assert ahead(of, Override("S", *day, ("C",))) == []


def test_a_step_for_which_nobody_is_left_in_line_is_found() -> None:
    of = configured("""\
schedules: {S: {rotate: [A], every: 1w, handoff: Mon 10:00, since: 2026-01-05}}
receivers: [{name: root, to: A}, {name: next, to: S+1}, {name: both, to: [S, S+1]}]
route: {receiver: root}
""")
    assert ahead(of) == [
        (
            "empty_step",
            "receivers.next step 1: S+1 means nobody, since nobody is left in line, "
            "in all of the next 30 days",
        )
    ]


def test_a_root_that_reaches_nobody_is_found_also_in_an_intended_gap() -> None:
    of = configured("""\
schedules: {S: {rotate: [A, none], every: 1w, handoff: Mon 10:00, since: 2026-01-26}}
receivers: [{name: root, to: S}]
route: {receiver: root}
""")
    assert [kind for kind, _ in ahead(of)] == ["empty_root"] * 3
    assert "reach nobody at all, from now to 2026-02-09 10:00" in ahead(of)[0][1]


def test_holiday_data_that_end_are_found_where_workdays_are_used() -> None:
    blocks = """\
global: {timezone: Asia/Shanghai, holidays: {country: CN, rest: [CORRECTED]}}
schedules: {S: {rotate: [A, B], every: UNIT, handoff: "10:00", since: 2026-01-05}}
"""
    used = configured(blocks.replace("CORRECTED", "").replace("UNIT", "1workday"))
    late = at("2097-12-20T12:00+08:00")
    assert [found.kind for found in look_ahead(used, late, 5)] == [Kind.holidays_end]
    both = [found.text for found in look_ahead(used, late)]
    assert "the days off of CN in 2098 are not known" in both[1]
    by_hand = blocks.replace("CORRECTED", "2097-10-01, 2098-10-01").replace("UNIT", "1workday")
    assert look_ahead(configured(by_hand), late) == ()
    unused = configured(blocks.replace("CORRECTED", "").replace("UNIT", "1d"))
    assert look_ahead(unused, late) == ()
    assert look_ahead(used, NOW) == ()


def overridden(*overrides: str) -> Config:
    return configured(f"schedules: {{S: {WEEKLY[:-1]}, overrides: [{', '.join(overrides)}]}}}}\n")


def test_overrides_in_each_others_way_are_found() -> None:
    of = overridden(
        "{from: 2026-02-03 10:00, until: 2026-02-05 10:00, who: C}",
        "{from: 2026-02-04 10:00, until: 2026-02-06 10:00, who: D}",
        "{from: 2026-01-04 10:00, until: 2026-01-06 10:00, who: C}",
        "{from: 2026-01-05 10:00, until: 2026-01-07 10:00, who: D}",
    )
    assert ahead(of) == [
        (
            "overlap",
            "schedules.S.overrides[1] overlaps schedules.S.overrides[0] from 2026-02-04 10:00 to "
            "2026-02-05 10:00: the first counts; shorten one of them",
        )
    ]


def test_a_swap_is_no_overlap() -> None:
    of = overridden(
        "{from: 2026-02-03 10:00, until: 2026-02-12 10:00, who: B, instead_of: A}",
        "{from: 2026-02-03 10:00, until: 2026-02-12 10:00, who: A, instead_of: B}",
    )
    assert ahead(of) == []


def test_an_override_that_changes_nothing_is_found() -> None:
    idle = "{from: 2026-02-03 10:00, until: 2026-02-05 10:00, who: C, instead_of: D}"
    [(kind, text)] = ahead(overridden(idle))
    assert kind == "idle_override"
    assert "changes nothing: D is not on call then; mend its times" in text
    gap = configured("""\
schedules:
  S:
    shifts: [{rotate: [none, A], every: 1w, handoff: Mon 10:00, since: 2026-02-02}]
    overrides: [{from: 2026-02-03 10:00, until: 2026-02-05 10:00, who: C}]
""")
    [(kind, text)] = ahead(gap)
    assert kind == "idle_override"
    assert "instead_of: none fills" in text


def test_an_override_from_outside_that_names_what_is_gone_is_found() -> None:
    day = at("2026-02-20T00:00+08:00"), at("2026-02-21T00:00+08:00")
    of = configured(f"schedules: {{S: {WEEKLY}}}\n")
    found = ahead(of, Override("S", *day, ("Z",), called="override 7"), Override("T", *day, ("A",)))
    assert found == [
        ("unknown_name", "override 7 does nothing: Z is not in the configuration"),
        ("unknown_name", "an override of T does nothing: T is not in the configuration"),
    ]


def test_a_look_at_a_large_rota_takes_less_than_a_second() -> None:
    import time

    teams = "".join(
        f"""\
  S{n}:
    shifts:
      - {{when: office, rotate: [A, B], every: 1d, handoff: "09:00", since: 2025-01-01}}
      - {{rotate: [C, D, E], every: 8h, handoff: "08:00", since: 2025-01-01}}
"""
        for n in range(10)
    )
    of = configured(f'time_intervals: {{office: "1-5,09:00-18:00"}}\nschedules:\n{teams}')
    started = time.process_time()
    assert ahead(of) == []
    assert time.process_time() - started < 1
