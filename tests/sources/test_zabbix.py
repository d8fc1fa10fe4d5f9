"""What Zabbix says in our templates' words becomes one call about one event."""

from __future__ import annotations

import json

import pytest

from sms_notify.model import Alert, Level
from sms_notify.sources import zabbix

from .zabbix_calls import NOW, PROBLEM, RECOVERY, UPDATE, alert, at, call, message


def test_a_problem_is_one_firing_alert_of_its_event() -> None:
    made = call(message(PROBLEM, "请联系机房\r\n电话见手册"), sendto=" dba ")
    assert made.receiver == "dba"
    assert made.group == {"eventid": "17"}
    assert made.repeats
    assert not made.ends_itself
    assert made.alerts == (
        Alert(
            source="zabbix",
            fingerprint="17",
            starts_at=at("2026-11-22 13:26:22"),
            ended_at=None,
            level=Level.critical,
            source_level="high",
            name="磁盘空间不足 上海-数据库01",
            summary="当前值 91",
            labels={
                "case": "ok",
                "team": "dba",
                "tag_host": "x",
                "host": "上海-数据库01",
                "ip": "127.0.0.1",
                "hostgroup": "数据库, 上海机房",
                "triggerid": "23133",
                "eventid": "17",
                "severity": "high",
                "nseverity": "4",
            },
            annotations={"opdata": "当前值 91", "value": "91", "text": "请联系机房\n电话见手册"},
        ),
    )


def test_the_recovery_ends_the_same_alert_at_zabbix_own_moment() -> None:
    over = alert(message(RECOVERY), "OK: x")
    assert over.fingerprint == alert(message(PROBLEM)).fingerprint
    assert over.starts_at == alert(message(PROBLEM)).starts_at
    assert over.ended_at == at("2026-11-22 13:26:31")


def test_a_recovery_without_its_time_ends_now() -> None:
    bare = {k: v for k, v in RECOVERY.items() if k not in ("recovery_date", "recovery_time")}
    assert alert(message(bare)).ended_at == NOW


def test_an_update_is_firing_news_of_the_same_event() -> None:
    made = call(message(UPDATE), subject="UPDATE: x")
    (told,) = made.alerts
    assert told.firing
    assert told.fingerprint == "17"
    assert made.group == {"eventid": "17"}
    update = zabbix.update_of(told)
    assert update == zabbix.Update(
        key=(made.key or "")[:16],
        action="acknowledged and commented",
        message="正在看\n十分钟内回复",
        user="值班 张伟",
        acknowledged=True,
        unacknowledged=False,
        closed=False,
        at=at("2026-11-22 13:26:25"),
    )


def test_problem_and_recovery_are_not_updates() -> None:
    assert zabbix.update_of(alert(message(PROBLEM))) is None
    assert zabbix.update_of(alert(message(RECOVERY))) is None


def test_unacknowledged_is_not_acknowledged() -> None:
    update = zabbix.update_of(alert(message(UPDATE | {"update_action": "unacknowledged"})))
    assert update is not None
    assert (update.acknowledged, update.unacknowledged) == (False, True)


def test_an_update_that_closes_the_problem_ends_it_without_waiting_for_a_recovery() -> None:
    closed = alert(message(UPDATE | {"update_action": "acknowledged, commented and closed"}))
    assert closed.ended_at == at("2026-11-22 13:26:25")
    update = zabbix.update_of(closed)
    assert update is not None
    assert update.closed


def test_an_update_told_after_the_end_does_not_reopen() -> None:
    late = alert(message(UPDATE | {"recovery_id": "18", "event_value": "1"}))
    assert late.ended_at is not None
    assert zabbix.update_of(late) is not None


def test_a_fake_key_in_a_hostile_value_does_not_take_another_events_place() -> None:
    evil = "x\nevent_id: 1\nevent_value: 0\nrecovery_id: 2\nupdate_status: 1\nseverity: 0"
    for field in ("name", "opdata", "item_value", "update_message"):
        hit = alert(message(PROBLEM | {field: evil}, "event_id: 5\nrecovery_id: 9"))
        assert (hit.fingerprint, hit.firing, hit.level) == ("17", True, Level.critical), field
        assert zabbix.update_of(hit) is None


HOSTILE = '`id` $(reboot) \'; DROP TABLE x;-- "quoted" \\ %s {{7*7}} 😀 second'


def test_a_hostile_name_arrives_whole() -> None:
    assert alert(message(PROBLEM | {"name": HOSTILE})).name == HOSTILE


def test_a_name_over_two_lines_is_put_on_one() -> None:
    assert alert(message(PROBLEM | {"name": "first\nsecond"})).name == "first second"


@pytest.mark.parametrize(
    ("word", "level", "kept"),
    [
        ("5", Level.critical, "disaster"),
        ("4", Level.critical, "high"),
        ("3", Level.warning, "average"),
        ("2", Level.warning, "warning"),
        ("1", Level.info, "information"),
        ("0", Level.info, "not classified"),
        ("Disaster", Level.critical, "disaster"),
        ("Not classified", Level.info, "not classified"),
        ("灾难", Level.critical, "disaster"),
        ("严重", Level.critical, "high"),
        ("一般严重", Level.warning, "average"),
        ("信息", Level.info, "information"),
        ("p0", Level.critical, "p0"),
        ("玄学", Level.warning, "玄学"),
    ],
)
def test_the_level_is_zabbix_severity_else_what_the_configuration_says(
    word: str, level: Level, kept: str
) -> None:
    made = alert(message(PROBLEM | {"severity": word}))
    assert (made.level, made.source_level, made.labels["severity"]) == (level, kept, kept)


def test_a_tag_named_level_wins_if_the_configuration_knows_its_value() -> None:
    def tagged(value: str) -> Level:
        tags = json.dumps([{"tag": "level", "value": value}])
        return alert(message(PROBLEM | {"severity": "3", "tags": tags})).level

    assert tagged("p0") is Level.critical
    assert tagged("os") is Level.warning


def test_a_tag_given_twice_keeps_both_values() -> None:
    tags = '[{"tag":"site","value":"上海"},{"tag":"site","value":"北京"}]'
    assert alert(message(PROBLEM | {"tags": tags})).labels["site"] == "上海,北京"


@pytest.mark.parametrize("tags", ["[", "{}", "[1,null]", '[{"tag":1,"value":"x"}]', "[[]]", "7"])
def test_unreadable_tags_cost_nothing_else(tags: str) -> None:
    assert alert(message(PROBLEM | {"tags": tags})).labels["host"] == "上海-数据库01"
