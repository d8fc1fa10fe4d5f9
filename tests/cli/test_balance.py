"""`sms-notify balance` and `words`: what the service knows of its accounts."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import insert

from sms_notify import config
from sms_notify.model import DAY
from sms_notify.store import open_store, tables

from .running import cli, configured


def known(folder: Path) -> Path:
    """A store whose service has read a balance, and met a word."""
    loaded = config.load(configured(folder))
    account = loaded.gateways[0].account
    store = open_store(loaded.store)
    with store.engine.begin() as connection:
        row = {"account": account, "circuit": "closed", "reason": "", "changed_at": 0}
        paid = {"balance": 437, "spent_since": 7, "balance_at": store.now()}
        connection.execute(insert(tables.gateway), row | paid)
        word = {"account": account, "word": "磁盘", "rule": "split", "first_at": 1, "last_at": 2}
        connection.execute(insert(tables.forbidden), word)
    store.close()
    return folder


def test_the_balance_is_shown_less_what_was_sent_since(tmp_path: Path) -> None:
    [row] = cli("balance", "--json", folder=known(tmp_path)).json
    assert (row["balance"], row["available"], row["state"]) == (437, 430, "works")
    assert (row["days_left"], row["shared"], row["warn_below"]) == (
        None,
        False,
        0,
    )  # no balance block: nobody is warned
    assert "430" in cli("balance", folder=tmp_path).out


def test_each_account_has_days_of_its_own(tmp_path: Path) -> None:
    loaded = config.load(known(tmp_path) / "config.yaml")
    store = open_store(loaded.store)
    began = store.now() - 2 * DAY
    with store.engine.begin() as connection:
        for number, account in ((1, loaded.gateways[0].account), (2, "another")):
            row = {"id": number, "gateway": "g", "account": account, "kind": "send", "owner": "o"}
            times = {"lease_until": 1, "started_at": began, "ended_at": began}
            connection.execute(insert(tables.request), row | times | {"outcome": "accepted"})
            connection.execute(insert(tables.attempt), {"message": number, "request": number})
            message = {"id": number, "person": "p", "phone": "+8613800000001", "kind": "first"}
            told = {"level": 2, "lane": "person", "text": "t", "units": 1, "state": "sent"}
            when = {"decided_at": began, "not_before": began, "segments": 43 * number}
            connection.execute(insert(tables.message), message | told | when)
    store.close()
    [row] = cli("balance", "--json", folder=tmp_path).json
    assert row["days_left"] == 430 * 2 // 43


def test_an_account_that_was_never_asked_has_no_balance(tmp_path: Path) -> None:
    loaded = config.load(configured(tmp_path))
    open_store(loaded.store).close()
    [row] = cli("balance", "--json", folder=tmp_path).json
    assert (row["balance"], row["available"], row["read_at"]) == (None, None, None)


def test_a_word_is_listed_and_forgotten(tmp_path: Path) -> None:
    known(tmp_path)
    [row] = cli("words", "list", "--json", folder=tmp_path).json
    assert (row["word"], row["rule"], row["times"]) == ("磁盘", "split", 1)
    assert cli("words", "forget", "磁盘", folder=tmp_path).code == 0
    again = cli("words", "forget", "磁盘", folder=tmp_path)
    assert (again.code, "words list" in again.err) == (1, True)
