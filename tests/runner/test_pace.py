"""The loop looks in time, and not for every commit."""

from __future__ import annotations

import pytest

from sms_notify.runner.pace import LEAST, MOST, SHARE, Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(clock)


def look(pace: Pace, clock: Clock, *, took: float, wait: float) -> None:
    pace.looking()
    clock.now += took
    pace.looked(wait)


def test_the_first_look_is_due_at_once(pace: Pace) -> None:
    assert pace.due
    assert pace.seconds == 0


def test_what_is_known_to_be_due_is_looked_at_in_time(pace: Pace, clock: Clock) -> None:
    look(pace, clock, took=0.001, wait=3.0)
    assert not pace.due
    assert pace.seconds == pytest.approx(3.0)
    clock.now += 3.0
    assert pace.due


def test_what_is_due_now_is_looked_at_now_however_long_the_last_look_took(
    pace: Pace, clock: Clock
) -> None:
    look(pace, clock, took=2.0, wait=0.0)
    assert pace.due


def test_woken_after_a_rest_it_looks_at_once(pace: Pace, clock: Clock) -> None:
    look(pace, clock, took=0.001, wait=5.0)
    clock.now += 1.0
    pace.woken()
    assert pace.due


def test_woken_again_and_again_it_looks_after_a_pause(pace: Pace, clock: Clock) -> None:
    look(pace, clock, took=0.001, wait=5.0)
    looks = 0
    for _ in range(1000):  # a second of commits
        clock.now += 0.001
        pace.woken()
        if pace.due:
            looks += 1
            look(pace, clock, took=0.0, wait=5.0)
    assert looks <= 1.0 / LEAST


def test_a_look_that_takes_long_leaves_most_of_the_time_to_others(pace: Pace, clock: Clock) -> None:
    look(pace, clock, took=0.1, wait=60.0)
    pace.woken()
    assert pace.seconds == pytest.approx(SHARE * 0.1)


def test_however_long_a_look_takes_nobody_waits_long_for_the_next_one(
    pace: Pace, clock: Clock
) -> None:
    look(pace, clock, took=3.0, wait=60.0)
    pace.woken()
    assert pace.seconds == pytest.approx(MOST)


def test_waking_never_puts_a_look_off(pace: Pace, clock: Clock) -> None:
    look(pace, clock, took=1.0, wait=0.01)
    pace.woken()
    assert pace.seconds == pytest.approx(0.01)


def test_after_a_failure_waking_changes_nothing(pace: Pace, clock: Clock) -> None:
    pace.looking()
    pace.failed(1.0)
    pace.woken()
    assert pace.seconds == pytest.approx(1.0)
