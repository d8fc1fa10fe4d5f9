"""The runner itself runs errands, between its other steps, wherever it is killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sms_notify.model import MINUTE
from sms_notify.sources import zabbix
from tests.intake.conftest import CONFIG
from tests.intake.test_zabbix import PROBLEM
from tests.simulation.world import World

from .conftest import UPSTREAM, Acknowledge, OtherSide
from .test_telling import SAID


@pytest.mark.parametrize("crash_chance", [0.0, 0.15])
def test_an_answer_is_told_by_the_runner_however_often_it_dies(
    tmp_path: Path, other: OtherSide, crash_chance: float
) -> None:
    world = World(tmp_path, CONFIG + UPSTREAM, seed=7)
    message = "".join(f"{key}: {value}\r\n" for key, value in PROBLEM.items())
    site, now = world.config.site, world.clock.now
    call = zabbix.parse_args(
        "值班", "PROBLEM: x", message, levels=site.levels, called_at=now, timezone=site.timezone
    )
    world.post(call)
    world.runner.writer.judge_now(Acknowledge(1, "张伟", "by SMS"))
    world.crash_chance = crash_chance
    world.run_to(now + 15 * MINUTE)
    assert world.sql("SELECT kind, state FROM job") == [("acknowledge", "done")]
    assert other.told
    assert all(told == SAID for told in other.told)
    assert (len(other.told) == 1) or crash_chance > 0
    world.close()
