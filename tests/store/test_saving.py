"""What a batch writes, however large it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sms_notify.store import Store, open_store
from sms_notify.store.facts import Telling
from sms_notify.store.saving import AGAIN_AT_ONCE, TOLD_AT_ONCE, Changes, save
from tests.traced import traced


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/store.db")
    yield opened
    opened.close()


def telling(number: int, verdict: str = "held") -> Telling:
    return Telling(1, "张伟", f"fire:{number}", number, verdict, "", 1, None, 0, None)


def test_no_statement_changes_more_tellings_than_end_in_time_on_a_slow_server(store: Store) -> None:
    numbers = range(TOLD_AT_ONCE + 1)
    with store.judging() as tx:
        save(tx, Changes(new_tellings={(1, "", f"{n:06}"): telling(n) for n in numbers}), 1)
    told = {(1, "", f"{number:06}"): telling(number, "told") for number in numbers}
    with traced(store) as statements, store.judging() as tx:
        save(tx, Changes(again={(1, number) for number in numbers}), 1)
        save(tx, Changes(tellings=told), 1)
    changing = [each for each in statements if each.startswith("UPDATE telling")]
    assert len(changing) == TOLD_AT_ONCE // AGAIN_AT_ONCE + 1 + 2
    with store.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT count(*), sum(again), verdict FROM telling")
        assert found.one() == (len(numbers), 0, "told")  # `told` is as the Ledger knew it
