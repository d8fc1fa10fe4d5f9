"""What a PostgreSQL server does less than we promise is said, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sms_notify.model import HOUR
from sms_notify.store import Store, open_store
from sms_notify.store.durability import NO_STANDBY, skew, worries
from sms_notify.store.integrity import findings
from tests.cli.running import cli
from tests.programs.postgres import Postgres, Standby
from tests.programs.process import wait_until
from tests.programs.product import config


@contextmanager
def opened(url: str) -> Iterator[Store]:
    store = open_store(url)
    try:
        yield store
    finally:
        store.close()


def test_the_server_as_it_comes_and_sqlite_are_nothing_to_worry_about(
    postgres_url: str, tmp_path: Path
) -> None:
    for url in (postgres_url, f"sqlite:///{tmp_path / 'store.db'}"):
        with opened(url) as store:
            assert worries(store) == []
            assert findings(store) == []


def test_a_database_that_does_not_wait_for_the_disk(postgres: Postgres, postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    postgres.run(f"alter database {name} set synchronous_commit = off")
    with opened(postgres_url) as store:
        [said] = worries(store)
    assert "synchronous_commit is off for this database" in said


@pytest.fixture
def setting(postgres: Postgres) -> Iterator[str]:
    postgres.run("alter system set fsync = off")
    postgres.run("select pg_reload_conf()")
    wait_until("the setting", lambda: postgres.ask("show fsync") == "off")
    yield "fsync"
    postgres.run("alter system reset fsync")
    postgres.run("select pg_reload_conf()")
    wait_until("the setting", lambda: postgres.ask("show fsync") == "on")


def test_a_server_without_fsync_is_named_by_every_command(
    postgres_url: str, setting: str, tmp_path: Path
) -> None:
    with opened(postgres_url) as store:
        [said] = worries(store)
    assert said.startswith(f"{setting} is off")
    settings = config("http://127.0.0.1:1") | {"store": postgres_url}
    file = tmp_path / "config.yaml"
    file.write_text(str(settings), encoding="utf-8")
    for command in (["check"], ["db", "check"]):
        done = cli(*command, "-c", file, SMS_PASSWORD="wordless9")
        assert (done.code, done.out.count("warning: fsync is off")) == (0, 1), done.err


def test_a_standby_that_nobody_waits_for_seen_by_an_ordinary_user(
    replicated: tuple[Postgres, Standby],
) -> None:
    primary, _standby = replicated
    primary.run("create role sms login")
    primary.run("create database sms owner sms")
    url = primary.url("sms").replace("postgres@", "sms@")
    with opened(url) as store:
        assert worries(store) == []
        primary.wait_for_standby("")
        wait_until("the warning", lambda: worries(store))
        [said] = worries(store)
        assert said.startswith("the standby is asynchronous: what was accepted in the last moments")
        primary.run("alter database sms set synchronous_commit = local")
    with opened(url) as store:
        assert len(worries(store)) == 2


@pytest.mark.parametrize(("commits", "said"), [("on", 1), ("off", 2), ("local", 0)])
def test_standbys_that_are_waited_for_in_vain(
    postgres: Postgres, postgres_url: str, commits: str, said: int
) -> None:
    name = postgres_url.rpartition("/")[2]
    with opened(postgres_url) as store:
        postgres.run(f"alter database {name} set synchronous_commit = {commits}")
        postgres.wait_for_standby("elsewhere")
        try:
            store.engine.dispose()
            wait_until("the setting", lambda: len(worries(store)) == said)
            assert [text for text in worries(store) if "no standby is connected" in text] == (
                [NO_STANDBY] if said else []
            )
        finally:
            postgres.wait_for_standby("")


def test_the_difference_of_the_clocks_is_measured(postgres_url: str) -> None:
    with opened(postgres_url) as store:
        now = store.now()
        assert abs(skew(store, now)) < HOUR / 60
        assert skew(store, now - HOUR) > HOUR - HOUR / 60


def test_a_counter_that_fell_behind_and_an_invalid_index_are_found(postgres_url: str) -> None:
    with opened(postgres_url) as store:
        with store.engine.connect() as connection:
            connection.exec_driver_sql("INSERT INTO code VALUES (10, 1, NULL, 1, NULL)")
            connection.exec_driver_sql(
                "INSERT INTO intake (id, source, called_at, received_at, status)"
                " VALUES (7, 'line', 1, 1, 'ok')"
            )
        assert findings(store) == ["counter intake stands at 0, but 7 was given: restore a backup"]
        with store.engine.connect() as connection:
            connection.exec_driver_sql(
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'event_at'::regclass"
            )
        assert findings(store) == ["index event_at is not valid: REINDEX INDEX event_at"]


def test_torn_pages_of_a_file_are_found(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with opened(f"sqlite:///{path}") as store, store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        [[page]] = connection.exec_driver_sql(
            "SELECT rootpage FROM sqlite_master WHERE name = 'event_at'"
        ).all()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\x0a" + b"\xff" * 64)
    settings = config("http://127.0.0.1:1") | {"store": f"sqlite:///{path}"}
    (tmp_path / "config.yaml").write_text(str(settings), encoding="utf-8")
    done = cli("db", "check", "-c", tmp_path / "config.yaml")
    assert (done.code, "not whole" in done.err or "cannot be used" in done.err) == (1, True)
