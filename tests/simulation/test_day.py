"""A day in the life, from a seed: storms, faults of every kind, crashes between any two steps.

A failing seed is replayed with `scripts/test tests/simulation -k 'seed-N'`.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import pytest

from sms_notify.model import DAY, HOUR, MINUTE, SECOND, Alert, Call, Micros, occurrence_fingerprint
from sms_notify.simulator import Fault, Kind
from tests.simulation.test_outage import CONFIG, PEOPLE
from tests.simulation.world import MIDNIGHT, Day, World

FAULTS = (
    Kind.BUSY,
    Kind.DROP_BEFORE,
    Kind.DROP_AFTER,
    Kind.HTML,
    Kind.HTTP500,
    Kind.TRUNCATED,
    Kind.GARBAGE,
    Kind.EMPTY,
    Kind.REFUSE,
)
LEVELS = ("critical", "warning", "info")


class Monitoring:
    """An Alertmanager of the imagination: groups that fire, repeat, resolve, twice each (HA)."""

    def __init__(self, world: World, rng: Random) -> None:
        self.world = world
        self.rng = rng
        self.number = 0

    def plan(self, day: Day, start: Micros, length: Micros, groups: int) -> None:
        """Plan `groups` groups, each with a life of its own, within `length` from `start`."""
        for _ in range(groups):
            self._one_group(day, start + self.rng.randrange(length))

    def _one_group(self, day: Day, fires: Micros) -> None:
        self.number += 1
        name, level = f"告警{self.number:03}", self.rng.choice(LEVELS)
        size = self.rng.choice((1, 1, 1, 3, 12))
        alerts = tuple(self._alert(name, level, host, fires) for host in range(size))
        lasts = self.rng.choice((20 * SECOND, 5 * MINUTE, 2 * HOUR, 5 * HOUR))
        self._post(day, fires, name, alerts)
        if size > 1:
            part = self._over(alerts[:1], fires + lasts // 2) + alerts[1:]
            self._post(day, fires + lasts // 2, name, part)
        if lasts > 4 * HOUR:
            self._post(day, fires + 4 * HOUR, name, alerts[1:] or alerts)
        self._post(day, fires + lasts, name, self._over(alerts, fires + lasts))

    def _alert(self, name: str, level: str, host: int, fires: Micros) -> Alert:
        labels = {"alertname": name, "instance": f"db-{host:02}", "severity": level}
        found, word, _known = self.world.config.site.levels.of(labels)
        key = occurrence_fingerprint(labels)
        return Alert("alertmanager", key, fires, None, found, word, name, "", labels)

    def _over(self, alerts: tuple[Alert, ...], at: Micros) -> tuple[Alert, ...]:
        return tuple(replace(alert, ended_at=at) for alert in alerts)

    def _post(self, day: Day, at: Micros, name: str, alerts: tuple[Alert, ...]) -> None:
        for twin in (0, self.rng.randrange(30) * SECOND):
            call = Call("alertmanager", at + twin, alerts, {"alertname": name})
            day.at(at + twin, partial(self.world.post, call))


@pytest.mark.parametrize("seed", range(8), ids=lambda seed: f"seed-{seed}")
def test_a_day_with_storms_faults_and_crashes_loses_nothing(tmp_path: Path, seed: int) -> None:
    a_day(World(tmp_path, CONFIG, seed=seed, crash_chance=0.01), seed)


def test_a_day_on_postgresql_loses_nothing(tmp_path: Path, postgres_url: str) -> None:
    world = World(tmp_path, CONFIG, seed=8, crash_chance=0.01, url=postgres_url)
    with closing(world):
        a_day(world, seed=8)


def a_day(world: World, seed: int) -> None:
    """Live through it and check what must hold whatever happened."""
    rng = Random(seed)
    day = Day(world)
    monitoring = Monitoring(world, rng)
    monitoring.plan(day, MIDNIGHT, 20 * HOUR, groups=60)
    monitoring.plan(day, MIDNIGHT + 8 * HOUR, 2 * MINUTE, groups=60)
    for _ in range(12):
        begins = MIDNIGHT + rng.randrange(20 * HOUR)
        lasts = rng.choice((10 * SECOND, MINUTE, 20 * MINUTE))
        fault = Fault(
            rng.choice(FAULTS),
            probability=rng.choice((0.2, 0.5, 1.0)),
            since=begins,
            until=begins + lasts,
        )
        day.at(begins, partial(world.gateway.faults.add, fault))
    day.live(MIDNIGHT + DAY + 6 * HOUR)
    world.check()
    assert world.crashes > 0
    for person in PEOPLE:
        assert world.verdicts(person)["held"] == 0
        assert world.most_in(person, 15 * MINUTE) <= 15
    assert not world.states().keys() & {"held", "queued", "sending", "expired"}, world.states()
    fires = {alert.fingerprint for call in world.accepted for alert in call.alerts if alert.firing}
    told = world.sql(
        "SELECT count(*) FROM telling JOIN alert ON alert.id = telling.alert"
        " WHERE news = 'fire:' || alert.id AND person IN ('张伟', '李娜', '王磊')"
    )
    assert told == [(3 * len(fires),)]


def test_the_same_seed_makes_the_same_day(tmp_path: Path) -> None:
    days = []
    for run in ("one", "two"):
        (tmp_path / run).mkdir()
        world = World(tmp_path / run, CONFIG, seed=3, crash_chance=0.01)
        day = Day(world)
        Monitoring(world, Random(3)).plan(day, MIDNIGHT, 2 * HOUR, groups=20)
        world.gateway.faults.add(Fault(Kind.DROP_AFTER, probability=0.2))
        day.live(MIDNIGHT + 8 * HOUR)
        days.append((world.crashes, sorted(world.arrived().items()), world.states()))
    assert days[0] == days[1]
