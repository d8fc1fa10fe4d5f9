"""`test-sms`: one SMS through store and gateway, and a straight answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sms_notify.simulator import Account, Fate, Gateway, Options
from sms_notify.simulator import serve as simulate

from .running import cli

CONFIG = """\
store: sqlite:///sms-notify.db
gateways:
  - {{name: 主通道, type: wavecom, account: demo, password: demo-gateway-word, urls: ["{url}"],
     poll: {{reports: {reports}}}, connect_timeout: 1s}}
people:
  张伟: {{phone: ["+8613800000001", "+8613900000001"]}}
receivers: [{{name: 兜底, to: 张伟}}]
route: {{receiver: 兜底}}
"""


@pytest.fixture
def other() -> Iterator[tuple[Gateway, str]]:
    gateway = Gateway([Account("demo", "demo-gateway-word")], Options(report_delay=0))
    with simulate(gateway) as simulator:
        yield gateway, simulator.url


def configured(folder: Path, url: str, reports: str = "2s") -> Path:
    text = CONFIG.format(url=url, reports=reports)
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return folder


def test_it_tells_each_step_up_to_the_report(tmp_path: Path, other: tuple[Gateway, str]) -> None:
    gateway, url = other
    ran = cli("test-sms", "张伟", folder=configured(tmp_path, url))
    assert (ran.code, ran.err) == (0, "")
    *steps, last = ran.out.splitlines()
    assert [step.split("  ")[1] for step in steps] == ["queued", "claimed", "sent", "delivered"]
    assert last == "delivered to 张伟 138****0001 through 主通道"
    (sms,) = gateway.inbox("13800000001")
    assert sms.text.startswith("测试短信 ")
    for secret in ("13800000001", "demo-gateway-word"):
        assert secret not in ran.out + ran.err
    with closing(sqlite3.connect(tmp_path / "sms-notify.db")) as store:
        assert store.execute("SELECT kind, lane FROM message").fetchall() == [("test", "free")]


def test_a_phone_may_be_named_and_without_reports_nothing_is_waited_for(
    tmp_path: Path, other: tuple[Gateway, str]
) -> None:
    gateway, url = other
    folder = configured(tmp_path, url, reports="0")
    second = cli("test-sms", "13900000001", folder=folder)
    assert second.out.endswith(
        "sent to 张伟 139****0001 through 主通道; it gives no delivery reports\n"
    )
    stranger = cli("test-sms", "139 0000 0009", "--json", folder=folder)
    assert (stranger.json["person"], stranger.json["state"]) == ("139****0009", "sent")
    assert [len(gateway.inbox(phone)) for phone in ("13900000001", "13900000009")] == [1, 1]
    assert cli("test-sms", "李娜", folder=folder).code == 1


def test_a_failed_report_is_a_failure(tmp_path: Path, other: tuple[Gateway, str]) -> None:
    gateway, url = other
    gateway.fates["13800000001"] = Fate.FAILED
    ran = cli("test-sms", "张伟", folder=configured(tmp_path, url))
    assert (ran.code, ran.out.splitlines()[-1]) == (
        1,
        "failed (report): it did not reach 张伟 138****0001",
    )
    assert not gateway.inbox("13900000001"), "a test is no page: it does not move on"


@pytest.mark.parametrize("written", ["4", "4s"])
def test_what_has_not_left_in_time_is_told_as_that(tmp_path: Path, written: str) -> None:
    folder = configured(tmp_path, "http://127.0.0.1:1")
    ran = cli("test-sms", "张伟", "--wait", written, folder=folder)
    assert ran.code == 1
    assert (
        "queued after 4 s: it has not reached 张伟 138****0001 yet; `sms-notify messages 1`"
        in ran.out
    )
    assert "127.0.0.1:1 refused" in ran.out


@pytest.mark.parametrize(
    ("written", "why"), [("1.5s", "fraction"), ("11m", "10m at most"), ("soon", "not a time")]
)
def test_a_wait_that_is_none_is_refused_before_anything_is_sent(
    tmp_path: Path, written: str, why: str
) -> None:
    ran = cli("test-sms", "张伟", "--wait", written, folder=configured(tmp_path, "http://x"))
    assert (ran.code, why in ran.err) == (2, True), ran.err
    assert not (tmp_path / "sms-notify.db").exists()
