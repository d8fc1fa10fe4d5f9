"""sms-notify is down while Zabbix goes on: what the script kept is told once, and accounted for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sms_notify.simulator import Simulator
from tests.acceptance.site import WIDE, rows, store_of
from tests.programs.process import wait_until
from tests.programs.product import Serve, config, texts, wait_for_texts
from tests.programs.receiver import Receiver
from tests.programs.zabbix import Zabbix

from .conftest import BY_SCRIPT, TOKEN, Watched, local_zone, point

Make = Callable[..., Watched]
ACKNOWLEDGE, COMMENT = 2, 4
HOUR = 3600


@pytest.fixture
def down(
    installed: Zabbix,
    listening: Receiver,
    spool_folder: Path,
    sim: Simulator,
    serve: Callable[[Mapping[str, Any]], Serve],
) -> Iterator[Serve]:
    """An sms-notify that the installed script calls, and that does not run."""
    settings = config(sim.url) | {
        "global": {"timezone": local_zone()},
        "server": {"tokens": [{"name": "zabbix", "token": TOKEN}], "spool": str(spool_folder)},
        "throttle": WIDE,
    }
    stopped = serve(settings)
    point(installed, stopped.url)
    stopped.kill()
    yield stopped
    point(installed, listening.url)


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.zabbix"))


def age(folder: Path, seconds: int) -> None:
    """As if the script had been called so much earlier."""
    for entry in kept(folder):
        magic, called_at, *rest = entry.read_bytes().split(b"\0")
        earlier = str(int(called_at) - seconds).encode()
        entry.write_bytes(b"\0".join([magic, earlier, *rest]))


def verdicts(serve: Serve) -> dict[str, int]:
    return dict(rows(store_of(serve), "SELECT verdict, count(*) FROM telling GROUP BY verdict"))


def nothing_more(sim: Simulator, serve: Serve, number: int) -> None:
    """So many SMS, and no more once nothing is on its way and no digest is due."""
    due = "SELECT count(*) FROM timer WHERE kind = 'digest'"
    wait_until("no digest to be due", lambda: rows(store_of(serve), due) == [(0,)])
    on_its_way = "SELECT count(*) FROM message WHERE state IN ('held', 'queued', 'sending')"
    wait_until("nothing on its way", lambda: rows(store_of(serve), on_its_way) == [(0,)])
    assert len(texts(sim)) == number


def test_a_whole_problem_is_told_in_one_sms(
    down: Serve, sim: Simulator, watched: Make, spool_folder: Path
) -> None:
    one = watched(BY_SCRIPT, sendto="值班")
    one.set(91)
    one.sent(1)
    one.update(COMMENT, "正在看")
    one.sent(2)
    one.set(0)
    one.sent(3)
    assert len(kept(spool_folder)) == 3
    down.start()
    [digest] = wait_for_texts(sim, 1)
    assert digest == "服务中断期间1条:磁盘满x1 严重1 已恢复1"
    nothing_more(sim, down, 1)
    assert kept(spool_folder) == []
    assert verdicts(down) == {"told": 2, "never_told": 1}


def test_what_still_burns_is_told_at_once_and_its_end_when_it_comes(
    down: Serve, sim: Simulator, watched: Make, spool_folder: Path
) -> None:
    one = watched(BY_SCRIPT, sendto="值班")
    one.set(91)
    one.sent(1)
    one.update(ACKNOWLEDGE | COMMENT, "我来处理")
    one.sent(2)
    down.start()
    # two requests side by side: the gateway may have either first
    update, page = sorted(wait_for_texts(sim, 2))
    assert page.startswith(f"严重 磁盘满 上海-{one.name} ")
    assert update.startswith(f"严重 已确认 磁盘满 上海-{one.name} Zabbix:我来处理 ")
    assert kept(spool_folder) == []
    one.set(0)
    one.sent(3)
    assert wait_for_texts(sim, 3)[-1].startswith("恢复 磁盘满")
    nothing_more(sim, down, 3)


def test_what_is_older_than_expires_goes_in_one_digest(
    down: Serve, sim: Simulator, watched: Make, spool_folder: Path
) -> None:
    problems = [watched(BY_SCRIPT, sendto="值班") for _ in range(3)]
    for each in problems:
        each.set(91)
        each.sent(1)
    assert len(kept(spool_folder)) == 3
    age(spool_folder, 3 * HOUR)
    down.start()
    [digest] = wait_for_texts(sim, 1)
    assert digest == "服务中断期间3条:磁盘满x3 严重3"
    nothing_more(sim, down, 1)
    for each in problems:
        each.set(0)
        each.sent(2)
    assert len(wait_for_texts(sim, 4)) == 4


def test_a_kill_after_the_first_look_makes_no_second_sms(
    down: Serve, sim: Simulator, watched: Make, spool_folder: Path
) -> None:
    problems = [watched(BY_SCRIPT, sendto="值班") for _ in range(3)]
    for each in problems:
        each.set(91)
        each.sent(1)
    for _ in range(3):
        down.launch()
        wait_until("the store", lambda: store_of(down).exists())
        time.sleep(0.2)  # somewhere between starting and the last SMS
        down.kill()
    down.start()
    wait_until("the spool to be empty", lambda: not kept(spool_folder))
    told = "SELECT count(*), count(DISTINCT incident) FROM message"
    assert rows(store_of(down), told) == [(3, 3)]
    assert len(set(texts(sim))) == len(texts(sim))
