"""A command tells by the clock of the store or the server, whatever this machine's shows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sms_notify.cli import own_store
from sms_notify.cli.send import Piece, Said, document
from sms_notify.model import HOUR, MINUTE, SECOND, Micros
from sms_notify.store.clock import wall_clock

from .running import configured


@pytest.mark.parametrize("off", [HOUR, -HOUR])
def test_a_machine_whose_clock_is_off_tells_when_it_is_time_by_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, off: Micros
) -> None:
    monkeypatch.setattr(own_store, "wall_clock", lambda: wall_clock() + off)
    own = own_store.open_own_store(configured(tmp_path), "", stream=False)
    try:
        own.take_line(Piece(b"full\n", 0, "one", wall_clock() + off), Said())
        own.take_line(Piece(b"later\n", 0, "two", wall_clock() + off), Said(at="+10m"))
        own.take_zabbix("root", "x", "y", wall_clock() + off)
        now = own.now()
    finally:
        own.store.close()
    with closing(sqlite3.connect(next(tmp_path.glob("*.db")))) as store:
        began = [row[0] for row in store.execute("SELECT starts_at FROM alert ORDER BY id")]
        [[due]] = store.execute("SELECT due_at FROM planned").fetchall()
    assert [abs(each - now) < 10 * SECOND for each in began] == [True, True]
    assert abs(due - now - 10 * MINUTE) < 10 * SECOND


def test_a_server_goes_by_its_own_clock() -> None:
    assert "called_at" not in document(Piece(b"full", 0, "one", wall_clock() - HOUR), Said())
