"""The store's clock: it goes on, and follows a clock that was set."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import pytest

from sms_notify.model import HOUR, SECOND, Micros
from sms_notify.store import Store
from sms_notify.store.clock import StoreClock, wall_clock

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
    now.follow(lambda: NOON + HOUR)
    assert now() == NOON + HOUR
    clocks.go(SECOND)
    assert now() == NOON + HOUR + SECOND


def test_a_moment_that_was_long_on_its_way_is_no_step(caplog: pytest.LogCaptureFixture) -> None:
    clocks = Clocks()
    now = clocks.store()
    now.follow(lambda: clocks.wall)

    def late() -> Micros:
        said = clocks.wall
        clocks.go(75 * SECOND)  # this process stood still
        return said

    with caplog.at_level(logging.WARNING):
        now.follow(late)
    assert now() == clocks.wall
    assert "clock_stepped" not in caplog.text


@pytest.mark.real
def test_before_time_is_called_over_the_clock_of_the_server_is_looked_at(postgres_url: str) -> None:
    store = Store(postgres_url)
    clocks = Clocks()  # of a day that is not the server's
    store._clock = clocks.store()
    with store.reading():
        pass
    assert abs(store.now() - wall_clock()) < 30 * SECOND
    store._clock.follow(lambda: NOON)  # as if it were the server's that was set since
    assert store.now() == NOON
    assert abs(store.afresh() - wall_clock()) < 30 * SECOND
    store.close()
