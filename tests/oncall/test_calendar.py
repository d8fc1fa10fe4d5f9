"""Which days are worked: official days off, make-up days, corrections, years nobody announced."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notify.config import Holidays
from sms_notify.oncall.calendar import Calendar, calendar

CHINA = calendar(Holidays("CN"))
PLAIN = calendar(Holidays())


def off(known: Calendar, first: str, last: str) -> list[str]:
    """The days from first to last that are not worked, as `02-16`."""
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    days = [day + timedelta(days=n) for n in range((end - day).days + 1)]
    return [f"{each:%m-%d}" for each in days if not known.workday(each)]


def test_the_spring_festival_of_2026_is_off_and_its_saturdays_are_worked() -> None:
    assert off(CHINA, "2026-02-13", "2026-03-02") == [
        "02-15", "02-16", "02-17", "02-18", "02-19", "02-20", "02-21", "02-22", "02-23", "03-01",
    ]  # fmt: skip
    assert CHINA.workday(date(2026, 2, 14))
    assert CHINA.workday(date(2026, 2, 28))


def test_national_day_2026_is_a_week_with_two_make_up_days() -> None:
    week = [f"10-0{day}" for day in range(1, 8)]
    assert off(CHINA, "2026-09-28", "2026-10-12") == [*week, "10-11"]
    assert CHINA.workday(date(2026, 9, 20))
    assert CHINA.workday(date(2026, 10, 10))


def test_a_make_up_day_in_the_year_before_the_holiday_is_worked() -> None:
    assert CHINA.workday(date(2011, 12, 31))


def test_a_year_without_announced_make_up_days_is_plain_monday_to_friday() -> None:
    assert CHINA.known(2026)
    assert not CHINA.known(2099)
    assert off(CHINA, "2099-10-01", "2099-10-09") == off(PLAIN, "2099-10-01", "2099-10-09")
    assert off(PLAIN, "2099-10-01", "2099-10-09") == ["10-03", "10-04"]


def test_corrections_by_hand_hold_over_everything_and_make_a_year_known() -> None:
    corrected = calendar(
        Holidays("CN", frozenset({date(2099, 10, 1)}), frozenset({date(2099, 10, 3)}))
    )
    assert corrected.known(2099)
    assert off(corrected, "2099-10-01", "2099-10-05") == ["10-01", "10-04"]
    against = calendar(
        Holidays("CN", frozenset({date(2026, 10, 10)}), frozenset({date(2026, 10, 1)}))
    )
    assert against.workday(date(2026, 10, 1))
    assert not against.workday(date(2026, 10, 10))


@pytest.mark.parametrize(("country", "known"), [("DE", True), ("JP", True), ("TW", False)])
def test_where_days_off_are_never_made_up_for_every_year_is_known(
    country: str, known: bool
) -> None:
    assert calendar(Holidays(country)).known(2099) is known


def test_a_country_that_the_library_does_not_have_is_plain_and_unknown() -> None:
    nowhere = calendar(Holidays("XX"))
    assert not nowhere.known(2026)
    assert off(nowhere, "2026-11-20", "2026-11-23") == ["11-21", "11-22"]


days = st.dates(date(1995, 1, 1), date(2035, 12, 31))


@given(day=days, ahead=st.integers(0, 900))
def test_counting_by_years_is_counting_by_days(day: date, ahead: int) -> None:
    last = day + timedelta(days=ahead)
    counted = sum(CHINA.workday(day + timedelta(days=n + 1)) for n in range(ahead))
    assert CHINA.between(day, last) == counted
    if counted:
        found = CHINA.after(day, counted)
        assert found <= last
        assert CHINA.workday(found)
        assert CHINA.between(day, found) == counted
    assert CHINA.after(day, 0) == day


def test_the_library_is_not_imported_by_a_rotation_without_workdays() -> None:
    code = """
import sys
from sms_notify import config, oncall
made = config.parse(config.sample_yaml() + '''
global: {holidays: {country: CN}}
time_intervals: {n: "1-7,22:00-08:00"}
schedules:
  S: {shifts: [{when: n, rotate: [张伟], every: 1d, handoff: "09:00", since: 2026-01-05}]}
''')
oncall.whom(made, ["S", "S+1"], 1_795_000_000_000_000)
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "holidays" not in done.stdout.split()
