"""While no gateway works: what waits is held under a name, and every face says so."""

from __future__ import annotations

from pathlib import Path

from sms_notify.model import HOUR, MINUTE, SECOND
from sms_notify.simulator import Fault, Kind
from sms_notify.store.standing import standing
from tests.simulation.test_outage import CONFIG
from tests.simulation.world import MIDNIGHT, Storm, World


def test_what_waits_for_a_dead_gateway_is_held_and_leaves_when_it_works_again(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, CONFIG, seed=3)
    world.gateway.faults.add(Fault(Kind.HTTP500, until=MIDNIGHT + 5 * MINUTE))
    for call in Storm(world, groups=3, each=2, level="warning").calls(MIDNIGHT):
        world.post(call)
    world.run_to(MIDNIGHT + 2 * MINUTE)
    held = world.sql("SELECT count(*) FROM message WHERE reason = 'gateway_down'")
    assert held[0][0] > 0
    configured = [gateway.account for gateway in world.config.gateways]
    assert standing(world.runner.store, configured).gateways == {"mysms": False}
    assert world.runner.readiness() == (True, {"gateway mysms": "down"})
    world.run_to(MIDNIGHT + 5 * MINUTE + 15 * SECOND)
    assert standing(world.runner.store, configured).gateways == {"mysms": True}
    world.run_to(MIDNIGHT + HOUR)
    assert not world.states().keys() & {"held", "queued", "sending"}
    world.check()
