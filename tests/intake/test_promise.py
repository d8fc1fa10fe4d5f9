"""Enough, not too much: no person gets more than fifteen in any fifteen minutes, whatever ends."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from sms_notify.model import DAY, HOUR, MINUTE, SECOND, Alert
from tests.intake.conftest import Bench
from tests.intake.test_muting import Mute
from tests.intake.test_quiet import moment, quiet

PEOPLE = ("张伟", "李娜", "王磊")
SITES = ("east", "west")


class Evening:
    """A random evening: alerts that come and go, mutes, answers, a gateway that stops."""

    def __init__(self, bench: Bench, seed: int) -> None:
        self.bench = bench
        self.chance = random.Random(seed)
        self.fires: list[tuple[Alert, dict[str, str]]] = []
        self.all: dict[tuple[str, str], Alert] = {}

    def live(self, events: int) -> None:
        acts: list[Callable[[], None]] = [self.fire] * 8 + [self.end] * 3 + [self.mute] * 2
        acts += [self.gateway, self.acknowledge]
        for _ in range(events):
            self.chance.choice(acts)()
            self.bench.later(self.chance.choice([SECOND, 7 * SECOND, 40 * SECOND, 4 * MINUTE]))

    def fire(self) -> None:
        chance, name = self.chance, f"告警{self.chance.randrange(12)}"
        levels = ["critical"] + ["warning"] * 3
        alert = self.bench.alert(
            name, severity=chance.choice(levels), team=chance.choice(["two", "both", "x"]),
            site=chance.choice(SITES), instance=f"db-{chance.randrange(4)}",
        )  # fmt: skip
        group = {"n": name, "t": alert.labels["team"]}
        self.bench.post(alert, group=group)
        self.fires.append((alert, group))

    def end(self) -> None:
        if self.fires:
            alert, group = self.fires.pop(self.chance.randrange(len(self.fires)))
            self.bench.post(self.bench.ended(alert), group=group)

    def mute(self) -> None:
        rows = self.bench.sql("SELECT id FROM incident WHERE ended_at IS NULL ORDER BY id")
        if rows:
            span = self.chance.choice([None, 5 * MINUTE, HOUR])
            until = None if span is None else self.bench.now + span
            self.bench.writer.judge_now(Mute(self.chance.choice(rows)[0], until))

    def gateway(self) -> None:
        self.bench.gateway_works = not self.bench.gateway_works

    def acknowledge(self) -> None:
        self.bench.sql(
            "UPDATE incident SET state = 'acknowledged', acked_by = '李娜' WHERE id = "
            "(SELECT max(id) FROM incident WHERE state = 'open')"
        )


def most(bench: Bench, person: str, span: int) -> int:
    rows = bench.sql(
        "SELECT queued_at FROM message WHERE person = :p AND state <> 'folded' ORDER BY 1", p=person
    )
    moments = [row[0] for row in rows]
    return max((sum(at <= each < at + span for each in moments) for at in moments), default=0)


def bench_of(make_bench: Any) -> Bench:
    text = quiet(", except: 'site=\"east\"'").replace(
        "receiver: 两人}", "receiver: 两人, mute_time_intervals: [半点]}"
    )
    half = '半点: "1-7,07:30-08:30;1-7,22:30-23:00"'
    made: Bench = make_bench(text.replace("time_intervals: {", f"time_intervals: {{{half}, "))
    made.now = moment("2026-11-18 21:30")
    return made


@pytest.mark.parametrize("seed", range(3))
def test_nobody_gets_more_than_fifteen_in_a_quarter_and_nothing_is_lost(
    make_bench: Any, seed: int
) -> None:
    bench = bench_of(make_bench)
    evening = Evening(bench, seed)
    evening.live(90)
    bench.later(moment("2026-11-19 07:50") - bench.now)
    evening.live(30)
    for person in PEOPLE:
        assert most(bench, person, 15 * MINUTE) <= 5 + 8 + 2
    bench.gateway_works = True
    bench.judge_again(*PEOPLE)
    bench.later(DAY)
    waits = bench.sql(
        "SELECT person, news, reason, hold_until FROM telling WHERE message IS NULL"
        " AND (verdict = 'held' OR hold_until IS NOT NULL)"
    )
    assert waits == []
    for person in PEOPLE:
        assert most(bench, person, 15 * MINUTE) <= 5 + 8 + 2
    assert bench.sql("SELECT count(*) FROM timer WHERE kind = 'digest'") == [(0,)]


@pytest.mark.parametrize("seed", range(2))
def test_what_is_held_until_later_is_never_told_before(make_bench: Any, seed: int) -> None:
    bench = bench_of(make_bench)
    Evening(bench, 100 + seed).live(90)
    bench.later(DAY)
    early = bench.sql(
        "SELECT t.person, t.news, t.reason FROM telling t JOIN message m ON m.id = t.message"
        " WHERE t.hold_until IS NOT NULL AND m.decided_at < t.hold_until"
    )
    assert early == []
