"""The SQL of this room reads indexes, and a sign of life costs one write and no read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sms_notify.intake import TellCall
from sms_notify.store import heartbeats, open_store, planned, proofs
from sms_notify.store.sql import Statement
from tests.traced import traced

from .conftest import Watched

STATEMENTS = {
    f"{module.__name__}.{name}": found
    for module in (planned, heartbeats, proofs)
    for name, found in vars(module).items()
    if isinstance(found, Statement)
}
LARGE = {"message", "request", "attempt", "report", "incident", "telling", "event"}


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_scans_a_table(name: str, tmp_path: Path) -> None:
    text, names, fixed = STATEMENTS[name].compiled("sqlite")
    lists = ("ids", "phones", "keys", "names")
    given = {each: "[]" if each in lists else 1 for each in names}
    store = open_store(f"sqlite:///{tmp_path / 'x.db'}")
    with store.engine.connect() as connection:
        parameters = tuple((given | fixed)[each] for each in names)
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters).fetchall()
    store.close()
    for *_numbers, step in plan:
        scanned = re.match(r"SCAN (\w+)(?! .*USING .*INDEX)", step)
        assert not (scanned and scanned[1] in LARGE), step


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_is_compiled_for_both_stores(name: str) -> None:
    for dialect in ("sqlite", "postgresql"):
        text, _names, fixed = STATEMENTS[name].compiled(dialect)
        assert text
        assert None not in fixed.values()


def test_a_sign_of_life_reads_nothing_and_writes_one_statement(watched: Watched) -> None:
    watched.run(0)
    for _ in range(50):
        watched.runner.writer.hand_in(_sign(watched))
    watched.now += 1
    with traced(watched.runner.store) as statements:
        watched.runner.writer.step()
    writes = [each for each in statements if each.startswith(("INSERT", "UPDATE", "DELETE"))]
    reads = [each for each in statements if each.startswith("SELECT")]
    assert len(writes) == 1, writes
    assert len(reads) == 1, reads  # what every batch reads


def _sign(watched: Watched) -> TellCall:
    from sms_notify.model import Alert, Call, Level

    labels = {"alertname": "Watchdog"}
    alert = Alert("alertmanager", "w", watched.now, None, Level.info, "", "Watchdog", "", labels)
    return TellCall(watched.runner.rules, Call("alertmanager", watched.now, (alert,), labels))
