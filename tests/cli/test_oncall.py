"""`sms-notify oncall`: who, until when, who next, and the gaps."""

from __future__ import annotations

from pathlib import Path

import pytest

from .running import cli

CONFIG = """\
store: sqlite:///sms-notify.db
gateways:
  - {name: 主通道, type: wavecom, account: demo, password: demo-word-41, urls: ["http://127.0.0.1:1"]}
people:
  张伟: {phone: "+8613800000001"}
  李娜: {phone: "+8613800000002", leave: [2026-01-20]}
  王磊: {phone: "+8613800000003", leave: [2026-01-20]}
schedules:
  数据库: {rotate: [张伟, [李娜, 王磊], none], every: 1w, handoff: Mon 10:00, since: 2026-01-05}
  网络: {rotate: [李娜], every: 1w, handoff: Mon 10:00, since: 2026-01-05}
receivers:
  - {name: 兜底, to: 张伟}
route: {receiver: 兜底}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def row(
    person: str | None, start: str, until: str, after: str | None, gap: str | None = None
) -> dict[str, str | None]:
    return {
        "schedule": "数据库",
        "person": person,
        "from": f"2026-01-{start}+08:00",
        "until": f"2026-01-{until}+08:00",
        "next": after,
        "gap": gap,
    }


def test_who_is_on_call_until_when_and_who_comes_next(folder: Path) -> None:
    ran = cli("oncall", "数据库", "--at", "2026-01-07 03:00", "--json", folder=folder)
    assert ran.json == [row("张伟", "05T10:00:00", "12T10:00:00", "李娜, 王磊")]
    ran = cli("oncall", "数据库", "--at", "2026-01-12T02:00Z", "--json", folder=folder)
    assert ran.json == [
        row("李娜", "12T10:00:00", "19T10:00:00", None),
        row("王磊", "12T10:00:00", "19T10:00:00", None),
    ]


def test_gaps_are_shown_and_say_whether_they_are_meant(folder: Path) -> None:
    shown = cli("oncall", "--at", "2026-01-19 12:00", "--days", 2, folder=folder).out.splitlines()
    assert shown == [
        "schedule\tperson\tfrom\tuntil\tnext",
        "数据库\tnone (intended)\t2026-01-19T10:00:00+08:00\t2026-01-26T10:00:00+08:00\t张伟",
        "网络\t李娜\t2026-01-19T10:00:00+08:00\t2026-01-20T00:00:00+08:00\t-",
        "网络\tNOBODY\t2026-01-20T00:00:00+08:00\t2026-01-21T00:00:00+08:00\t李娜",
        "网络\t李娜\t2026-01-21T00:00:00+08:00\t2026-01-26T10:00:00+08:00\t李娜",
    ]
    ran = cli("oncall", "数据库", "--at", "2026-01-01 03:00", "--json", folder=folder)
    assert ran.json == [row(None, "01T03:00:00", "05T10:00:00", "张伟", "uncovered")]


def test_days_show_every_shift_that_begins_in_them(folder: Path) -> None:
    ran = cli("oncall", "数据库", "--at", "2026-01-07", "--days", 7, "--json", folder=folder)
    assert ran.code == 2
    assert "write it as 2026-02-16 10:00" in ran.err
    ran = cli("oncall", "数据库", "--at", "2026-01-07 00:00", "--days", 7, "--json", folder=folder)
    assert [shift["person"] for shift in ran.json] == ["张伟", "李娜", "王磊"]


def test_without_a_time_it_is_now(folder: Path) -> None:
    [first, *_] = cli("oncall", "--json", folder=folder).json
    assert set(first) == {"schedule", "person", "from", "until", "next", "gap"}


def test_a_schedule_that_is_not_there_is_told_with_those_that_are(folder: Path) -> None:
    ran = cli("oncall", "数据裤", folder=folder)
    assert ran.code == 1
    assert "数据库, 网络" in ran.err


def test_no_phone_and_no_store_is_needed(folder: Path) -> None:
    ran = cli("oncall", "--json", "--days", 60, folder=folder)
    assert ran.code == 0
    assert "1380000" not in ran.out
    assert not (folder / "sms-notify.db").exists()


def test_check_warns_of_what_lies_ahead(folder: Path) -> None:
    never = CONFIG.replace("since: 2026-01-05}\n  网络", "since: 2099-12-28}\n  网络")
    (folder / "config.yaml").write_text(never, encoding="utf-8")
    ran = cli("check", "--json", folder=folder)
    assert ran.code == 0
    assert ran.json["warnings"] == [
        "config.yaml: schedules.数据库: nobody is on call in all of the next 30 days"
    ]
    assert ran.json["schedules"][0] == {"name": "数据库", "now": [], "until": None}
