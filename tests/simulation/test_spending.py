"""A month whose budget runs out, and a night whose quiet hours are changed: through the runner."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import IntegrityError

import pytest

from sms_notify import config
from sms_notify.model import HOUR, MINUTE
from tests.simulation.test_outage import CONFIG
from tests.simulation.world import MIDNIGHT, Storm, World

SITE = CONFIG.replace("password: wordless9,", "password: wordless9, balance: {every: 0},")
LIMITED = SITE.replace(
    "route: {receiver: 三人}",
    "route: {receiver: 三人}\nchecks: {tell: 李娜}\nthrottle: {budget: {month: 10}}",
)
NIGHT = (
    SITE.replace('2"}', '2", quiet: {when: 夜}}') + '\ntime_intervals: {夜: "1-7,22:00-10:00"}\n'
)  # MIDNIGHT is 00:00 in Shanghai


def told(world: World, phone: str = "13800000002") -> list[str]:
    return [sms.text for sms in world.gateway.inbox(phone)]


def storm(world: World, groups: int, level: str = "warning") -> None:
    for call in Storm(world, groups, 1, level=level).calls(world.clock.now):
        world.post(call)


def reload(world: World, text: str) -> None:
    made = config.parse(text, path=world.config.path)
    world.config = made
    world.runner.reload(made)


def test_the_operator_hears_once_that_a_budget_ends_and_critical_pages_go_on(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, LIMITED, seed=3)
    for _ in range(4):
        storm(world, 1)
        world.run_to(world.clock.now + 40 * MINUTE)
        world.clock.now += 1
    said = [text for text in told(world) if "预算" in text]
    assert len(said) == 2
    assert "本月短信已用9条,预算10条" in said[0]
    assert "已用完" in said[1]
    before = len(world.gateway.phones.all())
    storm(world, 2)
    world.run_to(world.clock.now + 4 * HOUR)
    assert len(world.gateway.phones.all()) == before
    storm(world, 1, level="critical")
    world.run_to(world.clock.now + 4 * HOUR)
    assert len(world.gateway.phones.all()) == before + 3
    assert len([text for text in told(world) if "预算" in text]) == 2


def test_what_could_not_be_stored_is_said_when_it_can(tmp_path: Path) -> None:
    world = World(tmp_path, LIMITED, seed=3)
    with world.runner.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON message WHEN NEW.kind = 'notice'"
            " BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
    for _ in range(2):
        storm(world, 1)
        world.run_to(world.clock.now + 40 * MINUTE)
        world.clock.now += 1
    storm(world, 1)
    with pytest.raises(IntegrityError, match="no room"):
        world.run_to(world.clock.now + 40 * MINUTE)
    with world.runner.store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER full")
    world.clock.now += 2 * MINUTE
    world._tick()
    world.run_to(world.clock.now + MINUTE)
    assert ["预算" in text for text in told(world)].count(True) == 1


def test_a_larger_budget_lets_go_at_the_reload_what_was_held(tmp_path: Path) -> None:
    world = World(tmp_path, LIMITED.replace("month: 10", "month: 3"), seed=3)
    storm(world, 1)
    world.run_to(MIDNIGHT + 5 * MINUTE)
    storm(world, 2)
    world.run_to(MIDNIGHT + 30 * MINUTE)
    assert len(told(world, "13800000001")) == 1
    reload(world, LIMITED)
    world.run_to(MIDNIGHT + 31 * MINUTE)
    assert len(told(world, "13800000001")) == 2


def test_quiet_hours_that_a_reload_takes_away_are_over(tmp_path: Path) -> None:
    world = World(tmp_path, NIGHT, seed=3)
    storm(world, 2)
    world.run_to(MIDNIGHT + HOUR)
    assert told(world) == []
    reload(world, NIGHT.replace("22:00-10:00", "22:00-09:00"))  # shorter: still quiet now
    world.run_to(MIDNIGHT + 2 * HOUR)
    assert told(world) == []
    reload(world, SITE)
    world.run_to(MIDNIGHT + 2 * HOUR + MINUTE)
    assert len(told(world)) == 1


def test_quiet_hours_end_on_time_though_the_process_dies_all_night(tmp_path: Path) -> None:
    world = World(tmp_path, NIGHT, seed=11, crash_chance=0.05)
    storm(world, 4)
    world.run_to(MIDNIGHT + 10 * HOUR - 1)
    assert told(world) == []
    world.run_to(MIDNIGHT + 10 * HOUR + 10 * MINUTE)  # a send whose process died is sent again
    assert len(set(told(world))) == 1
    world.check()
