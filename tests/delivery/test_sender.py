"""The same steps with threads, over real HTTP: as many in the air as there are workers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random

import psycopg
import pytest
from requests.adapters import HTTPAdapter

from sms_notify.delivery import Sender, Settled
from sms_notify.gateways import open_gateways
from sms_notify.simulator import Kind, Simulator, serve
from sms_notify.store import Store, tables
from tests.gateways.accounts import configured

from .world import World


class Landed:
    """What the sender told, and a way to wait for it."""

    def __init__(self) -> None:
        self.settled: list[Settled] = []
        self._more = threading.Condition()

    def __call__(self, settled: Settled) -> None:
        with self._more:
            self.settled.append(settled)
            self._more.notify_all()

    def wait_for(self, count: int) -> None:
        with self._more:
            assert self._more.wait_for(lambda: len(self.settled) >= count, 10)


@pytest.fixture
def simulator(world: World) -> Iterator[Simulator]:
    with serve(world.other, clock=lambda: world.now) as lent:
        gateways = open_gateways([configured(lent.url)])
        world.terms = replace(world.terms, gateways=gateways)
        yield lent


@pytest.fixture
def landed() -> Landed:
    return Landed()


@pytest.fixture
def sender(world: World, simulator: Simulator, landed: Landed) -> Iterator[Sender]:
    made = Sender(world.store, world.terms, lambda: world.now, Random(1), landed)
    yield made
    made.drain(10)


def test_everything_queued_is_sent_once(world: World, sender: Sender, landed: Landed) -> None:
    numbers = [world.put() for _ in range(30)]
    launched = 0
    while launched < 30:
        launched += sender.launch()
        landed.wait_for(launched)
    assert set(world.states(numbers)) == {"sent"}
    assert world.heard(numbers) == [1] * 30
    assert sender.launch() == 0


def test_no_more_than_the_workers_are_in_the_air(
    world: World, sender: Sender, landed: Landed
) -> None:
    world.strike(Kind.SLOW, seconds=0.3)
    for _ in range(20):
        world.put()
    assert (sender.room, sender.launch(), sender.room, sender.launch()) == (8, 8, 0, 0)
    assert len(sender.alive) == 8
    landed.wait_for(8)
    assert (sender.room, sender.alive) == (8, set())


def test_a_graceful_stop_lets_what_flies_land(world: World, sender: Sender) -> None:
    world.strike(Kind.SLOW, seconds=0.3)
    numbers = [world.put() for _ in range(3)]
    sender.launch()
    assert sender.drain(10)
    assert world.states(numbers) == ["sent"] * 3


def test_a_stop_that_may_not_wait_leaves_it_to_the_lease(world: World, sender: Sender) -> None:
    world.strike(Kind.SLOW, seconds=0.5)
    number = world.put()
    sender.launch()
    assert not sender.drain(0.01)
    assert world.state(number) == "sending"


def test_an_outcome_waits_for_a_store_that_is_away(
    world: World, sender: Sender, landed: Landed, caplog: pytest.LogCaptureFixture
) -> None:
    number = world.put()
    world.strike(Kind.SLOW, seconds=0.2)
    sender.launch()
    with away(world.store), caplog.at_level(logging.WARNING):
        time.sleep(0.8)
        assert len(sender.alive) == 1
    landed.wait_for(1)
    assert (world.state(number), world.received(number)) == ("sent", 1)
    assert caplog.text.count("waits for the store") == 1


@contextmanager
def away(store: Store) -> Iterator[None]:
    """The database is gone for a while."""
    leave, come_back = _closed if store.is_sqlite else _refusing, _opened
    leave(store)
    try:
        yield
    finally:
        come_back(store)


def _closed(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE request RENAME TO request_gone")


def _refusing(store: Store) -> None:
    name = store.url.database
    with psycopg.connect(_maintenance(store), autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )


def _opened(store: Store) -> None:
    if store.is_sqlite:
        with store.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE request_gone RENAME TO request")
        return
    with psycopg.connect(_maintenance(store), autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{store.url.database}" ALLOW_CONNECTIONS true')
    store.engine.dispose()


def _maintenance(store: Store) -> str:
    return store.url.set(database="postgres").render_as_string(hide_password=False)


def test_where_no_thread_can_be_started_those_there_are_send_everything(
    world: World, sender: Sender, landed: Landed, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, started = threading.Thread.start, list[str]()

    def starts(thread: threading.Thread) -> None:
        if thread.name.startswith("send"):
            if started:
                raise RuntimeError("can't start new thread")
            started.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", starts)
    numbers = [world.put() for _ in range(8)]
    sender.launch()
    landed.wait_for(8)
    assert (set(world.states(numbers)), sender.alive) == ({"sent"}, set())


def test_where_no_thread_at_all_can_be_had_nothing_is_claimed(
    world: World, sender: Sender, landed: Landed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def starts(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    number = world.put()
    with monkeypatch.context() as scarce:
        scarce.setattr(threading.Thread, "start", starts)
        with pytest.raises(RuntimeError):
            sender.launch()
    assert world.state(number) == "queued"
    sender.launch()
    landed.wait_for(1)
    assert world.state(number) == "sent"


class Panic(BaseException):
    """As libraries raise it that are written in Rust."""


def test_a_panic_while_it_is_sent_leaves_it_uncertain(
    world: World, sender: Sender, landed: Landed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def panics(*_given: object, **_more: object) -> None:
        raise Panic

    monkeypatch.setattr(HTTPAdapter, "send", panics)
    number = world.put()
    sender.launch()
    landed.wait_for(1)
    assert (world.state(number), sender.alive) == ("uncertain", set())


def test_two_senders_on_one_store_never_send_the_same(
    world: World, sender: Sender, landed: Landed, simulator: Simulator
) -> None:
    other = Sender(world.store, world.terms, lambda: world.now, Random(2), landed)
    numbers = [world.put() for _ in range(60)]
    launched, rounds = 0, 0
    while launched < 60:
        launched += sender.launch() + other.launch()
        landed.wait_for(launched)
        rounds += 1
        assert rounds < 60
    other.drain(10)
    assert world.heard(numbers) == [1] * 60
    assert len(world.rows(tables.attempt)) == 60
