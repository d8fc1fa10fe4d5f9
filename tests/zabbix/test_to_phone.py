"""The whole line on real programs: Zabbix, its script or webhook, `sms-notify serve`, a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from sms_notify.simulator import Simulator
from tests.programs.product import PHONE, Serve, config, texts, wait_for_texts
from tests.programs.receiver import Receiver
from tests.programs.zabbix import Zabbix

from .conftest import BY_SCRIPT, BY_WEBHOOK, TOKEN, Watched, local_zone, point

Make = Callable[..., Watched]
COMMENT = 4


@pytest.fixture
def told(
    installed: Zabbix,
    listening: Receiver,
    sim: Simulator,
    serve: Callable[[Mapping[str, Any]], Serve],
) -> Iterator[Serve]:
    """A running sms-notify that the installed script and webhook call."""
    settings = config(sim.url) | {
        "global": {"timezone": local_zone()},
        "server": {"tokens": [{"name": "zabbix", "token": TOKEN}]},
        "throttle": {"per_person": ["100/1m"]},
    }
    running = serve(settings)
    point(installed, running.url)
    yield running
    point(installed, listening.url)


@pytest.mark.parametrize(("way", "sendto"), [(BY_SCRIPT, PHONE), (BY_WEBHOOK, "值班")])
def test_problem_two_updates_and_recovery_are_one_sms_each(
    told: Serve, sim: Simulator, watched: Make, way: str, sendto: str
) -> None:
    one = watched(way, trigger="磁盘满 $(reboot) 'x'", sendto=sendto)
    one.set(91)
    one.sent(1)
    for number, message in enumerate(["正在看", "换了一块盘"], 2):
        one.update(COMMENT, message)
        one.sent(number)
    one.set(0)
    one.sent(4)
    page, looking, disk, end = wait_for_texts(sim, 4)
    assert all("磁盘满 $(reboot) 'x'" in text for text in texts(sim))
    assert page.startswith("严重 磁盘满")
    assert looking.startswith("严重 更新 磁盘满")
    assert "Zabbix:正在看 " in looking
    assert "Zabbix:换了一块盘 " in disk
    assert end.startswith("恢复 磁盘满")


def test_a_restart_of_sms_notify_makes_no_second_sms(
    told: Serve, sim: Simulator, watched: Make
) -> None:
    one = watched(BY_WEBHOOK, sendto="值班")
    one.set(1)
    wait_for_texts(sim, 1)
    told.kill()
    told.start()
    one.set(0)
    one.sent(2)
    wait_for_texts(sim, 2)
    page, end = texts(sim)
    assert page != end
