"""A store that moves to another database is the same store there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert, select, text

from sms_notify.errors import UsageError
from sms_notify.gateways import Fetched, Polled
from sms_notify.inbound import Asking, Beside, folder_of
from sms_notify.store import Store, copying, open_store
from sms_notify.store.integrity import findings
from sms_notify.store.outbox import EVENT
from sms_notify.store.tables import counter, event, metadata
from tests.cli.running import cli
from tests.programs.postgres import Pgbouncer

from .rows import row

EVENTS = 2 * copying.BATCH + 7


@pytest.fixture
def lite(tmp_path: Path) -> str:
    """A SQLite store with rows in every table."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    store = open_store(url)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        for table in metadata.sorted_tables:
            if table is not counter:
                rows = [row(table, number, full=number < 3) for number in range(1, 4)]
                for each in rows:
                    connection.execute(insert(table).values(each | _id(table, each)))
        events = [row(event, number, full=True) for number in range(10, EVENTS + 7)]
        connection.execute(insert(event), events)
        connection.execute(counter.update().values(value=99))
        connection.execute(event.delete().where(event.c.id == EVENTS + 6))
        connection.commit()
    store.close()
    return url


def _id(table: Any, given: dict[str, Any]) -> dict[str, Any]:
    """What SQLite gives by itself is given by hand, so that the rows are known."""
    key = [column.name for column in table.primary_key.columns if column.name not in given]
    return dict.fromkeys(key, 3)


@pytest.fixture
def opened() -> Iterator[Any]:
    with ExitStack() as ends:

        def open_it(url: str) -> Store:
            store = Store(url)
            ends.callback(store.close)
            return store

        yield open_it


def content(store: Store) -> dict[str, list[Any]]:
    with store.engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table)).all()), key=repr)
            for table in metadata.sorted_tables
        }


def next_event(store: Store) -> int:
    with store.writing() as tx:
        tx.run(EVENT, at=1, about="test", about_id=1, what="next", detail="")
    with store.engine.connect() as connection:
        return int(connection.execute(text("SELECT max(id) FROM event")).scalar() or 0)


def test_there_and_back_every_row_is_the_same_and_no_number_is_given_twice(
    lite: str, postgres_url: str, tmp_path: Path, opened: Any
) -> None:
    back = f"sqlite:///{tmp_path / 'back.db'}"
    old = opened(lite)
    before = content(old)
    old.close()
    target = opened(postgres_url)
    counts = copying.copy(opened(lite), target)
    target.close()
    assert counts == {name: len(rows) for name, rows in before.items()}
    assert counts["event"] > 2 * copying.BATCH
    shared = open_store(postgres_url)
    assert content(shared) == before
    assert findings(shared) == []
    shared.close()
    copying.copy(opened(postgres_url), opened(back))
    for url in (postgres_url, back):
        store = open_store(url)
        assert content(store) == before
        assert next_event(store) == EVENTS + 7  # the row of the one before is gone
        store.close()


def test_postgresql_knows_at_once_how_much_it_got(
    lite: str, postgres_url: str, opened: Any
) -> None:
    """Its autovacuum comes once a minute, and until then it would read whole tables."""
    target = opened(postgres_url)
    copying.copy(opened(lite), target)
    with target.engine.connect() as connection:
        known = connection.execute(text("SELECT DISTINCT tablename FROM pg_stats")).scalars()
        assert {table.name for table in metadata.sorted_tables} <= set(known)


def test_a_character_that_postgresql_cannot_keep_is_replaced(
    lite: str, postgres_url: str, opened: Any
) -> None:
    old = open_store(lite)
    with old.engine.connect() as connection:
        connection.execute(text("UPDATE event SET detail = 'a' || char(0) || 'b' WHERE id = 1"))
        connection.commit()
    old.close()
    copying.copy(opened(lite), opened(postgres_url))
    with opened(postgres_url).engine.connect() as connection:
        found = connection.execute(select(event.c.detail).where(event.c.id == 1)).scalar()
    assert found == "a\N{REPLACEMENT CHARACTER}b"


