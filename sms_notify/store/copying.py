"""Moving a store to another database, SQLite to PostgreSQL or back: all of it or nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Boolean, Connection, Table, Text, bindparam, insert, select, text

from sms_notify.errors import StoreUnavailable, UsageError
from sms_notify.store import tables as t
from sms_notify.store.engine import Store
from sms_notify.store.postgresql import POOLED
from sms_notify.store.schema import prepare
from sms_notify.store.sql import Row, Statement

BATCH = 1_000
LOOKS, LOOK = 10, 0.1
POOLED_LOOK = 0.4
"""Seconds; in ten of them a service behind a pooler looks four times."""
COUNTED = t.counter.name
_OWN_IDS = [
    table
    for table in t.metadata.sorted_tables
    if "id" in table.columns and table.columns["id"].identity is not None
]
"""Whose ids the database gives: its sequence goes on where the old one stood."""

Convert = Callable[[Row], Sequence[Any]]


def copy(source: Store, target: Store) -> dict[str, int]:
    """Table → rows copied and counted on both sides.

    Nobody else may have the source open: what it wrote meanwhile would be missing, and what waits
    would be sent by both. The target must be empty. Raises UsageError, StoreOutdated,
    StoreUnavailable; then the target is as it was.
    """
    prepare(source)
    prepare(target)
    with source.engine.connect() as old, target.engine.connect() as new:
        try:
            _take_alone(source, old)
            _begin_empty(target, new)
            copied = {table.name: _copy(table, old, new) for table in t.metadata.sorted_tables}
            for table in _OWN_IDS:
                _go_on(table, _last_given(table, old), new)
            _compare(copied, new)
            _learn(new)
            new.commit()
        finally:
            old.rollback()
    return copied


def _take_alone(source: Store, old: Connection) -> None:
    refusal = f"{source.shown} is in use: stop every sms-notify that works on it, then copy it"
    if source.is_sqlite:
        try:
            old.exec_driver_sql("PRAGMA busy_timeout = 500")
            old.exec_driver_sql("PRAGMA locking_mode = EXCLUSIVE")
            old.exec_driver_sql("BEGIN EXCLUSIVE")
        except Exception as error:
            if "locked" in str(error):
                raise UsageError(refusal) from None
            raise StoreUnavailable(source._why(error)) from None
        return
    if old.info.get(POOLED):
        if _others_work(old):
            raise UsageError(refusal)
    elif _others_stay(old):
        raise UsageError(f"{refusal}; a pgbouncer that holds its connections: copy through it")
    old.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ")
    names = ", ".join(f'"{table.name}"' for table in t.metadata.sorted_tables)
    old.exec_driver_sql(f"LOCK TABLE {names} IN SHARE MODE")


def _others_stay(old: Connection) -> bool:
    """A connection that was closed a moment ago may still be seen."""
    for _ in range(LOOKS):
        if not old.execute(_OTHERS).scalar():
            return False
        time.sleep(LOOK)
    return True


_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name = 'sms-notify' AND pid <> pg_backend_pid()"
)


def _others_work(old: Connection) -> bool:
    """Behind a pooler, which keeps connections of who is long gone: does anybody use one? Whoever
    runs looks each second."""
    old.exec_driver_sql("BEGIN")  # all of it by one connection of the pooler, which is ours
    try:
        since = old.execute(text("SELECT clock_timestamp()")).scalar()
        for _ in range(LOOKS):
            time.sleep(POOLED_LOOK)
            old.exec_driver_sql("SELECT pg_stat_clear_snapshot()")
            if old.execute(_WORKING, {"since": since}).scalar():
                return True
        return False
    finally:
        old.exec_driver_sql("ROLLBACK")


_WORKING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name = 'sms-notify' AND pid <> pg_backend_pid()"
    " AND (state IS DISTINCT FROM 'idle' OR state_change > :since)"
)


def _begin_empty(target: Store, new: Connection) -> None:
    new.exec_driver_sql("BEGIN IMMEDIATE" if target.is_sqlite else "BEGIN")
    for table in t.metadata.sorted_tables:
        if table.name != COUNTED and new.execute(select(table).limit(1)).first():
            found = f"{target.shown} is not empty: table {table.name} has rows"
            raise UsageError(f"{found}; name a new one")
    new.execute(t.counter.delete())


def _copy(table: Table, old: Connection, new: Connection) -> int:
    names = [column.name for column in table.columns]
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    dialect = new.dialect.name
    written, order, _fixed = Statement(insert(table).values(values)).compiled(dialect)
    convert = _conversion(table, order, names, to_postgresql=dialect == "postgresql")
    cursor: Any = new.connection.cursor()
    count = 0
    for batch in _batches(table, old):
        cursor.executemany(written, [convert(row) for row in batch])
        count += len(batch)
    return count


def _batches(table: Table, old: Connection) -> Iterator[list[Row]]:
    """Streamed: neither side holds more than a batch in memory."""
    driver: Any = old.connection.driver_connection
    cursor = driver.cursor() if old.dialect.name == "sqlite" else driver.cursor(name="copied")
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    cursor.execute(f'SELECT {names} FROM "{table.name}"')  # noqa: S608 — names of our tables
    while batch := cursor.fetchmany(BATCH):
        yield batch
    cursor.close()


def _conversion(
    table: Table, order: Sequence[str], names: Sequence[str], *, to_postgresql: bool
) -> Convert:
    """A row in the order of the statement, with each value as the other database keeps it."""
    places = [(names.index(name), _kind(table.columns[name].type)) for name in order]

    def convert(row: Row) -> list[Any]:
        return [_value(row[place], kind, to_postgresql) for place, kind in places]

    return convert


def _kind(kind: Any) -> str:
    return "truth" if isinstance(kind, Boolean) else "text" if isinstance(kind, Text) else ""


def _value(value: Any, kind: str, to_postgresql: bool) -> Any:
    if value is None:
        return None
    if kind == "truth":
        return bool(value)
    if kind == "text" and to_postgresql:
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}")  # which PostgreSQL cannot keep
    return value


def _learn(new: Connection) -> None:
    """Until it knows how much there is, PostgreSQL reads whole tables for a few rows: an alert that
    was known took three times as long, until its autovacuum came by."""
    if new.dialect.name == "postgresql":
        new.exec_driver_sql(
            "ANALYZE " + ", ".join(f'"{each.name}"' for each in t.metadata.sorted_tables)
        )


def _last_given(table: Table, old: Connection) -> int:
    """The last id that the database gave, also where its row is gone; 0 for none."""
    name = table.name
    if old.dialect.name == "sqlite":
        question = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return int(old.execute(question, {"name": name}).scalar() or 0)
    sequence = old.execute(_SEQUENCE, {"name": name}).scalar()
    given = old.exec_driver_sql(f"SELECT last_value, is_called FROM {sequence}").one()  # noqa: S608
    return int(given.last_value) if given.is_called else 0


_SEQUENCE = text("SELECT pg_get_serial_sequence(:name, 'id')")


def _go_on(table: Table, last: int, new: Connection) -> None:
    if not last:
        return
    if new.dialect.name == "sqlite":
        named = {"name": table.name, "last": last}
        new.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), named)
        new.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), named)
    else:
        sequence = new.execute(_SEQUENCE, {"name": table.name}).scalar()
        new.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})


def _compare(copied: dict[str, int], new: Connection) -> None:
    for name, count in copied.items():
        found = new.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar()  # noqa: S608
        if found != count:
            raise StoreUnavailable(f"of {count} rows of {name} only {found} arrived: copy again")
