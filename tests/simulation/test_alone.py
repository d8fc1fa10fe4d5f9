"""Whether others spend from a balance: the gateway's own ledger is the truth, whatever crosses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sms_notify.model import HOUR, MINUTE, SECOND
from sms_notify.simulator import Call, Fault, Kind
from tests.simulation.test_outage import CONFIG
from tests.simulation.world import Storm, World

SITE = CONFIG.replace(
    "poll: {reports: 0, replies: 0}", "poll: {reports: 1m, replies: 50s}, balance: {every: 5m}"
).replace("route: {receiver: 三人}", "route: {receiver: 三人}\nchecks: {tell: 李娜}")
ANSWERS = ("1", "1 0", "?", "今天天气不错" * 15)
ODD = (
    Fault(Kind.DROP_AFTER, frozenset({Call.SEND}), count=1),
    Fault(Kind.DROP_BEFORE, frozenset({Call.SEND}), count=1),
    Fault(Kind.SLOW, frozenset({Call.SEND}), count=2, seconds=6.0),
    Fault(Kind.SLOW, frozenset({Call.SEND}), count=1, seconds=30.0),
    Fault(Kind.SLOW, frozenset({Call.BALANCE}), count=1, seconds=4.0),
    Fault(Kind.BUSY, frozenset({Call.SEND}), count=1),
)


def notices(world: World) -> int:
    return sum("另有程序在用" in sms.text for sms in world.gateway.inbox("13800000002"))


def read_now(world: World) -> None:
    """Have a balance read at this very moment."""
    with world.runner.store.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE gateway SET balance_due = {world.clock.now}")


def post(world: World) -> None:
    level = world.rng.choice(["critical", "warning"])
    for call in Storm(world, 1, world.rng.randint(1, 4), level=level).calls(world.clock.now):
        world.post(replace(call, group={**call.group, "n": str(world.clock.now)}))


def answer(world: World) -> None:
    phone = f"1380000000{world.rng.randint(1, 3)}"
    world.gateway.reply(phone, world.rng.choice(ANSWERS), at=world.clock.now)


def step_into(world: World) -> None:
    """Between two steps of one moment something happens."""
    for _step in world.runner.tick(world.clock.now):
        if world.rng.random() < 0.3:
            world.rng.choice([post, answer, read_now])(world)


def odd(world: World) -> None:
    world.gateway.faults.add(world.rng.choice(ODD))


def jump(world: World) -> None:
    world.clock.now += HOUR


def wait(world: World) -> None:
    rng = world.rng
    world.run_to(world.clock.now + rng.choice([0, 1, SECOND, 9 * SECOND, MINUTE]))


HAPPENINGS: tuple[Callable[[World], None], ...] = (
    post, post, post, answer, read_now, read_now, step_into, odd, jump, wait, wait,
)  # fmt: skip


def live(world: World, happenings: int) -> None:
    for _ in range(happenings):
        world.rng.choice(HAPPENINGS)(world)


@pytest.mark.parametrize("seed", range(4))
def test_nobody_else_is_suspected_where_there_is_nobody_else(tmp_path: Path, seed: int) -> None:
    world = World(tmp_path, SITE, seed)
    live(world, 40)
    world.run_to(world.clock.now + 15 * MINUTE)
    assert world.sql("SELECT what, detail FROM event WHERE what IN ('shared', 'topped_up')") == []
    assert notices(world) == 0
    assert world.sql("SELECT exact FROM gateway") == [(1,)]
    world.close()


@pytest.mark.parametrize("seed", range(2))
def test_one_who_spends_from_it_too_is_told_of_once(tmp_path: Path, seed: int) -> None:
    world = World(tmp_path, SITE, seed)
    live(world, 40)
    world.run_to(world.clock.now + 15 * MINUTE)
    for _ in range(3):
        account = world.gateway.account("mysms")
        world.gateway.put_account(replace(account, balance=account.balance - 7))
        world.run_to(world.clock.now + 10 * MINUTE)
        post(world)
    world.run_to(world.clock.now + 15 * MINUTE)
    assert notices(world) == 1
    world.close()
