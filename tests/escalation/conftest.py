"""A site with a chain of three, on the bench of judging: on call, next in line, a team."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sms_notify.escalation import Arm, inputs
from sms_notify.intake.answering import acknowledge
from sms_notify.intake.ledger import Ledger
from sms_notify.intake.rules import rules
from sms_notify.model import Alert, Micros
from sms_notify.store import timers
from sms_notify.store.facts import Incident, Keys
from tests.intake.conftest import (
    Bench,
    bench,
    file_bench,
    make_bench,
    postgresql_url,
    store_url,
)

__all__ = ["bench", "file_bench", "make_bench", "postgresql_url", "store_url"]

CHAIN = """
store: sqlite:///bench.db
gateways: [{name: g, type: wavecom, account: mysms, password: wordless9, urls: ["http://127.0.0.1:1"]}]
people:
  张伟: {phone: "+8613800000001"}
  李娜: {phone: "+8613800000002"}
  王磊: {phone: "+8613800000003"}
  赵敏: {phone: "+8613800000004"}
schedules:
  值班: {rotate: [张伟, 李娜], every: 1d, handoff: "10:00", since: 2026-01-01}
receivers:
  - name: 数据库
    steps:
      - {to: 值班, wait: 5m}
      - {to: 值班+1, wait: 10m}
      - {to: [王磊, 张伟], wait: 15m}
    ack_timeout: 1h
  - {name: 兜底, to: 赵敏}
route:
  receiver: 兜底
  routes: [{matchers: ['team="dba"'], receiver: 数据库}]
"""
ON_CALL, NEXT = "李娜", "张伟"
"""At the moment at which a bench begins: 2026-11-18 19:06:40 in Shanghai."""


class Act:
    """An Input made of a function, as replies and commands have one of their own."""

    alerts = 1

    def __init__(self, number: int, what: Callable[[Ledger, Incident], Any], people: Any) -> None:
        self.number, self.what, self.people = number, what, people

    def wants(self, now: Micros) -> Keys:
        return Keys(incidents={self.number}, people=set(self.people))

    def judge(self, ledger: Ledger, now: Micros) -> Any:
        found = ledger.incident(self.number)
        assert found is not None
        return self.what(ledger, found)


class Chains:
    """A bench with what tests of chains say over and over."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.started = bench.now

    def fire(self, name: str = "主从延迟", **labels: str) -> Alert:
        alert = self.bench.alert(name, team="dba", **labels)
        self.bench.post(alert)
        return alert

    def reload(self, old: str, new: str) -> None:
        from sms_notify import config

        assert old in self.text
        text = self.text.replace(old, new)
        self.bench.config = config.parse(text, path=self.bench.config.path)
        self.bench.rules = rules(self.bench.config)

    text = CHAIN

    def arm(self) -> None:
        self.bench.writer.judge_now(Arm(self.bench.rules))

    def act(self, what: Callable[[Ledger, Incident], Any], number: int = 1) -> Any:
        return self.bench.writer.judge_now(Act(number, what, self.bench.config.people))

    def ack(self, who: str, number: int = 1) -> None:
        self.act(lambda ledger, one: acknowledge(ledger, one, who, "by SMS"), number)

    def mute(self, span: Micros, number: int = 1) -> None:
        until = self.bench.now + span
        self.act(lambda ledger, one: ledger.change_incident(number, muted_until=until), number)

    def fire_timers(self) -> None:
        """What is due now, once, as one process finds it."""
        with self.bench.store.reading() as tx:
            due = timers.due(tx, self.bench.now)
        for item in inputs(self.bench.rules, due):
            self.bench.writer.judge_now(item)

    def told(self) -> list[tuple[int, str, str]]:
        """(minutes since the start, who, kind) of every SMS, in order."""
        rows = self.bench.sql(
            "SELECT queued_at, person, kind FROM message WHERE state <> 'folded' ORDER BY id"
        )
        return [((row[0] - self.started) // 60_000_000, row[1], row[2]) for row in rows]

    def happened(self, number: int = 1) -> list[str]:
        rows = self.bench.sql(
            "SELECT what FROM event WHERE about = 'incident' AND about_id = :n ORDER BY id",
            n=number,
        )
        return [row[0] for row in rows]

    def fail(self, person: str) -> None:
        """What is queued for this person fails, and settling says so."""
        now = self.bench.now
        self.bench.sql(
            "UPDATE message SET state = 'failed' WHERE person = :p AND state = 'queued'", p=person
        )
        self.bench.sql("UPDATE timer SET due_at = :n WHERE kind = 'step'", n=now)


@pytest.fixture
def chains(make_bench: Any) -> Chains:
    return Chains(make_bench(CHAIN))


@pytest.fixture
def make_chains(make_bench: Any) -> Callable[[str], Chains]:
    def make(text: str) -> Chains:
        made = Chains(make_bench(text))
        made.text = text
        return made

    return make
