"""What waits for somebody is judged again every minute: that costs what it is, not its square."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sms_notify.model import HOUR, MINUTE

from .conftest import Bench

ALERTS = 10


def calls(work: Callable[[], None]) -> int:
    """How many functions are called meanwhile: unlike time, the same on every machine."""
    number = 0

    def count(_frame: Any, event: str, _given: Any) -> None:
        nonlocal number
        number += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return number


def cost(folder: Path, incidents: int) -> tuple[int, int]:
    """What it costs to judge again one digest of so many incidents; and its pieces of news."""
    folder.mkdir()
    bench = Bench(folder)
    bench.gateway_works = False
    for number in range(incidents):
        hosts = [f"db-{host:02}" for host in range(ALERTS)]
        bench.post(*[bench.alert(f"告警{number}", instance=host) for host in hosts])
    bench.later(HOUR)  # what the windows held became one message, which cannot leave
    bench.later(2 * MINUTE)
    bench.judge_again("张伟")
    bench.later(2 * MINUTE)
    spent = calls(lambda: bench.judge_again("张伟"))
    [[inside]] = bench.sql("SELECT max(n) FROM (SELECT count(*) n FROM telling GROUP BY message) x")
    bench.store.close()
    return spent, inside


def test_a_digest_of_many_is_judged_again_for_what_it_is(tmp_path: Path) -> None:
    few, inside_few = cost(tmp_path / "few", 10)
    many, inside_many = cost(tmp_path / "many", 40)
    assert (inside_few, inside_many) == (10 * ALERTS, 40 * ALERTS)
    assert many < 5 * few, f"{few} calls for {inside_few}, {many} for {inside_many}"
