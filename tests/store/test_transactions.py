"""A transaction is whole or nothing, and its connection is there for the next one."""

from __future__ import annotations

import importlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

import sms_notify.store as within
from sms_notify.errors import StoreUnavailable
from sms_notify.store import Store, open_store, saving
from sms_notify.store.engine import AT_HAND
from sms_notify.store.sql import Statement
from sms_notify.store.tables import code, counter

_ROOM = "sms_notify.store."
_RAISE = Statement(
    update(counter).where(counter.c.name == "alert").values(value=counter.c.value + 1)
)
_VALUE = Statement(select(counter.c.value).where(counter.c.name == "alert"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/store.db")
    yield opened
    opened.close()


def value(store: Store) -> int:
    with store.reading() as tx:
        row = tx.one(_VALUE)
        assert row is not None
        return int(row[0])


def test_a_connection_from_when_the_file_was_read_only_is_not_used_again(store: Store) -> None:
    for connection in [store._connection() for _ in range(AT_HAND)]:
        connection.cursor().execute("PRAGMA query_only = ON")  # refuses as a mode of 0444 does
        store._at_hand.append(connection)
    for _ in range(AT_HAND):
        with suppress(StoreUnavailable):
            add(store)
    before = value(store)
    add(store)
    assert value(store) == before + 1


def add(store: Store, *, fails: bool = False, tells: bool = False) -> None:
    with store.judging() as tx:
        tx.run(_RAISE)
        tx.tells = tells
        if fails:
            raise ZeroDivisionError


def test_what_raises_in_it_is_undone_and_raised_and_the_next_one_works(store: Store) -> None:
    before = value(store)
    with pytest.raises(ZeroDivisionError):
        add(store, fails=True)
    assert value(store) == before
    add(store)
    assert value(store) == before + 1


def test_a_commit_that_fails_is_undone_and_tells_who_asked(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = value(store)
    monkeypatch.setattr(store, "_commit", "COMMIT TO NOTHING")
    with pytest.raises(StoreUnavailable):
        add(store, tells=True)
    monkeypatch.undo()
    assert value(store) == before
    add(store)  # no transaction was left open that holds the lock
    assert value(store) == before + 1


_number = st.none() | st.integers(0, 9)


@given(st.lists(st.tuples(_number, _number, st.integers(0, 9), _number), min_size=1, max_size=5))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_rows_are_written_as_they_are_wherever_they_have_nothing(
    store: Store, tails: list[tuple[Any, ...]]
) -> None:
    """What no row of a batch has is written into the statement, and into no other one."""
    rows = [(number, *tail) for number, tail in enumerate(tails)]
    columns = ("code", "incident", "message", "given_at", "reusable_at")
    named = [dict(zip(columns, (number + 100, *tail), strict=True)) for number, *tail in rows]
    with store.writing() as tx:
        tx.rows(saving._CODE, rows)
        tx.many(saving._CODE, named)
        found = tx.all(Statement(select(code).order_by(code.c.code)))
        tx.run(Statement(delete(code)))
    assert found == [*rows, *[tuple(row[name] for name in columns) for row in named]]


def test_no_statement_has_a_question_mark_but_for_its_parameters() -> None:
    modules = [importlib.import_module(each.name) for each in iter_modules(within.__path__, _ROOM)]
    found = [one for each in modules for one in vars(each).values() if isinstance(one, Statement)]
    assert len(found) > 100
    for statement in found:
        text, names, _fixed = statement.compiled("sqlite")
        assert text.count("?") == len(names), text


def test_many_threads_at_once_each_have_a_connection_of_their_own(store: Store) -> None:
    before, inside = value(store), threading.Barrier(3 * AT_HAND)

    def work() -> None:
        with store.reading() as tx:
            inside.wait(10)  # all of them are in a transaction now
            assert tx.one(_VALUE) == (before,)
            inside.wait(10)  # and nobody writes before everybody has read
        add(store)

    threads = [threading.Thread(target=work) for _ in range(3 * AT_HAND)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value(store) == before + 3 * AT_HAND
    assert len(store._at_hand) <= AT_HAND


def test_a_store_that_is_closed_leaves_no_file_open(tmp_path: Path) -> None:
    opened = open_store(f"sqlite:///{tmp_path}/store.db")
    assert value(opened) == 0
    assert _open_files(tmp_path)
    opened.close()
    assert not _open_files(tmp_path)


def _open_files(folder: Path) -> list[str]:
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{number}"))
        except FileNotFoundError:
            continue
    return [name for name in found if name.startswith(str(folder))]


def test_a_new_file_that_another_process_is_making_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE made_by_another (x)")
    other.execute("BEGIN IMMEDIATE")
    ends = threading.Timer(0.3, other.execute, ("ROLLBACK",))
    ends.start()
    open_store(f"sqlite:///{file}").close()
    ends.join()
    other.close()
