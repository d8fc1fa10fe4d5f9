"""A database that refuses us is told with what to do about it, by every command that meets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from sms_notify.errors import StoreUnavailable
from sms_notify.store import open_store
from sms_notify.store.advice import advised
from sms_notify.store.schema import HEAD
from tests.cli.running import Ran, cli
from tests.programs.postgres import Postgres
from tests.programs.product import config

Command = Callable[..., Ran]


@pytest.fixture
def db(tmp_path: Path) -> Command:
    """`sms-notify db …` on a store."""

    def run(command: str, url: str) -> Ran:
        settings = config("http://127.0.0.1:1") | {"store": url}
        file = tmp_path / "config.yaml"
        file.write_text(str(settings), encoding="utf-8")
        return cli("db", command, "-c", file, SMS_PASSWORD="wordless9")

    return run


@contextmanager
def database(postgres: Postgres, name: str, encoding: str) -> Iterator[str]:
    made = f"encoding '{encoding}' template template0 lc_collate 'C' lc_ctype 'C'"
    postgres.run(f"create database {name} {made}")
    yield postgres.url(name)
    postgres.run(f"drop database {name} with (force)")


@pytest.fixture
def latin(postgres: Postgres) -> Iterator[str]:
    with database(postgres, "latin", "LATIN1") as url:
        yield url


@pytest.fixture
def bytes_only(postgres: Postgres) -> Iterator[str]:
    with database(postgres, "bytes_only", "SQL_ASCII") as url:
        yield url


def test_a_database_that_cannot_keep_every_text_is_refused(latin: str, db: Command) -> None:
    with pytest.raises(StoreUnavailable, match=r"its encoding is LATIN1.*-E UTF8"):
        open_store(latin)
    for command in ("check", "upgrade"):
        done = db(command, latin)
        assert (done.code, "encoding is LATIN1" in done.err) == (1, True), done.err


def test_a_database_without_an_encoding_keeps_our_bytes(bytes_only: str) -> None:
    store = open_store(bytes_only)
    with store.engine.connect() as connection:
        connection.exec_driver_sql(
            "INSERT INTO event (at, about, about_id, what, detail)"
            " VALUES (1, 'test', 1, 'noted', '磁盘满')"
        )
        found = connection.exec_driver_sql("SELECT detail FROM event").scalar()
    store.close()
    assert found == "磁盘满"


def test_a_role_that_may_not_make_tables_is_told_what_it_needs(
    postgres: Postgres, postgres_url: str, db: Command
) -> None:
    name = postgres_url.rpartition("/")[2]
    postgres.run("revoke create on schema public from public", name)
    postgres.run("create role weak login")
    url = postgres_url.replace("postgres@", "weak@")
    try:
        done = db("upgrade", url)
        assert (done.code, "GRANT CREATE ON SCHEMA" in done.err) == (1, True), done.err
        open_store(postgres_url).close()
        done = db("check", url)
        assert (done.code, "belong to another role" in done.err) == (1, True), done.err
    finally:
        postgres.run("drop role weak")


@pytest.mark.parametrize("found", ["1000", "deadbeef"])
def test_a_schema_that_no_migration_leads_from_is_not_said_to_need_one(
    tmp_path: Path, found: str, db: Command
) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    stamp(url, found)
    for command in ("check", "upgrade"):
        done = db(command, url)
        assert (done.code, "install the version" in done.err) == (2, True), done.err
        assert "db upgrade" not in done.err


def test_the_schema_of_the_next_version_is_as_good_as_ours(tmp_path: Path, db: Command) -> None:
    url, newer = f"sqlite:///{tmp_path / 'store.db'}", f"{int(HEAD) + 1:04}"
    stamp(url, newer)
    done = db("check", url)
    assert (done.code, f"schema {newer}: of a newer version" in done.out) == (0, True), done.err
    done = db("upgrade", url)
    assert (done.code, done.out.strip()) == (0, f"schema {newer}: nothing to do"), done.err


def stamp(url: str, revision: str) -> None:
    store = open_store(url)
    with store.engine.connect() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
        connection.commit()
    store.close()


def test_tables_of_somebody_else_are_left_alone(postgres_url: str, db: Command) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE message (body text)")
    for command in ("check", "upgrade"):
        done = db(command, postgres_url)
        assert (done.code, "name an empty database" in done.err) == (2, True), done.err


def test_of_several_hosts_each_says_why() -> None:
    said = (
        "connection failed: b\nMultiple connection attempts failed. All failures were:\n"
        "- host: 'a', port: '1', hostaddr: '::1': connection failed: Connection refused\n\tIs it?\n"
        "- host: 'b', port: '2', hostaddr: '::2': connection failed: session is read-only"
    )
    assert advised(said) == (
        "connection failed: Connection refused; connection failed: session is read-only (nothing "
        "can be written there: name the primary, or all hosts as HOST1,HOST2)"
    )
