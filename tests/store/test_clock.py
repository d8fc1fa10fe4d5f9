"""The store's clock: it goes on, and follows a clock that was set."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import pytest

from sms_notify.model import HOUR, SECOND, Micros
from sms_notify.store.clock import StoreClock

NOON: Micros = 1_795_000_000 * SECOND


@dataclass
class Clocks:
    wall: Micros = NOON
    steady: Micros = 5 * SECOND

    def go(self, span: Micros) -> None:
        self.wall += span
        self.steady += span

    def store(self) -> StoreClock:
        return StoreClock(lambda: self.wall, lambda: self.steady)


def test_time_goes_by_as_on_the_wall() -> None:
    clocks = Clocks()
    now = clocks.store()
    assert now() == NOON
    clocks.go(7 * SECOND)
    assert now() == NOON + 7 * SECOND


def test_a_small_jump_back_does_not_turn_time_back() -> None:
    clocks = Clocks()
    now = clocks.store()
    clocks.go(SECOND)
    before = now()
    clocks.wall -= SECOND
    assert now() >= before
    clocks.go(3 * SECOND)
    assert now() == before + 3 * SECOND


@pytest.mark.parametrize("step", [-HOUR, HOUR])
def test_a_clock_that_was_set_is_followed_and_logged(
    step: Micros, caplog: pytest.LogCaptureFixture
) -> None:
    clocks = Clocks()
    now = clocks.store()
    clocks.wall += step
    with caplog.at_level(logging.WARNING):
        assert now() == NOON + step
    assert "clock_stepped" in caplog.text
    clocks.go(SECOND)
    assert now() == NOON + step + SECOND


def test_the_clock_of_a_shared_database_counts_more_than_ours() -> None:
    clocks = Clocks()
    now = clocks.store()
    now.follow(NOON + HOUR)
    assert now() == NOON + HOUR
    clocks.go(SECOND)
    assert now() == NOON + HOUR + SECOND
