"""What due steps cost does not grow with what was told before, nor by one read an incident."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from sms_notify.escalation import inputs
from sms_notify.model import MINUTE
from sms_notify.store import chains as sql
from sms_notify.store import timers
from sms_notify.store.reading import IncidentFilter, Reader
from sms_notify.store.sql import Statement, Transaction
from tests.intake.conftest import Bench

from .conftest import CHAIN, ON_CALL, Chains

STATEMENTS = {
    "chains": sql.CHAINS,
    "carriers": sql.CARRIERS,
    "untold": sql.UNTOLD,
    "reminded": sql.REMINDED,
    "open": sql.OPEN,
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_walks_through_what_is_over(file_bench: Bench, name: str) -> None:
    text, names, fixed = STATEMENTS[name].compiled("sqlite")
    given = {**fixed, "ids": "[1]"}
    with closing(sqlite3.connect(file_bench.store.url.database or "")) as connection:
        values = tuple(given[each] for each in names)
        plan = connection.execute(f"EXPLAIN QUERY PLAN {text}", values).fetchall()
    steps = [row[3] for row in plan]
    scans = [step for step in steps if step.startswith("SCAN") and "json_each" not in step]
    assert [scan for scan in scans if "incident_open" not in scan] == [], steps


WIDE = CHAIN + "throttle: {per_person: [999/1m], critical: [999/1m]}\n"


def _statements(chains: Chains, count: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many statements judging that many due steps takes."""
    for number in range(count):
        chains.fire(f"告警{chains.bench.now}-{number}")
    chains.bench.left()
    chains.bench.sql("DELETE FROM timer WHERE kind <> 'step'")
    chains.bench.now += 6 * MINUTE
    seen: list[int] = []
    run, many = Transaction.run, Transaction.many

    def counted(self: Transaction, statement: Statement, **values: Any) -> int:
        seen.append(1)
        return run(self, statement, **values)

    def counted_many(self: Transaction, statement: Statement, rows: Any) -> None:
        if rows:
            seen.append(1)
        many(self, statement, rows)

    monkeypatch.setattr(Transaction, "run", counted)
    monkeypatch.setattr(Transaction, "many", counted_many)
    chains.fire_timers()
    monkeypatch.undo()
    return len(seen)


def test_many_due_steps_take_as_many_statements_as_few(
    make_chains: Callable[[str], Chains], monkeypatch: pytest.MonkeyPatch
) -> None:
    chains = make_chains(WIDE)
    few = _statements(chains, 3, monkeypatch)
    chains.bench.sql("DELETE FROM timer")
    many = _statements(chains, 60, monkeypatch)
    assert many <= few
    assert chains.bench.sql("SELECT count(*) FROM incident WHERE step = 1") == [(63,)]


def test_one_that_cannot_be_judged_keeps_none_of_the_others_waiting(
    make_chains: Callable[[str], Chains],
) -> None:
    chains = make_chains(WIDE)
    for name in ("一", "二", "三"):
        chains.fire(name)
    chains.bench.left()
    chains.bench.sql("UPDATE incident SET steps = '[[1]]' WHERE id = 2")
    chains.bench.now += 6 * MINUTE
    with chains.bench.store.reading() as tx:
        due = timers.due(tx, chains.bench.now)
    for item in inputs(chains.bench.rules, due):
        chains.bench.writer.hand_in(item)
    chains.bench.writer.step()
    assert chains.bench.sql("SELECT id FROM incident WHERE step = 1 ORDER BY id") == [(1,), (3,)]


def test_incidents_show_their_step_and_until_when_an_answer_is_waited_for(chains: Chains) -> None:
    chains.fire()
    chains.bench.later(6 * MINUTE)
    from zoneinfo import ZoneInfo

    [shown] = Reader(chains.bench.store, ZoneInfo("Asia/Shanghai")).incidents(IncidentFilter())
    assert (shown.step, shown.round, shown.rounds) == (2, 1, 1)
    assert shown.answer_until == "2026-11-18T19:21:40+08:00"
    chains.ack(ON_CALL)
    [shown] = Reader(chains.bench.store, ZoneInfo("Asia/Shanghai")).incidents(IncidentFilter())
    assert shown.answer_until is None
    assert "rounds" not in CHAIN
