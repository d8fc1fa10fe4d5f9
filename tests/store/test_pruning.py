"""Forgetting goes in small steps that keep nobody waiting, however much there is to forget."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sms_notify.model import DAY
from sms_notify.store import Store, open_store, pruning
from sms_notify.store.sql import Statement, Transaction

NOW = 1_800_000_000_000_000
OLD = NOW - 100 * DAY
BEFORE = NOW - 90 * DAY


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    yield made
    made.close()


def fill(store: Store, *statements: str) -> None:
    with store.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def count(store: Store, table: str) -> int:
    with store.engine.begin() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def numbered(most: int) -> str:
    return f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most}) "


def incidents(most: int, ended_at: int = OLD) -> str:
    return numbered(most) + (
        "INSERT INTO incident (id, group_key, receiver, source, state, name, steps, opened_at,"
        " last_seen, ended_at) SELECT i, 'k' || i, 'r', 'alertmanager', 'ended', 'n', '[]',"
        f" {OLD}, {OLD}, {ended_at} FROM n"
    )


def tellings(most: int, incident: str) -> str:
    return numbered(most) + (
        "INSERT INTO telling (incident, person, news, verdict, reason, at)"
        f" SELECT {incident}, 'p', 'fire:' || i, 'told', '', {OLD} FROM n"
    )


def test_one_step_deletes_a_bounded_number_of_rows(store: Store) -> None:
    fill(store, incidents(pruning.ROWS + 1))
    assert not pruning.prune(store, "incident", BEFORE)
    assert count(store, "incident") == 1
    assert pruning.prune(store, "incident", BEFORE)
    assert count(store, "incident") == 0


def test_what_belongs_to_one_incident_goes_in_steps_too_and_before_it(store: Store) -> None:
    fill(store, incidents(1), tellings(2 * pruning.ROWS + 5, "1"))
    left = []
    while not pruning.prune(store, "incident", BEFORE):
        left.append((count(store, "telling"), count(store, "incident")))
    assert left == [(pruning.ROWS + 5, 1), (5, 1)]
    assert (count(store, "telling"), count(store, "incident")) == (0, 0)


def test_what_is_younger_or_not_over_stays(store: Store) -> None:
    fill(store, incidents(3, ended_at=BEFORE + 1), "UPDATE incident SET ended_at = null WHERE id=1")
    assert pruning.prune(store, "incident", BEFORE)
    assert count(store, "incident") == 3


def test_what_was_sent_on_a_day_is_kept_a_year_longer(store: Store) -> None:
    old = (BEFORE - pruning.USAGE_KEPT) // DAY
    fill(store, f"INSERT INTO usage VALUES ({old - 1}, 'r', 'p', 3), ({old}, 'r', 'p', 4)")
    assert pruning.prune(store, "usage", BEFORE)
    assert count(store, "usage") == 1


@pytest.mark.parametrize("table", pruning.TABLES)
def test_what_is_old_is_found_and_deleted_by_an_index(store: Store, table: str) -> None:
    plans = []
    with store.reading() as tx:
        belonging = pruning._BELONGS.get(table, ())
        for statement in (pruning._OLD[table], *belonging, pruning._DELETES[table]):
            plans += plan(tx, statement)
    scans = [step for step in plans if step.startswith("SCAN") and "json_each" not in step]
    assert plans
    assert not [step for step in scans if "USING" not in step], plans


def plan(tx: Transaction, statement: Statement) -> list[str]:
    text, names, fixed = statement.compiled("sqlite")
    given = {"before": BEFORE, "before_day": BEFORE // DAY, "ids": "[1]", **fixed}
    tx._cursor.execute(f"EXPLAIN QUERY PLAN {text}", [given[name] for name in names])
    return [row[3] for row in tx._cursor.fetchall()]
