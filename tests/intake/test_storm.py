"""A storm: each of many things that come at once costs what it is, not what all of them are."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from sms_notify.escalation import inputs
from sms_notify.intake import Input, TellCall, rejudges
from sms_notify.intake.notice import Notice
from sms_notify.model import DAY, HOUR, MINUTE, Call
from sms_notify.store import loading, timers
from sms_notify.store.facts import Keys
from sms_notify.store.waiting import pieces
from tests.escalation.conftest import CHAIN

from .conftest import CONFIG, Bench

FEW, MANY = 30, 240
QUIET = """
time_intervals: {夜间: "1-7,20:00-08:00"}
"""
TWO_HEAR = ("{to: 值班+1, wait: 10m}", "{to: [张伟, 王磊], wait: 10m}")


def steps(work: Callable[[], object]) -> int:
    """How many steps the interpreter takes meanwhile: unlike time, the same on every machine."""
    number = 0

    def trace(frame: FrameType, event: str, _given: Any) -> Any:
        nonlocal number
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        number += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return number


def at_once(bench: Bench, items: Iterable[Input]) -> None:
    """Judge all of them in one batch."""
    answers = [bench.writer.hand_in(item) for item in items]
    assert bench.writer.step()
    assert not bench.writer.step()
    for each in answers:
        each.result()


def calls(bench: Bench, number: int, first: int = 0, **labels: str) -> list[TellCall]:
    """So many webhooks, each about one alert of its own group."""
    alerts = [bench.alert(instance=f"db-{first + at:04}", **labels) for at in range(number)]
    return [
        TellCall(
            bench.rules,
            Call(
                source="alertmanager",
                called_at=bench.now,
                alerts=(alert,),
                group={"instance": alert.labels["instance"]},
            ),
        )
        for alert in alerts
    ]


def with_keys(bench: Bench, number: int) -> int:
    lines = [
        TellCall(
            bench.rules,
            Call(source="line", called_at=bench.now, alerts=(alert,), group={}, key=alert.name),
        )
        for alert in (bench.alert(f"告警{at}") for at in range(number))
    ]
    return steps(lambda: at_once(bench, lines))


def notices(bench: Bench, number: int) -> int:
    said = [Notice(bench.rules, f"disk:{at}", "磁盘快满了") for at in range(number)]
    return steps(lambda: at_once(bench, said))


def copies_after_a_step(bench: Bench, number: int) -> int:
    """Whom the second step told of all of it hears the webhooks again."""
    copies = calls(bench, number, team="dba")
    at_once(bench, copies)
    bench.later(HOUR)
    spent = steps(lambda: at_once(bench, copies))
    assert bench.verdicts("王磊")["counted"] == number
    return spent


def quiet_begins(bench: Bench, number: int) -> int:
    """A digest that could not leave is looked at for what pierces the quiet hours."""
    bench.gateway_works = False
    at_once(bench, calls(bench, number))
    bench.later(20 * MINUTE)
    bench.later(40 * MINUTE)  # it is 20:06
    spent = steps(lambda: bench.judge_again("张伟"))
    assert bench.verdicts("张伟") == {"held": number}
    return spent


def out_of_sight(bench: Bench, number: int) -> int:
    """Nothing is heard of any of them for a day, then as many others come."""
    at_once(bench, calls(bench, number))
    bench.now += 2 * DAY
    with bench.store.reading() as tx:
        due = [each for each in timers.due(tx, bench.now) if each[0] == "stale"]
    others = calls(bench, number, first=number)
    spent = steps(lambda: at_once(bench, [*others, *inputs(bench.rules, due)]))
    ended = bench.sql("SELECT count(*) FROM incident WHERE end_reason = 'lost_sight'")
    assert ended == [(number,)]
    assert bench.sql("SELECT count(*) FROM alert WHERE unseen") == [(number,)]
    return spent


KINDS: dict[str, tuple[str, Callable[[Bench, int], int]]] = {
    "calls with a key": (CONFIG, with_keys),
    "notices": (CONFIG, notices),
    "nothing heard of them": (CONFIG, out_of_sight),
    "copies after a step": (CHAIN.replace(*TWO_HEAR), copies_after_a_step),
    "quiet hours with exceptions": (
        CONFIG.replace(
            '{phone: "+8613800000001"}',
            '{phone: "+8613800000001", quiet: {when: 夜间, on_call: true,'
            " except: ['job=\"db\"', 'job=\"web\"']}}",
        )
        + QUIET,
        quiet_begins,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_many_at_once_cost_as_much_each_as_few(kind: str, tmp_path: Path) -> None:
    text, cost = KINDS[kind]
    spent = []
    for number in (1, FEW, MANY):
        folder = tmp_path / str(number)
        folder.mkdir()
        bench = Bench(folder, text)
        spent.append(cost(bench, number) / number)
        bench.store.close()
    _first, few, many = spent  # the first one compiles the statements
    assert many < 1.2 * few, f"{few:.0f} steps each for {FEW}, {many:.0f} for {MANY}"


def digest_of(bench: Bench, number: int) -> None:
    """What could not leave has become one digest for each person, which cannot leave either."""
    bench.gateway_works = False
    at_once(bench, calls(bench, number))
    bench.later(20 * MINUTE)
    bench.later(2 * MINUTE)
    bench.judge_again("张伟")
    bench.later(2 * MINUTE)


def cost_among(folder: Path, others: int) -> int:
    """What it costs to judge the digest of one person again, of which as many others have one."""
    folder.mkdir()
    names = [f"人{number}" for number in range(others)]
    people = "".join(f'  {name}: {{phone: "+8613{at:09}"}}\n' for at, name in enumerate(names))
    text = CONFIG.replace("receivers:", people + "receivers:").replace(
        "{name: 值班, to: 张伟}", f"{{name: 值班, to: [{', '.join(['张伟', *names])}]}}"
    )
    bench = Bench(folder, text)
    digest_of(bench, 20)
    spent = steps(lambda: bench.judge_again("张伟"))
    bench.store.close()
    return spent


def test_a_digest_costs_the_same_however_many_others_have_one(tmp_path: Path) -> None:
    alone, among = cost_among(tmp_path / "alone", 1), cost_among(tmp_path / "among", 50)
    assert among < 1.2 * alone, f"{alone} steps with one other, {among} with fifty"


PIECE = 1700
"""Bytes that one piece of a digest may take while it is judged again."""


def test_a_digest_of_thousands_is_judged_in_little_memory(tmp_path: Path) -> None:
    """What its pieces have in common is kept once, and no row in two forms."""
    bench = Bench(tmp_path)
    digest_of(bench, 4000)
    tracemalloc.start()
    bench.judge_again("张伟")
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    bench.store.close()
    assert most < 4000 * PIECE, f"{most / 4000:.0f} bytes each"


def test_a_hundred_digests_are_judged_few_at_a_time_and_none_is_divided(bench: Bench) -> None:
    waits = {"a": 5, "b": 4, "c": 30, "d": 1, "e": 9}
    found = rejudges(bench.rules, ["e", "d", "c", "b", "a", "nobody", "a"], waits, most=10)
    assert [each.people for each in found] == [["a", "b"], ["c"], ["d", "e", "nobody"]]
    assert [each.alerts for each in found] == [9, 30, 10]
    assert rejudges(bench.rules, [], {}) == []


def test_what_waits_for_each_person_is_counted_as_it_is_loaded(bench: Bench) -> None:
    bench.gateway_works = False
    at_once(bench, calls(bench, 7, team="two"))
    bench.later(20 * MINUTE)  # a digest that is queued, for each of the two
    at_once(bench, calls(bench, 3, team="two", disk="sdb"))
    with bench.store.judging() as tx:
        facts = loading.load(tx, Keys(waiting={"张伟", "李娜"}), bench.now, memory=HOUR)
    loaded = {person: len(news) for person, news in facts.waiting.items()}
    assert loaded == pieces(bench.store, bench.now) == {"张伟": 10, "李娜": 10}
    assert any(each.telling.message is None for each in facts.waiting["张伟"])
