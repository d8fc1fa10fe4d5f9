"""A transaction is whole or nothing, and its connection is there for the next one."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from sms_notify.errors import StoreUnavailable
from sms_notify.store import Store, open_store
from sms_notify.store.engine import AT_HAND
from sms_notify.store.sql import Statement
from sms_notify.store.tables import counter

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
