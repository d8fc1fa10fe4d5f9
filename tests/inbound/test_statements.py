"""The SQL of reports reads indexes, however many messages and reports are stored."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sms_notify.store import evidence, open_store, polls, reports
from sms_notify.store.sql import Statement

STATEMENTS = {
    f"{module.__name__}.{name}": found
    for module in (polls, evidence, reports)
    for name, found in vars(module).items()
    if isinstance(found, Statement)
}
LARGE = {"message", "request", "attempt", "report", "incident", "telling", "event"}


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_scans_a_table(name: str, tmp_path: Path) -> None:
    text, names, fixed = STATEMENTS[name].compiled("sqlite")
    given = {each: "[]" if each in ("ids", "phones", "keys", "accounts") else 1 for each in names}
    parameters = tuple((given | fixed)[each] for each in names)
    store = open_store(f"sqlite:///{tmp_path / 'x.db'}")
    with store.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters).fetchall()
    store.close()
    for *_numbers, step in plan:
        scanned = re.match(r"SCAN (\w+)(?! .*USING .*INDEX)", step)
        assert not (scanned and scanned[1] in LARGE), step
