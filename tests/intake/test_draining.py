"""The spool is drained into the judge: once each, the late ones in one digest, nothing lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sms_notify.draining import drain, spool_trouble
from sms_notify.errors import StoreUnavailable
from sms_notify.model import HOUR, MINUTE, SECOND
from tests.intake.conftest import MORNING, Bench
from tests.test_spool import content, left, write


def problem(number: int, *, over: bool = False, sendto: str = "值班") -> tuple[str, str, str]:
    """What Zabbix calls the script with, by our own media type."""
    lines = [f"event_id: {number}", f"name: 磁盘满{number}", "host: db-01", "severity: 4"]
    lines.append(f"event_value: {0 if over else 1}")
    if over:
        lines.append("recovery_id: 99")
    return sendto, f"PROBLEM {number}", "\r\n".join([*lines, "text:", ""])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "spool"
    made.mkdir()
    return made


def run(bench: Bench, folder: Path) -> int:
    def judge(items: Sequence[Any]) -> None:
        for item in items:
            bench.writer.judge_now(item)

    return drain(folder, bench.rules, bench.now, judge)


def put(folder: Path, number: int, age: int, *, over: bool = False) -> None:
    at = MORNING - age
    write(folder, f"{number}-{over}.zabbix", content(*problem(number, over=over), called_at=at), at)


def test_a_call_that_waited_a_little_is_told_like_any_other(bench: Bench, folder: Path) -> None:
    put(folder, 1, MINUTE)
    assert run(bench, folder) == 1
    assert bench.kinds() == ["first"]
    assert left(folder) == []


def test_an_entry_that_was_judged_but_not_deleted_is_known(bench: Bench, folder: Path) -> None:
    put(folder, 1, MINUTE)
    run(bench, folder)
    put(folder, 1, MINUTE)
    run(bench, folder)
    assert bench.kinds() == ["first"]


def test_late_calls_are_one_digest_and_never_single(bench: Bench, folder: Path) -> None:
    for number in range(12):
        put(folder, number, 5 * HOUR + number * SECOND)
    assert run(bench, folder) == 12
    assert bench.kinds() == []
    bench.later(MINUTE)
    assert bench.kinds() == ["digest"]
    assert "服务中断期间12条" in bench.sms()[0][1]
    assert bench.verdicts() == {"told": 12}


def test_a_problem_that_came_and_went_while_we_were_away_is_counted(
    bench: Bench, folder: Path
) -> None:
    put(folder, 1, 5 * HOUR)
    put(folder, 1, 4 * HOUR, over=True)
    put(folder, 2, 5 * HOUR)
    run(bench, folder)
    bench.later(MINUTE)
    kind, text = bench.sms()[0]
    assert kind == "digest"
    assert "已恢复1" in text


def test_nothing_is_deleted_while_nothing_can_be_stored(bench: Bench, folder: Path) -> None:
    put(folder, 1, MINUTE)

    def away(items: Sequence[Any]) -> None:
        raise StoreUnavailable("the store cannot be used")

    with pytest.raises(StoreUnavailable):
        drain(folder, bench.rules, bench.now, away)
    assert len(left(folder)) == 1
    assert run(bench, folder) == 1


def test_a_spool_that_grows_or_holds_what_cannot_be_read_is_said(
    bench: Bench, folder: Path
) -> None:
    assert spool_trouble(folder, MORNING) == {}
    put(folder, 1, 10 * MINUTE)
    assert "oldest" in spool_trouble(folder, MORNING)["spool"]
    run(bench, folder)
    write(folder, "rubbish.zabbix", b"rubbish", MORNING)
    run(bench, folder)
    assert "bad/" in spool_trouble(folder, MORNING)["spool"]
