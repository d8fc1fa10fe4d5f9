"""What becomes of a PostgreSQL store's transactions when something happens to its connections."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event
from typing import Any

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from sms_notify import logs
from sms_notify.errors import StoreUnavailable
from sms_notify.store import Store, open_store
from sms_notify.store.outbox import EVENT
from sms_notify.store.schema import COUNTERS
from sms_notify.store.sql import Statement
from sms_notify.store.tables import counter
from tests.programs.postgres import Pgbouncer, Postgres, Standby
from tests.programs.process import wait_until

_COUNTERS = Statement(select(counter.c.name))
QUICKLY = 9.0
"""Seconds: less than the 10 after which Alertmanager gives up; mostly much less."""


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    opened = open_store(postgres_url)
    yield opened
    opened.close()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the log of the service would show."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    logs.set_up(stream=stream)
    yield stream
    root.handlers[:], root.level = before


def note(store: Store, number: int) -> None:
    """One transaction of judging that leaves a row."""
    with store.judging() as tx:
        tx.run(EVENT, at=1, about="test", about_id=number, what="noted", detail="")


def noted(store: Store) -> list[int]:
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT about_id FROM event ORDER BY id").all()
    return [row[0] for row in rows]


def refused(store: Store, number: int) -> float:
    """The seconds it took to be refused."""
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        note(store, number)
    return time.monotonic() - began


def works(store: Store, number: int) -> bool:
    try:
        note(store, number)
    except StoreUnavailable:
        return False
    return True


def at_once(store: Store) -> None:
    """Open several connections, all of which lie in the pool afterwards."""
    with ExitStack() as open_now:
        for _ in range(4):
            open_now.enter_context(store.writing())


def test_connections_that_were_cut_while_nobody_used_them_are_not_noticed(
    store: Store, postgres: Postgres
) -> None:
    at_once(store)
    assert postgres.cut() >= 4
    for number in range(8):
        note(store, number)
    assert noted(store) == list(range(8))


def test_a_connection_that_is_cut_in_the_middle_leaves_nothing_and_the_next_one_works(
    store: Store, postgres: Postgres
) -> None:
    with pytest.raises(StoreUnavailable, match="terminating connection"), store.judging() as tx:  # noqa: PT012
        tx.run(EVENT, at=1, about="test", about_id=1, what="noted", detail="")
        postgres.cut()
        tx.run(EVENT, at=1, about="test", about_id=2, what="noted", detail="")
    note(store, 3)
    assert noted(store) == [3]


def test_a_connection_that_is_cut_among_many_rows_is_one_error_and_no_line_of_its_driver(
    store: Store, postgres: Postgres, log: io.StringIO
) -> None:
    row = {"at": 1, "about": "test", "about_id": 1, "what": "noted", "detail": ""}
    with pytest.raises(StoreUnavailable), store.judging() as tx:  # noqa: PT012
        postgres.cut()
        tx.many(EVENT, [row] * 50)
    assert log.getvalue() == ""


def test_a_server_that_is_down_is_said_at_once_and_used_again_when_it_is_up(
    store: Store, postgres: Postgres
) -> None:
    note(store, 1)
    postgres.kill()
    took = [refused(store, 2) for _ in range(3)]
    postgres.start()
    wait_until("the store", lambda: works(store, 3), 10)
    assert max(took) < 2
    assert noted(store) == [1, 3]


def test_a_server_that_keeps_silent_is_cut_off(store: Store, postgres: Postgres) -> None:
    at_once(store)
    with postgres.frozen(), ThreadPoolExecutor(3) as pool:
        took = list(pool.map(lambda number: refused(store, number), (1, 2, 3)))
        later = refused(store, 4)
    wait_until("the store", lambda: works(store, 5), 10)
    print(f"refused after {max(took):.1f} s, later after {later:.1f} s")
    assert max(*took, later) < QUICKLY
    assert noted(store)[-1] == 5


def test_a_commit_that_waits_for_a_lost_standby_is_refused_in_time_and_made_once(
    store: Store, postgres: Postgres
) -> None:
    note(store, 1)
    postgres.wait_for_standby("nobody")
    try:
        wait_until("the setting", lambda: postgres.ask("show synchronous_standby_names"))
        took = [refused(store, number) for number in (2, 3)]
    finally:
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
            connection.execute("set synchronous_commit = local")
            connection.execute("alter system set synchronous_standby_names = ''")
            connection.execute("select pg_reload_conf()")
    wait_until("the store", lambda: works(store, 4), 10)
    print(f"refused after {took[0]:.1f} and {took[1]:.1f} s")
    assert max(took) < QUICKLY
    assert noted(store) == [1, 2, 4]  # 2 was on this disk: nobody knew, whoever asks again finds it


def test_a_server_that_falls_silent_before_it_is_to_undo_is_not_waited_for(
    store: Store, postgres: Postgres
) -> None:
    began, silent = Event(), Event()

    def fails() -> None:
        with store.writing():
            began.set()
            silent.wait(QUICKLY)
            raise ZeroDivisionError

    with ThreadPoolExecutor(1) as pool:
        undone = pool.submit(fails)
        assert began.wait(QUICKLY)
        with postgres.frozen():
            silent.set()
            with pytest.raises(ZeroDivisionError):
                undone.result(QUICKLY)
    wait_until("the store", lambda: works(store, 1), 10)


def test_behind_a_pooler_in_transaction_mode_everything_works(
    store: Store, postgres_url: str, pgbouncer: Pgbouncer
) -> None:
    pooled = open_store(pgbouncer.through(postgres_url))

    def often(worker: int) -> None:
        for number in range(20):  # more than makes psycopg prepare a statement
            note(pooled, worker * 100 + number)

    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(often, range(8)))
        with pooled.writing() as tx:
            tx._cursor.execute("SHOW lock_timeout")
            assert tx._cursor.fetchone() == ("4s",)
    finally:
        pooled.close()
    assert len(noted(store)) == 160


def test_a_pooler_that_lets_in_while_its_server_keeps_silent_keeps_nobody_waiting(
    store: Store, postgres_url: str, postgres: Postgres, pgbouncer: Pgbouncer
) -> None:
    pooled = open_store(pgbouncer.through(postgres_url))
    pooled.engine.dispose()
    try:
        with postgres.frozen():
            assert refused(pooled, 1) < QUICKLY
        wait_until("the store", lambda: works(pooled, 2), 10)
    finally:
        pooled.close()


def test_rows_are_read_one_after_the_other(store: Store) -> None:
    with store.reading() as tx:
        assert sorted(row[0] for row in tx.each(_COUNTERS)) == sorted(COUNTERS)


def test_a_judge_sees_what_was_committed_while_it_waited_whatever_the_default(
    postgres_url: str, postgres: Postgres
) -> None:
    name = postgres_url.rpartition("/")[2]
    postgres.run(f"alter database {name} set default_transaction_isolation = 'serializable'")
    store = open_store(postgres_url)
    seen: list[Any] = []

    def count() -> None:
        with store.judging() as tx:
            tx._cursor.execute("SELECT count(*) FROM event")
            seen.append(tx._cursor.fetchone()[0])
            tx.run(EVENT, at=1, about="test", about_id=1, what="noted", detail="")

    try:
        with ThreadPoolExecutor(4) as pool:
            for _ in range(20):
                pool.submit(count)
    finally:
        store.close()
    assert sorted(seen) == list(range(20))


def test_whoever_waits_to_judge_waits_as_long_as_it_takes_whatever_the_database_says(
    postgres_url: str, postgres: Postgres, pgbouncer: Pgbouncer
) -> None:
    name = postgres_url.rpartition("/")[2]
    for setting in ("statement_timeout", "lock_timeout"):
        postgres.run(f"alter database {name} set {setting} = '200ms'")
    for url in (postgres_url, pgbouncer.through(postgres_url)):
        store = open_store(url)
        try:
            with ThreadPoolExecutor(1) as pool, store.judging():
                waits = pool.submit(note, store, 1)
                time.sleep(0.6)
            waits.result()
        finally:
            store.close()


def test_a_database_that_commits_without_the_disk_is_made_to_wait(
    postgres_url: str, postgres: Postgres
) -> None:
    name = postgres_url.rpartition("/")[2]
    postgres.run(f"alter database {name} set synchronous_commit = off")
    store = open_store(postgres_url)
    try:
        with store.writing() as tx:
            tx._cursor.execute("SHOW synchronous_commit")
            assert tx._cursor.fetchone() == ("on",)
    finally:
        store.close()


def test_a_standby_that_was_promoted_is_found_by_itself(
    replicated: tuple[Postgres, Standby],
) -> None:
    primary, standby = replicated
    hosts = f"127.0.0.1:{standby.port},127.0.0.1:{primary.port}"
    store = open_store(f"postgresql://postgres@{hosts}/postgres")
    try:
        for number in range(5):
            note(store, number)
        primary.kill()
        assert refused(store, 5) < QUICKLY
        standby.promote()
        wait_until("the store", lambda: works(store, 6), 10)
        assert noted(store) == [0, 1, 2, 3, 4, 6]
    finally:
        store.close()


@pytest.mark.parametrize("empty", [True, False])
def test_a_start_behind_a_pooler_whose_server_keeps_silent_ends_with_a_clear_word(
    postgres_url: str, postgres: Postgres, pgbouncer: Pgbouncer, empty: bool
) -> None:
    url = pgbouncer.through(postgres_url)
    psycopg.connect(url).close()  # the pooler has a connection, and lets in by that
    if not empty:
        open_store(url).close()
    began = time.monotonic()
    with postgres.frozen(), pytest.raises(StoreUnavailable, match="the server gives no answer"):
        open_store(url)
    assert time.monotonic() - began < QUICKLY
    wait_until("the store", lambda: opens(url), 10)


def opens(url: str) -> bool:
    try:
        open_store(url).close()
    except StoreUnavailable:
        return False
    return True


def test_a_server_that_falls_silent_between_two_questions_about_its_schema_is_not_waited_for(
    store: Store, postgres: Postgres
) -> None:
    with store.engine.connect() as connection, postgres.frozen():
        began = time.monotonic()
        with pytest.raises(OperationalError), store.limited(connection, 1.0):
            connection.exec_driver_sql("SELECT 1")
    assert time.monotonic() - began < QUICKLY
