"""Loading the facts of what callers bring: at most nine statements, whatever is in the batch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sms_notify.intake import TellCall
from sms_notify.model import MINUTE, Call, Micros
from sms_notify.store import loading
from sms_notify.store.facts import Facts, Keys
from sms_notify.store.sql import Transaction
from tests.intake.conftest import CONFIG, Bench

LIMITS = """
  - {name: 无人, to: 空}
schedules:
  空: {rotate: [张伟], every: 1d, handoff: "10:00", since: 2099-01-01}
checks: {tell: 李娜}
throttle: {total: [1000/1h, 5000/1d], budget: {month: 20000}}
"""
CALLS_MOST = 9
"""Statements before the writes: each is a journey to PostgreSQL and back."""


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many statements each load took."""
    counts: list[int] = []
    load = loading.load

    def counted(tx: Transaction, keys: Keys, now: Micros, *, memory: Micros) -> Facts:
        before = tx.statements
        facts = load(tx, keys, now, memory=memory)
        counts.append(tx.statements - before)
        return facts

    monkeypatch.setattr("sms_notify.intake.writer.load", counted)
    return counts


def everything(bench: Bench, of: str) -> list[Call]:
    """What is new, known, grown, over, cut short, for two people, for nobody, for a receiver that
    is not there, from a second source, and an acknowledgement in Zabbix that may be our own."""
    known, over = bench.alert(name=f"旧{of}"), bench.alert(name=f"完{of}")
    event = replace(bench.alert(name=f"事件{of}"), source="zabbix", fingerprint=f"4{of}")
    said = {
        "update": f"改{of}",
        "update_action": "acknowledged, commented",
        "update_message": "张伟 短信确认",
    }
    bench.post(known, over)
    bench.post(event, source="zabbix", group={"event": of})
    bench.now += MINUTE
    made = [
        (known, bench.alert(name=f"旧{of}", instance="db-02"), bench.ended(over)),
        tuple(bench.alert(name=f"新{of}", instance=f"db-{number}") for number in range(20)),
        (bench.alert(name=f"两{of}", team="both"), bench.alert(name=f"双{of}", team="two")),
    ]
    calls = [
        Call(
            "alertmanager", bench.now, some, {"alertname": some[0].name}, key=f"{of}{some[0].name}"
        )
        for some in made
    ]
    unseen = replace(calls[0], key=None, truncated=5)
    return [
        *calls,
        unseen,
        Call("alertmanager", bench.now, (bench.alert(name=f"空{of}"),), {}, receiver="无人"),
        Call("alertmanager", bench.now, (bench.alert(name=f"错{of}"),), {}, receiver="没有"),
        Call("zabbix", bench.now, (replace(event, annotations=said),), {"event": of}),
    ]


def test_callers_are_judged_with_nine_reads_whatever_they_bring(
    make_bench: Any, loads: list[int]
) -> None:
    bench = make_bench(CONFIG.replace("route:", LIMITS.lstrip("\n") + "route:"))
    batches = [[call] for call in everything(bench, "单")]
    batches += [everything(bench, "一"), everything(bench, "二") + everything(bench, "三")]
    loads.clear()
    for batch in batches:
        for call in batch:
            bench.writer.hand_in(TellCall(bench.rules, call))
        bench.writer.step()
    assert len(loads) == len(batches)
    assert max(loads) <= CALLS_MOST
