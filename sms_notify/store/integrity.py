"""Whether a store is whole: what the database itself finds, and what we know must hold."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, literal, select, union_all

from sms_notify.store import tables as t
from sms_notify.store.engine import Store
from sms_notify.store.schema import COUNTERS
from sms_notify.store.sql import Statement, Transaction

MOST = 20
"""Findings of the database that are shown."""

_COUNTED = [t.metadata.tables[name] for name in COUNTERS]
_HIGHEST = Statement(
    union_all(
        *[
            select(
                literal(table.name),
                func.coalesce(func.max(table.c.id), 0),
                select(t.counter.c.value).where(t.counter.c.name == table.name).scalar_subquery(),
            )
            for table in _COUNTED
        ]
    )
)
_INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"


def findings(store: Store) -> list[str]:
    """Everything that is wrong with it, nothing where it is whole; raises StoreUnavailable."""
    with store.reading() as tx:
        found = list(_lite(tx) if store.is_sqlite else _shared(tx))
        return found or list(_counters(tx))


def _lite(tx: Transaction) -> Iterator[str]:
    tx._cursor.execute(f"PRAGMA integrity_check({MOST})")
    yield from (row[0] for row in tx._cursor.fetchall() if row[0] != "ok")


def _shared(tx: Transaction) -> Iterator[str]:
    tx._cursor.execute(_INVALID)
    for row in tx._cursor.fetchall():
        yield f"index {row[0]} is not valid: REINDEX INDEX {row[0]}"


def _counters(tx: Transaction) -> Iterator[str]:
    """A number that was given must not be given again: reports and answers would find another."""
    for name, highest, counted in tx.all(_HIGHEST):
        if counted is None or counted < highest:
            yield f"counter {name} stands at {counted}, but {highest} was given: restore a backup"
