"""The version before goes on working while, and after, its store is upgraded under it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, Table, and_, delete, insert, select, text, update

from sms_notify.errors import StoreOutdated
from sms_notify.migrations import run
from sms_notify.store import Store, open_store, prepare
from sms_notify.store.schema import HEAD, serves

from .rows import row

BEFORE = f"{int(HEAD) - 1:04}"
ALEMBIC = "alembic_version"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store as the version before has made it."""
    if request.param == "sqlite":
        store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    else:
        store = Store(request.getfixturevalue("postgres_url"))
    run.upgrade(store, BEFORE)
    yield store
    store.close()


def tables_of(store: Store) -> list[Table]:
    """What the version before knows: its tables and columns, and nothing of ours."""
    known = MetaData()
    with store.engine.connect() as connection:
        known.reflect(connection)
    return [table for table in known.sorted_tables if table.name != ALEMBIC]


def works(connection: Any, table: Table, number: int) -> None:
    """Everything that a program does with a table, by the columns it knows."""
    values = row(table, number, full=True)
    values |= {column.name: number for column in table.primary_key.columns if _counts(column)}
    own = and_(*[column == values[column.name] for column in table.primary_key.columns])
    connection.execute(insert(table).values(values))
    found = connection.execute(select(*table.columns).where(own)).one()
    assert dict(found._mapping) == values
    others = [column.name for column in table.columns if not column.primary_key]
    if others:
        connection.execute(update(table).where(own).values({n: values[n] for n in others}))
    minimal = row(table, number + 1, full=False)
    minimal |= {c.name: number + 1 for c in table.primary_key.columns if _counts(c)}
    connection.execute(insert(table).values(minimal))
    connection.execute(delete(table).where(own))


def _counts(column: Any) -> bool:
    return column.type.python_type is int


def test_every_statement_of_the_version_before_works_after_the_upgrade(older: Store) -> None:
    tables = tables_of(older)
    assert len(tables) > 15
    for number in (100, 200):
        with older.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            for table in tables:
                works(connection, table, number)
            connection.commit()
        if number == 100:
            assert run.upgrade(older) == (BEFORE, HEAD)


def test_a_program_that_meets_a_newer_schema_works_with_it_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    for found, fits in ((f"{int(HEAD) + 3:04}", True), ("1000", False), ("x", False)):
        with store.engine.connect() as connection:
            connection.execute(text(f"UPDATE {ALEMBIC} SET version_num = :v"), {"v": found})
            connection.commit()
        assert serves(found) is fits
        if fits:
            prepare(store)
            assert "store_newer" in caplog.text
        else:
            with pytest.raises(StoreOutdated, match="install the version"):
                prepare(store)
    store.close()


def test_an_older_schema_is_refused() -> None:
    assert not serves(BEFORE)
