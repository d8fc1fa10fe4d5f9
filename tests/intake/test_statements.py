"""The SQL of judging reads the few rows it asks for, however much is stored or open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from sms_notify.intake import flapping, muting
from sms_notify.store import (
    Store,
    chains,
    loading,
    occurrences,
    open_store,
    outlay,
    people,
    saving,
    small,
    stories,
    waiting,
)
from sms_notify.store.facts import Audience, Incident, Occurrence, Telling
from sms_notify.store.sql import Statement


def _of(*modules: ModuleType) -> dict[str, Statement]:
    """By `module.name`: two modules may have one of the same name."""
    return {
        f"{module.__name__.rpartition('.')[2]}.{name}": found
        for module in modules
        for name, found in vars(module).items()
        if isinstance(found, Statement)
    }


STATEMENTS = _of(loading, occurrences, people, saving, small, stories, waiting)
OF_TELLINGS = {
    name: found
    for name, found in _of(chains, flapping, muting, outlay, people, saving, waiting).items()
    if "telling" in found.compiled("sqlite")[0]
}
ALERT_TEXTS = ("name", "summary", "labels", "annotations")
LISTS = {"pairs", "groups", "ids", "names", "alerts", "people", "keys"}


@pytest.fixture(scope="module")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("statements")
    store = open_store(f"sqlite:///{folder}/store.db")
    yield store
    store.close()


def _plan(store: Store, statement: Statement) -> list[str]:
    text, names, _fixed = statement.compiled("sqlite")
    values = tuple("[]" if each in LISTS else 1 for each in names)
    with store.engine.connect() as connection:
        found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).fetchall()
    return [row[3] for row in found]


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_no_statement_of_judging_scans_a_table(name: str, sqlite_store: Store) -> None:
    large = {"alert", "incident", "member", "telling", "audience", "message", "event", "intake"}
    for step in _plan(sqlite_store, STATEMENTS[name]):
        scanned = re.match(r"(?:SCAN|SEARCH) (\w+)(?! .*USING )", step)
        assert not (scanned and scanned[1] in large), step


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_nobody_is_asked_for_all_that_they_were_ever_sent(name: str, sqlite_store: Store) -> None:
    """Years of it: what was sent lately is found by its time, what has not left by its state."""
    plan = _plan(sqlite_store, STATEMENTS[name])
    assert not [step for step in plan if "message_person (person=?)" in step]


@pytest.mark.parametrize("name", sorted(OF_TELLINGS))
def test_what_was_told_in_no_message_is_not_looked_through(name: str, sqlite_store: Store) -> None:
    """Verdicts of months have none: what is held is found by its person or its incident."""
    asks = "message IS NULL" in OF_TELLINGS[name].compiled("sqlite")[0]
    found = [step for step in _plan(sqlite_store, OF_TELLINGS[name]) if "telling_message" in step]
    assert not (asks and found), found


def test_the_end_of_what_flaps_is_found_by_its_whole_key(sqlite_store: Store) -> None:
    """Not among all that was told of its incident: a thousand that flap together are in one."""
    plan = _plan(sqlite_store, flapping._NO_END)
    assert any("(incident=? AND person=? AND news=?)" in step for step in plan), plan


def test_an_incident_is_found_by_its_key_and_not_among_all_that_are_open(
    sqlite_store: Store,
) -> None:
    plan = _plan(sqlite_store, loading._INCIDENTS)
    assert any("USING INDEX incident_open (group_key=?)" in step for step in plan), plan
    assert not any("incident_ended" in step for step in plan), plan


def test_free_codes_are_not_looked_for_among_those_of_digests(sqlite_store: Store) -> None:
    plan = _plan(sqlite_store, small._SMALL)
    assert any("code_free" in step for step in plan), plan


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_rows_are_in_the_order_of_the_parameters(dialect: str) -> None:
    expected = {
        saving._INSERT_INCIDENT: Incident._fields[:-1],
        saving._INSERT_TELLING: Telling._fields,
        saving._AUDIENCE: Audience._fields,
        saving._INSERT_ALERT: (*Occurrence._fields[:7], *ALERT_TEXTS, *Occurrence._fields[7:9]),
        saving._INSERT_MEMBER: ("incident", "alert"),
        saving._INSERT_EVENT: ("at", "about", "about_id", "what", "detail"),
        saving._TIMER: ("kind", "key", "due_at"),
    }
    for statement, names in expected.items():
        assert statement.compiled(dialect)[1] == names
