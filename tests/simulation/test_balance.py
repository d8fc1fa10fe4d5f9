"""A prepaid balance that runs out in the evening: who hears of it, what waits, what goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sms_notify import config
from sms_notify.model import HOUR, MINUTE
from sms_notify.simulator import Account
from tests.simulation.test_outage import CONFIG
from tests.simulation.world import MIDNIGHT, Storm, World

PAID = CONFIG.replace(
    "password: wordless9,", "password: wordless9, balance: {every: 10m, warn_below: 30},"
).replace("route: {receiver: 三人}", "route: {receiver: 三人}\nchecks: {tell: 李娜}")


def world_with(folder: Path, left: int, text: str = PAID) -> World:
    world = World(folder, text, seed=5)
    pay(world, left)
    return world


def pay(world: World, left: int) -> None:
    world.gateway.put_account(replace(world.gateway.account("mysms"), balance=left))


def test_the_one_who_is_named_hears_that_it_is_low(tmp_path: Path) -> None:
    world = world_with(tmp_path, 20)
    world.run_to(MIDNIGHT + 3 * HOUR)
    told = [(sms.phone, sms.text) for sms in world.gateway.phones.all()]
    assert told == [("13800000002", "【星云运维】短信账号mysms余额20条,请充值")]


def test_what_an_empty_balance_keeps_leaves_when_it_is_topped_up(tmp_path: Path) -> None:
    world = world_with(tmp_path, 0)
    for call in Storm(world, groups=2, each=3).calls(MIDNIGHT):
        world.post(call)
    world.run_to(MIDNIGHT + 20 * MINUTE)
    assert not world.gateway.phones.all()
    assert world.runner.readiness()[1] == {"gateway mysms": "down"}
    pay(world, 100)
    world.run_to(MIDNIGHT + 22 * MINUTE)
    assert world.runner.readiness()[1] == {}
    world.run_to(MIDNIGHT + 2 * HOUR)
    assert not world.states().keys() & {"held", "queued", "sending", "failed"}
    world.check()


def test_a_corrected_password_and_a_reload_are_enough(tmp_path: Path) -> None:
    world = world_with(tmp_path, 100)
    world.gateway.put_account(Account("mysms", "changed-word-7", balance=100))
    for call in Storm(world, groups=1, each=1).calls(MIDNIGHT):
        world.post(call)
    world.run_to(MIDNIGHT + 5 * MINUTE)
    assert world.sql("SELECT circuit, reason FROM gateway") == [("open", "login")]
    mended = PAID.replace("wordless9", "changed-word-7")
    world.config = config.parse(mended, path=tmp_path / "config.yaml")
    world.runner.reload(world.config)
    world.run_to(MIDNIGHT + 5 * MINUTE + MINUTE // 2)
    assert world.states() == {"sent": 3}
    world.check()


def test_the_fallback_carries_the_pages_and_tells_the_operator(tmp_path: Path) -> None:
    second = '  - {name: b, type: wavecom, account: other, password: wordless8, urls: ["http://10.0.0.9"]}'
    world = world_with(tmp_path, 0, PAID.replace("people:", f"{second}\npeople:"))
    world.gateway.put_account(Account("other", "wordless8", balance=1_000))
    for call in Storm(world, groups=1, each=1).calls(MIDNIGHT):
        world.post(call)
    world.run_to(MIDNIGHT + 2 * MINUTE)
    assert world.sql("SELECT DISTINCT gateway, state FROM message") == [("b", "delivered")]
    texts = {sms.text for sms in world.gateway.inbox("13800000002")}
    assert "【星云运维】短信账号mysms余额不足,请充值" in texts
