"""The statements of the next transaction of a SQLite store, as the driver says them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sms_notify.store import Store


@contextmanager
def traced(store: Store) -> Iterator[list[str]]:
    statements: list[str] = []
    with store.reading() as tx:  # its connection is at hand for the next one
        cursor: Any = tx._cursor
    cursor.connection.set_trace_callback(statements.append)
    yield statements
    cursor.connection.set_trace_callback(None)
