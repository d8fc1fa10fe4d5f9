"""The writer: nobody is answered before the commit, and one input never costs another."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

import pytest

from sms_notify.errors import StoreUnavailable
from sms_notify.intake import Ledger, TellCall
from sms_notify.model import Call, Micros
from sms_notify.store.facts import Keys
from tests.intake.conftest import Bench
from tests.traced import traced


class Broken:
    """An input with a defect: it changes the Ledger and then raises."""

    alerts = 1

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def wants(self, now: Micros) -> Keys:
        return Keys()

    def judge(self, ledger: Ledger, now: Micros) -> Any:
        ledger.event("intake", 1, "half", "done")
        ledger.begin(self.bench.alert(name="never"), now)
        raise RuntimeError("a defect of ours")


def a_call(bench: Bench, *names: str, **values: Any) -> TellCall:
    alerts = tuple(bench.alert(name=name) for name in names)
    call = Call("alertmanager", bench.now, alerts, {"names": ",".join(names)}, **values)
    return TellCall(bench.rules, call)


def test_an_input_that_raises_leaves_nothing_behind_and_costs_nobody_else(bench: Bench) -> None:
    futures = [bench.writer.hand_in(item) for item in (a_call(bench, "前"), Broken(bench))]
    futures.append(bench.writer.hand_in(a_call(bench, "后")))
    bench.writer.step()
    assert futures[0].result(0).told == 1
    assert futures[2].result(0).incidents
    with pytest.raises(RuntimeError):
        futures[1].result(0)
    assert bench.sql("SELECT count(*) FROM alert WHERE name = 'never'") == [(0,)]
    assert bench.sql("SELECT count(*) FROM event WHERE what = 'half'") == [(0,)]


def test_an_alert_that_the_store_cannot_hold_costs_only_itself(bench: Bench) -> None:
    good = bench.alert(name="好")
    poison = replace(bench.alert(name="毒", severity="critical"), starts_at=1 << 70)
    call = Call("alertmanager", bench.now, (good, poison), {"a": "b"})
    future = bench.writer.hand_in(TellCall(bench.rules, call))
    bench.writer.step()
    assert future.result(0).told == 1
    texts = [text for _kind, text in bench.sms()]
    assert any("好" in text for text in texts)
    assert any("毒" in text for text in texts)
    assert bench.sql("SELECT status FROM intake") == [("bad",)]


def test_a_store_that_is_away_is_said_to_everybody_and_nothing_is_kept(file_bench: Bench) -> None:
    other = sqlite3.connect(file_bench.config.store.removeprefix("sqlite:///"), timeout=0)
    with file_bench.store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    other.execute("BEGIN IMMEDIATE")
    future = file_bench.writer.hand_in(a_call(file_bench, "等"))
    file_bench.writer.step()
    with pytest.raises(StoreUnavailable, match="locked"):
        future.result(0)
    other.rollback()
    other.close()
    assert file_bench.post(file_bench.alert(name="等")).told == 1


def test_a_batch_is_one_commit_and_a_fixed_number_of_reads(file_bench: Bench) -> None:
    counts = []
    for size in (1, 40):
        with traced(file_bench.store) as statements:
            for number in range(size):
                file_bench.writer.hand_in(a_call(file_bench, f"{size}-{number}"))
            file_bench.writer.step()
        reads = [each for each in statements if each.lstrip().startswith("SELECT")]
        assert sum(each == "COMMIT" for each in statements) == 1
        counts.append(len(reads))
    assert counts[0] == counts[1] <= 9


def test_what_is_handed_in_after_the_stop_is_refused(bench: Bench) -> None:
    bench.writer.start()
    future = bench.writer.hand_in(a_call(bench, "先"))
    bench.writer.stop()
    assert future.result(1).told == 1
    with pytest.raises(StoreUnavailable):
        bench.writer.hand_in(a_call(bench, "后")).result(0)
