"""The field's outage in virtual time: a storm of 2,000 alerts, the gateway dead for a minute."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from sms_notify.model import DAY, HOUR, MINUTE, SECOND
from sms_notify.simulator import Fault, Kind
from tests.simulation.world import MIDNIGHT, Day, Storm, World

CONFIG = """
store: sqlite:///world.db
global: {signature: 星云运维}
gateways:
  - {name: g, type: wavecom, account: mysms, password: wordless9,
     urls: ["http://10.0.0.1:8088", "http://10.0.0.2:8088"], poll: {reports: 0, replies: 0}}
people:
  张伟: {phone: "+8613800000001"}
  李娜: {phone: "+8613800000002"}
  王磊: {phone: "+8613800000003"}
receivers: [{name: 三人, to: [张伟, 李娜, 王磊]}]
route: {receiver: 三人}
"""
PEOPLE = ("张伟", "李娜", "王磊")
OUTAGES = {
    "refused": Fault(Kind.REFUSE, seconds=0.001),
    "http500": Fault(Kind.HTTP500),
    "answers dropped": Fault(Kind.DROP_AFTER),
    "busy": Fault(Kind.BUSY),
    "html": Fault(Kind.HTML),
}


@pytest.mark.parametrize("level", ["critical", "warning"])
@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.parametrize("crashes", [0.0, 0.02])
def test_nothing_is_lost_in_an_outage_of_a_minute(
    tmp_path: Path, outage: str, level: str, crashes: float
) -> None:
    world = World(tmp_path, CONFIG, seed=7, crash_chance=crashes)
    an_outage(world, outage, level)


@pytest.mark.parametrize("outage", ["refused", "answers dropped"])
def test_nothing_is_lost_in_an_outage_on_postgresql(
    tmp_path: Path, postgres_url: str, outage: str
) -> None:
    world = World(tmp_path, CONFIG, seed=7, crash_chance=0.02, url=postgres_url)
    with closing(world):
        an_outage(world, outage, "critical")


def an_outage(world: World, outage: str, level: str) -> None:
    """The storm and the outage, and what must hold afterwards."""
    world.gateway.faults.add(Fault(Kind.SLOW, seconds=0.05))
    storm = Storm(world, groups=40, each=50, level=level)
    began = MIDNIGHT + 10 * MINUTE
    day = Day(world)
    calls = storm.calls(began)
    fault = replace(OUTAGES[outage], since=began, until=began + MINUTE)
    day.at(began, lambda: world.gateway.faults.add(fault))
    for number, call in enumerate(calls):
        moment = began + number * SECOND
        day.at(moment, partial(world.post, call))
        if number < 2:  # 2 groups of 50 = more than the 40 that resolve in the outage
            over = storm.ends(call, began + 50 * SECOND)
            day.at(began + 50 * SECOND, partial(world.post, over))
    day.live(began + DAY // 4)
    world.check()
    for person in PEOPLE:
        assert world.verdicts(person).total() == 2_000
        assert world.verdicts(person)["held"] == 0
        assert world.most_in(person, 15 * MINUTE) <= 15
    left = world.states().keys() & {"held", "queued", "sending"}
    assert not left, world.states()
    first = min(sms.accepted_at for sms in world.gateway.phones.all())
    if outage != "answers dropped" and not world.crash_chance:  # a probe that died keeps its lease
        assert began + MINUTE <= first < began + MINUTE + 15 * SECOND


def test_the_first_sms_goes_at_once_while_the_gateway_works(tmp_path: Path) -> None:
    world = World(tmp_path, CONFIG, seed=1)
    storm = Storm(world, groups=40, each=50)
    world.run_to(MIDNIGHT + MINUTE)
    for call in storm.calls(world.clock.now):
        world.post(call)
    world.run_to(world.clock.now + HOUR)
    first = min(sms.accepted_at for sms in world.gateway.phones.all())
    assert first - (MIDNIGHT + MINUTE) < 3 * SECOND
    world.check()
