"""The migrations make what the metadata says, on SQLite and on PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import inspect, select, text

from sms_notify.migrations import run
from sms_notify.store import Store, open_store
from sms_notify.store.outbox import EVENT
from sms_notify.store.schema import COUNTERS, HEAD
from sms_notify.store.tables import counter, metadata
from tests.programs.postgres import Pgbouncer

VERSION = "alembic_version"


def shape(store: Store) -> dict[str, Any]:
    """Every table as the database itself describes it."""
    look = inspect(store.engine)
    names = sorted(set(look.get_table_names()) - {VERSION})
    return {name: described(look, name) for name in names}


def described(look: Any, table: str) -> dict[str, Any]:
    columns = [
        (one["name"], str(one["type"]), one["nullable"], one["default"])
        for one in look.get_columns(table)
    ]
    indexes = sorted(
        (one["name"], tuple(one["column_names"]), bool(one["unique"]), where(one))
        for one in look.get_indexes(table)
    )
    return {
        "columns": columns,
        "key": look.get_pk_constraint(table)["constrained_columns"],
        "indexes": indexes,
    }


def where(index: dict[str, Any]) -> str:
    """The condition of a partial index, as both ways of writing it come out."""
    options = index.get("dialect_options", {})
    return str(options.get("sqlite_where", options.get("postgresql_where", "")))


def written(store: Store) -> dict[str, str]:
    """SQLite keeps the statements themselves."""
    with store.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        ).all()
    return {
        name: " ".join(sql.split()).replace('"', "").replace("( ", "(").replace(" )", ")")
        for name, sql in rows
        if VERSION not in name
    }


@pytest.fixture
def by_hand(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'migrated.db'}")
    run.upgrade(store)
    yield store
    store.close()


@pytest.fixture
def at_once(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'created.db'}")
    yield store
    store.close()


def test_the_newest_migration_is_the_schema_of_this_program() -> None:
    assert run.head() == HEAD


def test_migrations_make_the_tables_of_the_metadata_on_sqlite(
    by_hand: Store, at_once: Store
) -> None:
    assert set(shape(at_once)) == set(metadata.tables)
    assert shape(by_hand) == shape(at_once)
    assert written(by_hand) == written(at_once)


def test_a_migrated_store_has_its_counters_and_opens(by_hand: Store) -> None:
    with by_hand.engine.connect() as connection:
        found = connection.execute(select(counter.c.name, counter.c.value)).all()
    rows = {row.name: row.value for row in found}
    assert rows == dict.fromkeys(COUNTERS, 0)
    open_store(by_hand.url.render_as_string(hide_password=False)).close()


def test_a_created_store_needs_no_migration(at_once: Store) -> None:
    assert run.revision(at_once) == HEAD
    assert run.upgrade(at_once) == (HEAD, HEAD)


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'x.db'}")
    with store.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE usage (x INTEGER)")  # in the way of the last one
    with pytest.raises(Exception, match="usage"):
        run.upgrade(store)
    assert inspect(store.engine).get_table_names() == ["usage"]
    store.close()


def test_a_migration_that_fails_on_postgresql_leaves_nothing_and_is_run_again(
    postgres_url: str, pgbouncer: Pgbouncer
) -> None:
    for url in (postgres_url, pgbouncer.through(postgres_url)):
        store = Store(url)
        run.upgrade(store, "0003")
        before = shape(store)
        with store.engine.connect() as connection:
            connection.exec_driver_sql("CREATE TABLE job (x INTEGER)")  # the last one it makes
        with pytest.raises(Exception, match="job"):
            run.upgrade(store)
        with store.engine.connect() as connection:
            connection.exec_driver_sql("DROP TABLE job")
        assert (run.revision(store), shape(store)) == ("0003", before)
        assert run.upgrade(store) == ("0003", HEAD)
        with store.engine.begin() as connection:
            metadata.drop_all(connection)
            connection.execute(text(f"DROP TABLE {VERSION}"))
        store.close()


def test_upgrades_that_begin_at_once_are_one(postgres_url: str) -> None:
    first = Store(postgres_url)
    run.upgrade(first, "0003")
    first.close()

    def upgrade(_number: int) -> tuple[str | None, str | None]:
        store = Store(postgres_url)
        try:
            return run.upgrade(store)
        finally:
            store.close()

    with ThreadPoolExecutor(2) as pool:
        came = sorted(pool.map(upgrade, range(2)))
    assert came == [("0003", HEAD), (HEAD, HEAD)]


def test_an_upgrade_that_somebody_is_in_the_way_of_waits_without_stopping_the_services(
    postgres_url: str,
) -> None:
    store = Store(postgres_url)
    run.upgrade(store, "0003")
    with psycopg.connect(postgres_url) as other, ThreadPoolExecutor(1) as pool:
        other.execute("LOCK TABLE telling IN ACCESS SHARE MODE")  # as a backup that reads does
        upgraded = pool.submit(run.upgrade, store)
        end = time.monotonic() + 5.0  # longer than a lock is waited for
        while time.monotonic() < end:
            with store.judging() as tx:
                tx.run(EVENT, at=1, about="test", about_id=1, what="noted", detail="")
        other.rollback()
        assert upgraded.result() == ("0003", HEAD)
    store.close()


def test_processes_that_begin_at_once_make_one_store(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    program = "import sys; from sms_notify.store import open_store; open_store(sys.argv[1]).close()"
    begun = [
        subprocess.Popen([sys.executable, "-c", program, url], stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    said = [running.communicate()[1].decode() for running in begun]
    assert [running.returncode for running in begun] == [0] * 4, said


def test_migrations_make_the_tables_of_the_metadata_on_postgresql(
    postgres_url: str,
) -> None:
    made = open_store(postgres_url)
    expected = shape(made)
    with made.engine.begin() as connection:
        metadata.drop_all(connection)
        connection.execute(text(f"DROP TABLE {VERSION}"))
    made.close()
    store = Store(postgres_url)
    try:
        run.upgrade(store)
        assert shape(store) == expected
        assert run.revision(store) == HEAD
    finally:
        store.close()


def test_what_an_older_store_knows_of_its_accounts_is_kept(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'older.db'}")
    run.upgrade(store, "0001")
    columns = "account, circuit, reason, changed_at, probes, balance, spent_since"
    with store.engine.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO gateway ({columns}) VALUES ('mysms', 'open', 'login', 1, 2, 77, 3)"
        )
    run.upgrade(store)
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT {columns}, last_report_at FROM gateway").all()
    assert [tuple(row) for row in rows] == [("mysms", "open", "login", 1, 2, 77, 3, None)]
    store.close()
