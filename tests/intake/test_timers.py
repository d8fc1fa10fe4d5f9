"""Several processes find the same timer due: what it is for happens once."""

from __future__ import annotations

from sms_notify.escalation import inputs
from sms_notify.store import timers

from .conftest import Bench
from .test_zabbix import Zabbix


def judged_by(bench: Bench, processes: int) -> None:
    """The next timer becomes due; each process has read so before any of them judges."""
    bench.left()
    with bench.store.reading() as tx:
        bench.now = timers.next_due(tx) or bench.now
    with bench.store.reading() as tx:
        read = [timers.due(tx, bench.now) for _ in range(processes)]
    for due in read:
        for item in inputs(bench.rules, due):
            bench.writer.judge_now(item)


def test_a_repeat_that_two_processes_find_due_is_one_sms(bench: Bench) -> None:
    Zabbix(bench).say({})
    judged_by(bench, 2)
    assert bench.kinds() == ["first", "repeat"]
    judged_by(bench, 3)
    assert bench.kinds() == ["first", "repeat", "repeat"]


def test_a_step_that_two_processes_find_due_is_one_step(bench: Bench) -> None:
    Zabbix(bench).say({})
    bench.sql("UPDATE message SET state = 'failed'")
    bench.sql("UPDATE timer SET kind = 'step', due_at = :now WHERE kind = 'repeat'", now=bench.now)
    judged_by(bench, 2)
    told = bench.sql("SELECT count(*) FROM event WHERE what = 'unreachable'")
    assert told == [(1,)]  # the only step has ended: said once
