"""PostgreSQL finds the few rows that an alert asks for, and does not read the table around them."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from sms_notify.store import Store, occurrences, open_store
from sms_notify.store.sql import Statement
from sms_notify.store.tables import alert

from .rows import row

pytestmark = pytest.mark.real
STORED = 20_000
"""Less than about 40,000 were read as a whole where a page by an index counts as four."""


def plan(store: Store, statement: Statement, **values: object) -> str:
    text, names, fixed = statement.compiled("postgresql")
    given = {**fixed, **values}
    with store.writing() as tx:
        tx._cursor.execute("EXPLAIN " + text, tuple(given[name] for name in names))
        return "\n".join(line for (line,) in tx._cursor.fetchall())


def test_a_table_of_some_thousands_is_not_read_for_one_alert(postgres_url: str) -> None:
    store = open_store(postgres_url)
    same = {"source": "alertmanager", "ended_at": 1}
    stored = [row(alert, n, full=False) | {"id": n, **same} for n in range(STORED)]
    with store.engine.begin() as connection:
        connection.execute(insert(alert), stored)
        connection.exec_driver_sql("ANALYZE alert")
    found = plan(store, occurrences._OCCURRENCES, pairs='[["alertmanager", "abc"]]', since=0)
    store.close()
    assert "Seq Scan on alert" not in found, found
