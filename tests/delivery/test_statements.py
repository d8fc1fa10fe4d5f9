"""The SQL of delivery reads indexes, however many messages are stored."""

from __future__ import annotations

import re

import pytest

from sms_notify.store import Store, accounts, outbox, overdue, purse, said, settling, words
from sms_notify.store.sql import Statement
from sms_notify.store.tables import metadata

STATEMENTS = {
    name: found
    for module in (outbox, settling, overdue, accounts, purse, said, words)
    for name, found in vars(module).items()
    if isinstance(found, Statement)
}
FEW = {
    str(index.name)
    for table in metadata.tables.values()
    for index in table.indexes
    if index.dialect_options["sqlite"]["where"] is not None
}
"""Partial indexes: what is queued, held, on its way."""
LARGE = {"attempt", "event", "incident", "message", "request", "telling"}


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_scans_a_table(name: str, sqlite_store: Store) -> None:
    text, names, _fixed = STATEMENTS[name].compiled("sqlite")
    parameters = tuple("[]" if each.endswith("s") else 1 for each in names)
    with sqlite_store.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters).fetchall()
    for *_numbers, step in plan:
        # a SEARCH without an index is a min() that reads on until a row will do
        scanned = re.match(r"(?:SCAN|SEARCH) (\w+)\b(?! .*USING )", step)
        scanned = scanned or re.match(rf"SCAN (\w+) .*INDEX (?!(?:{'|'.join(FEW)})$)", step)
        large = scanned and scanned[1] in LARGE
        assert not large, step


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_is_compiled_for_both_stores(name: str) -> None:
    for dialect in ("sqlite", "postgresql"):
        text, _names, fixed = STATEMENTS[name].compiled(dialect)
        assert text
        assert None not in fixed.values()
