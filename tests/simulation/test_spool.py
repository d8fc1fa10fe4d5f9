"""A spool that grows is seen, and takes nothing from those who call directly."""

from __future__ import annotations

from pathlib import Path

from sms_notify.model import MINUTE
from tests.intake.test_draining import problem
from tests.simulation.test_outage import CONFIG
from tests.simulation.world import MIDNIGHT, World
from tests.test_spool import content, write


def test_a_spool_that_grows_is_named_and_the_service_stays_ready(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    world = World(tmp_path, f"{CONFIG}\nserver: {{spool: spool}}\n", seed=1)
    write(folder, "1.zabbix", content(*problem(1), called_at=MIDNIGHT), MIDNIGHT)
    world.run_to(MIDNIGHT + 4 * MINUTE)
    assert world.runner.readiness() == (True, {})
    world.run_to(MIDNIGHT + 6 * MINUTE)
    said = {"spool": "1 calls wait, the oldest for over 5 minutes"}
    assert world.runner.readiness() == (True, said)
