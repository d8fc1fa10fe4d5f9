"""Chains in virtual time: a gateway that fails, a process that dies between any two steps."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from sms_notify.model import HOUR, MINUTE, Alert, Call, Micros, occurrence_fingerprint
from sms_notify.simulator import Fault, Kind
from tests.simulation.world import MIDNIGHT, World

CONFIG = """
store: sqlite:///world.db
gateways:
  - {name: 主通道, type: wavecom, account: mysms, password: wordless9,
     urls: ["http://127.0.0.1:1"], poll: {reports: 0, replies: 0}}
people:
  张伟: {phone: "+8613800000001"}
  李娜: {phone: "+8613800000002"}
  王磊: {phone: "+8613800000003"}
  赵敏: {phone: "+8613800000004"}
schedules:
  值班: {rotate: [张伟, 李娜], every: 1d, handoff: "10:00", since: 2026-01-01}
receivers:
  - name: 数据库
    steps: [{to: 值班, wait: 5m}, {to: 王磊, wait: 10m}]
    rounds: 2
  - {name: 兜底, to: 赵敏}
route: {receiver: 兜底, routes: [{matchers: ['alertname=~".+"'], receiver: 数据库}]}
throttle: {per_person: [50/1h], critical: [50/1h]}
"""
HANDOFF: Micros = MIDNIGHT + 10 * HOUR


def fire(world: World, name: str) -> None:
    now = world.clock.now
    labels = {"alertname": name, "instance": "db-01", "severity": "critical"}
    level, word, _known = world.config.site.levels.of(labels)
    key = occurrence_fingerprint(labels)
    alert = Alert("alertmanager", key, now, None, level, word, name, "", labels)
    world.post(Call("alertmanager", now, (alert,), {"alertname": name}))


def news(world: World) -> Counter[tuple[str, str]]:
    """(who, which news) → how often it was decided."""
    rows = world.sql("SELECT person, news, count(*) FROM telling GROUP BY person, news")
    return Counter({(row[0], row[1]): row[2] for row in rows})


@pytest.mark.parametrize("seed", range(2), ids=lambda seed: f"seed-{seed}")
def test_whenever_it_dies_no_step_is_lost_and_none_fires_twice(tmp_path: Path, seed: int) -> None:
    world = World(tmp_path, CONFIG, seed=seed, crash_chance=0.05)
    with closing(world):
        _live(world)


def test_on_postgresql_no_step_is_lost_and_none_fires_twice(
    tmp_path: Path, postgres_url: str
) -> None:
    world = World(tmp_path, CONFIG, seed=9, crash_chance=0.05, url=postgres_url)
    with closing(world):
        _live(world)


def _live(world: World) -> None:
    world.gateway.faults.add(Fault(Kind.DROP_AFTER, probability=0.2))
    world.gateway.faults.add(Fault(Kind.BUSY, probability=0.2))
    for number in range(4):
        world.run_to(MIDNIGHT + number * 7 * MINUTE)
        fire(world, f"告警{number}")
    world.run_to(MIDNIGHT + 80 * MINUTE)
    assert world.crashes > 0
    told = news(world)
    for who, which in (("王磊", "step:0.1"), ("王磊", "step:1.1"), ("赵敏", "step:1.2")):
        assert told[who, which] == 4, told
    on_call = {who for who, which in told if which == "step:1.0"}
    assert sum(told[who, "step:1.0"] for who in on_call) == 4
    events = dict(world.sql("SELECT what, count(*) FROM event WHERE about = 'incident' GROUP BY 1"))
    assert events["next_step"] == 4 * 3
    assert events["unanswered"] == 4
    world.check()


def test_a_step_waits_from_its_sms_also_when_the_gateway_was_down(tmp_path: Path) -> None:
    world = World(tmp_path, CONFIG, seed=1)
    with closing(world):
        world.gateway.faults.add(Fault(Kind.REFUSE, until=MIDNIGHT + 4 * MINUTE))
        fire(world, "告警")
        world.run_to(MIDNIGHT + HOUR)
        sent = world.sql("SELECT sent_at FROM message WHERE person = '李娜' ORDER BY id")[0][0]
        [next_at] = world.sql("SELECT at FROM telling WHERE news = 'step:0.1'")[0]
        assert sent > MIDNIGHT + 3 * MINUTE
        assert next_at == sent + 5 * MINUTE


@pytest.mark.parametrize("seed", range(2), ids=lambda seed: f"seed-{seed}")
def test_whenever_it_dies_a_handoff_is_told_once(tmp_path: Path, seed: int) -> None:
    text = CONFIG.replace("wait: 5m", "wait: 8h")
    world = World(tmp_path, text, seed=seed, crash_chance=0.1)
    with closing(world):
        world.run_to(HANDOFF - 10 * MINUTE)
        for number in range(3):
            fire(world, f"告警{number}")
        world.run_to(HANDOFF + 10 * MINUTE)
        handed = world.sql(
            "SELECT person, count(*), count(DISTINCT message) FROM telling"
            " WHERE news LIKE 'handoff:%' GROUP BY person"
        )
        assert world.crashes > 0
        assert handed == [("张伟", 3, 1)] or handed == [("李娜", 3, 1)]