def test_a_target_with_rows_is_refused_and_left_alone(
    lite: str, tmp_path: Path, opened: Any
) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    store = open_store(url)
    next_event(store)
    before = content(store)
    store.close()
    with pytest.raises(UsageError, match="is not empty: table event"):
        copying.copy(opened(lite), opened(url))
    assert content(opened(url)) == before


def test_a_store_that_somebody_works_on_is_not_copied(
    lite: str, postgres_url: str, tmp_path: Path, opened: Any
) -> None:
    new = f"sqlite:///{tmp_path / 'new.db'}"
    for url in (lite, postgres_url):
        service = open_store(url)
        with service.reading() as tx:
            tx._cursor.execute("SELECT 1")  # and then it idles, as a service does
        with pytest.raises(UsageError, match="is in use: stop every sms-notify"):
            copying.copy(opened(url), opened(new))
        service.close()
        assert not any(rows for name, rows in content(opened(new)).items() if name != "counter")


def test_what_a_pooler_keeps_of_a_service_that_was_stopped_is_nobody(
    postgres_url: str, pgbouncer: Pgbouncer, tmp_path: Path, opened: Any
) -> None:
    through, ends = pgbouncer.through(postgres_url), threading.Event()
    service = open_store(through)

    def looks() -> None:
        while not ends.wait(1.0):
            with service.reading() as tx:
                tx._cursor.execute("SELECT 1")

    thread = threading.Thread(target=looks)
    thread.start()
    try:
        with pytest.raises(UsageError, match="is in use: stop every sms-notify"):
            copying.copy(opened(through), opened(f"sqlite:///{tmp_path / 'one.db'}"))
    finally:
        ends.set()
        thread.join()
        service.close()
    with pytest.raises(UsageError, match="copy through it"):
        copying.copy(opened(postgres_url), opened(f"sqlite:///{tmp_path / 'two.db'}"))
    copying.copy(opened(through), opened(f"sqlite:///{tmp_path / 'three.db'}"))


def test_a_copy_that_breaks_off_leaves_the_target_empty(
    lite: str, postgres_url: str, opened: Any, postgres: Any
) -> None:
    old = open_store(lite)
    with old.engine.connect() as connection:  # a text where PostgreSQL wants a number
        connection.execute(text("UPDATE usage SET segments = 'many'"))
        connection.commit()
    old.close()
    with pytest.raises(Exception, match="many"):
        copying.copy(opened(lite), opened(postgres_url))
    left = content(opened(postgres_url))
    assert {name for name, rows in left.items() if rows} == {"counter"}
    assert {row[1] for row in left["counter"]} == {0}


def test_the_command_copies_checks_and_refuses(lite: str, postgres_url: str) -> None:
    done = cli("db", "copy", "--from", lite, "--to", postgres_url)
    assert done.code == 0, done.err
    assert f"{EVENTS - 1} event" in " ".join(done.out.split())
    again = cli("db", "copy", "--from", lite, "--to", postgres_url)
    assert (again.code, "is not empty" in again.err) == (1, True)
    nowhere = cli("db", "copy", "--from", "sqlite:////no/such.db", "--to", postgres_url)
    assert (nowhere.code, "there is no store" in nowhere.err) == (1, True)
    bad = cli("db", "copy", "--from", lite, "--to", "mysql://root:word-9988@db/x")
    assert bad.code == 1
    assert "word-9988" not in bad.err


def test_a_page_that_lies_beside_the_store_comes_along(lite: str, postgres_url: str) -> None:
    """The store was away when it came, and the service was stopped: a gateway gives it once."""
    beside = Beside(folder_of(lite.removeprefix("sqlite:///"), None))
    asking = Asking(77, "main", "mysms", "a process that is gone", 1, kind="replies")
    assert beside.put(asking, Polled(Fetched.page, text="13800000001 回12"))
    done = cli("db", "copy", "--from", lite, "--to", postgres_url)
    assert done.code == 0, done.err
    assert "1 pages that lay beside" in done.out
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute(
            "SELECT kind, applied_at FROM request WHERE answer LIKE '%回12'"
        ).fetchall()
    assert found == [("replies", None)]
    assert list(beside.found()) == []
