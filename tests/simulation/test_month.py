"""A month with delivery reports, from a seed: 5 % fail, some never come, crashes between steps."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sms_notify.model import DAY, HOUR, MINUTE, SECOND
from sms_notify.simulator import Call, Fate, Fault, Kind, Options
from tests.simulation.test_day import Monitoring
from tests.simulation.world import MIDNIGHT, Day, World
from tests.spread import thorough

CONFIG = """
store: sqlite:///world.db
global: {signature: 星云运维}
gateways:
  - {name: g, type: wavecom, account: mysms, password: wordless9,
     urls: ["http://10.0.0.1:8088", "http://10.0.0.2:8088"], poll: {reports: 30s, replies: 0}}
people:
  张伟: {phone: ["+8613800000001", "+8613900000001"]}
  李娜: {phone: ["+8613800000002", "+8613900000002"]}
  王磊: {phone: "+8613800000003"}
receivers: [{name: 三人, to: [张伟, 李娜, 王磊]}]
route: {receiver: 三人}
"""
FATES = (*[Fate.DELIVERED] * 92, *[Fate.FAILED] * 5, Fate.NONE, Fate.NEVER, Fate.LOST)


class Dice(dict[str, Fate]):
    """What becomes of each SMS, whoever gets it."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.rng = Random(seed)

    def get(self, phone: str, default: Any = None) -> Any:
        return self.rng.choice(FATES)


class Reporting(World):
    """A world whose gateway decides anew for each SMS what becomes of it."""

    def __init__(self, folder: Path, seed: int, crash_chance: float) -> None:
        super().__init__(folder, CONFIG, seed, crash_chance)
        self.gateway.options = Options(report_delay=8 * SECOND)
        self.gateway.fates = Dice(seed)

    def arrived(self) -> Counter[tuple[str, str]]:
        """What the gateway took: not all of it reaches a phone here."""
        pairs = self.sql("SELECT DISTINCT phone, text FROM message")
        keys = [(phone.removeprefix("+86"), said) for phone, said in pairs]
        return Counter({key: self.gateway.truth.accepted(*key) for key in keys})


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(thorough(1, 2)), ids=lambda seed: f"seed-{seed}")
def test_a_month_with_reports_failures_and_crashes(tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    world = Reporting(tmp_path, seed, crash_chance=0.002)
    day = Day(world)
    monitoring = Monitoring(world, rng)
    for number in range(30):
        begins = MIDNIGHT + number * DAY
        monitoring.plan(day, begins, 20 * HOUR, groups=6)
        world.gateway.faults.add(
            Fault(
                rng.choice((Kind.DROP_AFTER, Kind.BUSY, Kind.HTTP500, Kind.REFUSE)),
                frozenset({rng.choice((Call.SEND, Call.REPORTS))}),
                probability=0.3,
                since=begins + 3 * HOUR,
                until=begins + 3 * HOUR + 20 * MINUTE,
            )
        )
    day.live(MIDNIGHT + 31 * DAY)
    states = world.states()
    reports = world.sql("SELECT count(*), sum(message IS NULL), max(times) FROM report")
    lost = world.sql("SELECT count(*) FROM request WHERE outcome = 'lost' AND kind = 'reports'")
    followed = world.sql("SELECT count(*) FROM message WHERE follows IS NOT NULL")
    print(f"{world.crashes} crashes, {dict(states)}, {reports}, lost {lost}, followed {followed}")
    assert world.crashes > 20
    assert not states.keys() & {"held", "queued", "sending"}
    assert reports[0][2] == 1, "no report was handed out or applied twice"
    for number, reason in world.sql("SELECT id, reason FROM message WHERE state = 'failed'"):
        assert reason == "report"
        acted = world.sql(
            "SELECT count(*) FROM event WHERE about = 'message' AND about_id = :n"
            " AND what IN ('next_phone', 'next_step')",
            n=number,
        )
        assert acted[0][0] <= 1
    world.check()
