"""A process hears at once what another one committed, on every kind of store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from sms_notify.store import Store, open_store, timers
from sms_notify.store.saving import Changes, save
from sms_notify.store.waking import NET, POLL, Waking
from tests.programs.postgres import Pgbouncer, Postgres
from tests.programs.process import wait_until


class Ear:
    """Another process, as far as the store can tell."""

    def __init__(self, url: str) -> None:
        self.store = open_store(url)
        self.woken = Event()
        self.waking = Waking(self.store, self.woken.set)
        self.waking.start()

    def hears(self) -> bool:
        return self.waking.look_every == NET

    def forget(self) -> None:
        """What it heard when it began to listen."""
        wait_until("it to listen", self.hears)
        time.sleep(0.6)  # two glances: the first only learns the number
        self.woken.clear()

    def close(self) -> None:
        self.waking.stop()
        self.store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    lent: str = request.getfixturevalue("postgres_url")
    return lent


@pytest.fixture
def ear(url: str) -> Iterator[Ear]:
    made = Ear(url)
    yield made
    made.close()


def decide(store: Store) -> None:
    with store.judging() as tx:
        save(tx, Changes(timers={("stale", "1"): 1}), 1)


def test_what_another_process_decided_is_heard_within_a_second(ear: Ear, url: str) -> None:
    ear.forget()
    other = open_store(url)
    decide(other)
    other.close()
    assert ear.woken.wait(2)
    with ear.store.reading() as tx:
        assert timers.next_due(tx) == 1  # it was committed by then


def test_nothing_is_heard_while_nothing_is_decided(ear: Ear, url: str) -> None:
    ear.forget()
    other = open_store(url)
    with other.judging():
        pass
    other.close()
    assert not ear.woken.wait(1)


def test_what_one_says_oneself_wakes_nobody_on_postgresql(postgres_url: str) -> None:
    ear = Ear(postgres_url)
    ear.forget()
    decide(ear.store)
    assert not ear.woken.wait(1)
    ear.close()


def test_who_was_cut_off_listens_again_and_looks_at_what_it_missed(
    postgres: Postgres, postgres_url: str
) -> None:
    ear = Ear(postgres_url)
    ear.forget()
    postgres.cut()
    assert ear.woken.wait(5)  # it may have missed something
    ear.forget()
    other = open_store(postgres_url)
    decide(other)
    other.close()
    assert ear.woken.wait(2)
    ear.close()


def test_behind_a_pooler_one_looks_instead(postgres_url: str, pgbouncer: Pgbouncer) -> None:
    ear = Ear(pgbouncer.through(postgres_url))
    time.sleep(1)
    assert ear.waking.look_every == POLL
    decide(ear.store)  # says so all the same, for those who listen
    ear.close()
