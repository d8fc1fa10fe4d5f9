"""Messages of other templates are understood too: Zabbix' own, the usual Chinese ones, any text."""

from __future__ import annotations

import time

import pytest

from sms_notify.model import DAY, SECOND, Level
from sms_notify.sources import zabbix

from .zabbix_calls import NOW, UPDATE, alert, at, call, message

DEFAULT_PROBLEM = """Problem started at 13:26:22 on 2026.11.22
Problem name: 磁盘空间不足 上海-数据库01
Host: 上海-数据库01
Severity: High
Operational data: 当前值 91
Original problem ID: 17
https://wiki.example/disk"""
DEFAULT_RECOVERY = """Problem has been resolved at 13:26:31 on 2026.11.22
Problem name: 磁盘空间不足 上海-数据库01
Problem duration: 9s
Host: 上海-数据库01
Severity: High
Original problem ID: 17
{TRIGGER.URL}"""
DEFAULT_UPDATE = """值班 张伟 acknowledged and commented problem at 2026.11.22 13:26:25.
正在看

Current problem status is PROBLEM, age is 3s, acknowledged: Yes."""


def test_zabbix_own_templates_are_understood() -> None:
    began = alert(DEFAULT_PROBLEM, "Problem: 磁盘空间不足 上海-数据库01")
    over = alert(DEFAULT_RECOVERY, "Resolved in 9s: 磁盘空间不足 上海-数据库01")
    for one in (began, over):
        assert one.fingerprint == "17"
        assert one.name == "磁盘空间不足 上海-数据库01"
        assert one.labels["host"] == "上海-数据库01"
        assert one.level is Level.critical
        assert one.starts_at == at("2026-11-22 13:26:22")
    assert began.firing
    assert began.annotations["text"] == "https://wiki.example/disk"
    assert over.ended_at == at("2026-11-22 13:26:31")


def test_zabbix_own_update_template_names_no_event_and_is_told_once_for_itself() -> None:
    made = call(DEFAULT_UPDATE, subject="Updated problem in 3s: 磁盘空间不足 上海-数据库01")
    (told,) = made.alerts
    update = zabbix.update_of(told)
    assert update is not None
    assert update.acknowledged
    assert update.user == "值班 张伟"
    assert told.name == "磁盘空间不足 上海-数据库01"
    assert told.starts_at == NOW - 3 * SECOND
    assert made.ends_itself
    assert not made.repeats


CHINESE = """告警主机：db-01
主机地址：10.0.0.1
告警等级：灾难
告警时间：2026.11.22 13:26:22
告警信息：MySQL 宕机
问题详情：mysql.ping：0
当前状态：{status}：0
事件ID：17"""


def test_the_usual_chinese_template_is_understood_with_its_full_width_colons() -> None:
    began = alert(CHINESE.format(status="PROBLEM"), "故障:MySQL 宕机")
    assert began.name == "MySQL 宕机"
    assert began.fingerprint == "17"
    assert began.level is Level.critical
    assert began.labels["host"] == "db-01"
    assert began.starts_at == at("2026-11-22 13:26:22")
    assert began.annotations["value"] == "mysql.ping：0"
    assert not alert(CHINESE.format(status="OK"), "恢复:MySQL 宕机").firing


def test_any_text_is_an_event_of_its_own_named_by_its_subject() -> None:
    made = call("Auto registration: see http://x\nnothing: to see", subject="新主机 web-07")
    (told,) = made.alerts
    assert told.name == "新主机 web-07"
    assert told.annotations["text"] == "Auto registration: see http://x\nnothing: to see"
    assert told.level is Level.warning
    assert made.ends_itself


def test_problem_and_recovery_without_an_id_meet_by_their_name() -> None:
    began, over = call("x", subject="PROBLEM: disk"), call("y", subject="OK: disk")
    assert began.alerts[0].fingerprint == over.alerts[0].fingerprint
    assert began.group == over.group
    assert not over.alerts[0].firing
    assert not began.ends_itself


def test_an_update_without_dates_is_never_taken_for_a_new_occurrence() -> None:
    undated = {k: v for k, v in UPDATE.items() if k not in ("date", "time")}
    assert alert(message(undated)).starts_at <= NOW - DAY


@pytest.mark.parametrize(
    "filling",
    [
        "x acknowledged ",
        " acknowledged problem at 2026.11.22 ",
        " problem at 1 1. acknowledged",
        "Problem has been resolved in ",
        "a: ",
        "name:x\n",
        "\r",
        "{A",
    ],
)
def test_a_hostile_message_is_read_in_time(filling: str) -> None:
    """An item may hold a line of 64 KiB; all else waits while it is read."""
    text = filling * (65_536 // len(filling))
    started = time.process_time()
    assert alert(text).source == "zabbix"
    assert time.process_time() - started < 1
