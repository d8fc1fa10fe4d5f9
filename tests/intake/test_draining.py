"""The spool is drained into the judge: once each, the late ones in one digest, nothing lost."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sms_notify.draining import AT_ONCE, Stuck, drain, spool_trouble
from sms_notify.errors import StoreUnavailable
from sms_notify.model import HOUR, MINUTE, SECOND
from tests.intake.conftest import MORNING, Bench
from tests.programs.process import folder_for
from tests.test_spool import content, left, write


def problem(
    number: int, *, over: bool = False, update: str = "", severity: int = 4, sendto: str = "值班"
) -> tuple[str, str, str]:
    """What Zabbix calls the script with, by our own media type."""
    lines = [f"event_id: {number}", f"name: 磁盘满{number}", "host: db-01"]
    lines += [f"severity: {severity}", f"event_value: {0 if over else 1}"]
    if over:
        lines.append("recovery_id: 99")
    if update:
        lines += ["update_status: 1", "update_action: commented", f"update_message: {update}"]
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


def put(
    folder: Path, number: int, age: int, *, over: bool = False, update: str = "", severity: int = 4
) -> None:
    """An entry that the script wrote so long before the morning."""
    at = MORNING - age
    said = problem(number, over=over, update=update, severity=severity)
    write(folder, f"{number}-{at}.zabbix", content(*said, called_at=at), at)


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


def test_what_came_and_went_is_one_digest_or_nothing_and_never_three_texts(
    bench: Bench, folder: Path
) -> None:
    for number in (1, 2):
        put(folder, number, 3 * MINUTE)
        put(folder, number, 2 * MINUTE, update="看过")
        put(folder, number, MINUTE, over=True)
    put(folder, 3, MINUTE)
    assert run(bench, folder) == 7
    bench.later(MINUTE)
    assert [kind for kind, _ in bench.sms()] == ["first", "digest"]
    digest = bench.sms()[1][1]
    assert "已恢复2" in digest


def test_the_end_of_what_was_told_before_is_one_text_also_after_updates(
    bench: Bench, folder: Path
) -> None:
    put(folder, 1, 10 * MINUTE)
    run(bench, folder)
    put(folder, 1, 4 * MINUTE, update="看过")
    put(folder, 1, 3 * MINUTE, update="换盘")
    put(folder, 1, 2 * MINUTE, over=True)
    run(bench, folder)
    bench.later(MINUTE)
    assert bench.kinds() == ["first", "resolved"]
    assert bench.sms()[1][1].startswith("恢复 磁盘满1 db-01")


def test_an_end_alone_is_told_at_once(bench: Bench, folder: Path) -> None:
    put(folder, 1, 10 * MINUTE)
    run(bench, folder)
    put(folder, 1, MINUTE, over=True)
    put(folder, 1, MINUTE, over=True)
    run(bench, folder)
    assert bench.kinds() == ["first", "resolved"]


def test_a_small_problem_that_came_and_went_has_a_verdict(bench: Bench, folder: Path) -> None:
    put(folder, 1, 3 * MINUTE, severity=2)
    put(folder, 1, MINUTE, severity=2, over=True)
    run(bench, folder)
    bench.later(MINUTE)
    assert bench.kinds() == []
    assert bench.verdicts() == {"never_told": 2}


def test_several_ends_that_are_late_are_named_in_one_digest(bench: Bench, folder: Path) -> None:
    for number in range(3):
        put(folder, number, 6 * MINUTE)
    run(bench, folder)
    bench.later(5 * HOUR)
    for number in range(3):
        put(folder, number, -10 * MINUTE, over=True)
    run(bench, folder)
    bench.later(MINUTE)
    kind, text = bench.sms()[-1]
    assert kind == "digest"
    assert text.startswith("服务中断期间3条:磁盘满0x1 磁盘满1x1 磁盘满2x1")
    assert text.endswith("已恢复3")


def test_many_are_judged_in_parts_each_deleted_after_its_commit(bench: Bench, folder: Path) -> None:
    for number in range(AT_ONCE * 2 + 1):
        put(folder, number, MINUTE)
    sizes: list[int] = []

    def judge(items: Sequence[Any]) -> None:
        if len(sizes) == 2:
            raise StoreUnavailable("the store cannot be used")
        sizes.append(len(items))

    with pytest.raises(StoreUnavailable):
        drain(folder, bench.rules, bench.now, judge)
    assert sizes == [AT_ONCE, AT_ONCE]
    assert len(left(folder)) == 1


def test_entries_that_cannot_be_deleted_are_said(file_bench: Bench) -> None:
    with folder_for("stuck") as folder:
        put(folder, 1, MINUTE)
        folder.chmod(0o555)
        judged: list[Any] = []
        with as_nobody(), pytest.raises(Stuck, match=r"1 entries of .* cannot be deleted"):
            drain(folder, file_bench.rules, file_bench.now, judged.extend)
        assert len(judged) == 1
        assert len(left(folder)) == 1


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may delete everything; for anyone else this changes nothing."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)
