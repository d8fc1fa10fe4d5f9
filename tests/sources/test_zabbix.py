"""What Zabbix says, in our templates' words and in others', becomes one call about one event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notify.errors import EmptyInput, InputError, Malformed, TooLarge
from sms_notify.model import DAY, HOUR, MINUTE, SECOND, Alert, Call, Level
from sms_notify.sources import bounds, zabbix

ZONE = "Asia/Shanghai"
FORM = "application/x-www-form-urlencoded"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp()) * SECOND


NOW = at("2026-11-22 13:27:00")


class Levels:
    """A configuration that knows p0 and info, and takes the rest for a warning."""

    def of(self, labels: Mapping[str, str], /) -> tuple[Level, str, bool]:
        for name in ("level", "severity", "priority"):
            if word := labels.get(name):
                known = {"p0": Level.critical, "info": Level.info}.get(word)
                return known or Level.warning, word, known is not None
        return Level.warning, "", False


PROBLEM = {
    "event_id": "17",
    "event_value": "1",
    "severity": "4",
    "date": "2026.11.22",
    "time": "13:26:22",
    "timestamp": "{EVENT.TIMESTAMP}",
    "recovery_id": "{EVENT.RECOVERY.ID}",
    "recovery_date": "{EVENT.RECOVERY.DATE}",
    "recovery_time": "{EVENT.RECOVERY.TIME}",
    "update_status": "0",
    "update_date": "{EVENT.UPDATE.DATE}",
    "update_time": "{EVENT.UPDATE.TIME}",
    "update_action": "{EVENT.UPDATE.ACTION}",
    "trigger_id": "23133",
    "tags": '[{"tag":"case","value":"ok"},{"tag":"team","value":"dba"},{"tag":"host","value":"x"}]',
    "host": "上海-数据库01",
    "ip": "127.0.0.1",
    "host_groups": "数据库, 上海机房",
    "name": "磁盘空间不足 上海-数据库01",
    "opdata": "当前值 91",
    "item_value": "91",
    "update_user": "{USER.FULLNAME}",
    "update_message": "{EVENT.UPDATE.MESSAGE}",
}
RECOVERY = PROBLEM | {
    "event_value": "0",
    "recovery_id": "18",
    "recovery_date": "2026.11.22",
    "recovery_time": "13:26:31",
}
UPDATE = PROBLEM | {
    "update_status": "1",
    "update_date": "2026.11.22",
    "update_time": "13:26:25",
    "update_action": "acknowledged and commented",
    "update_user": "值班 张伟",
    "update_message": "正在看\n十分钟内回复",
}


def message(fields: Mapping[str, str], text: str = "", end: str = "\r\n") -> str:
    return "".join(f"{key}: {value}{end}" for key, value in fields.items()) + f"text:{end}{text}"


def call(text: str, *, subject: str = "PROBLEM: x", sendto: str = "dba", now: int = NOW) -> Call:
    body = urlencode({"sendto": sendto, "subject": subject, "message": text}).encode()
    return zabbix.parse(body, content_type=FORM, levels=Levels(), called_at=now, timezone=ZONE)


def alert(text: str, subject: str = "PROBLEM: x") -> Alert:
    (one,) = call(text, subject=subject).alerts
    return one


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
        closed=False,
    )


def test_problem_and_recovery_are_not_updates() -> None:
    assert zabbix.update_of(alert(message(PROBLEM))) is None
    assert zabbix.update_of(alert(message(RECOVERY))) is None


def test_unacknowledged_is_not_acknowledged() -> None:
    update = zabbix.update_of(alert(message(UPDATE | {"update_action": "unacknowledged"})))
    assert update is not None
    assert not update.acknowledged


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


KEYED = [
    {"event_id": "18"},
    {"event_value": "0"},
    {"recovery_id": "99"},
    {"update_date": "2026.11.23"},
    {"update_time": "13:26:26"},
    {"update_action": "commented"},
    {"update_message": "别的"},
]


@pytest.mark.parametrize("change", KEYED, ids=lambda change: next(iter(change)))
def test_whatever_tells_two_messages_of_an_event_apart_changes_the_key(
    change: dict[str, str],
) -> None:
    assert call(message(UPDATE)).key != call(message(UPDATE | change)).key


def test_another_recipient_is_another_call() -> None:
    assert call(message(UPDATE)).key != call(message(UPDATE), sendto="net").key


def test_the_same_run_again_later_is_the_same_call() -> None:
    again = message(PROBLEM | {"item_value": "97", "opdata": "当前值 97"}, "another age")
    assert call(message(PROBLEM)).key == call(again, now=NOW + 3 * DAY).key
    assert call(message(PROBLEM)).near_keys == ()


def test_two_updates_of_a_template_that_does_not_date_them_are_two_calls() -> None:
    undated = {k: v for k, v in UPDATE.items() if k not in ("update_date", "update_time")}
    assert call(message(undated, "1")).key != call(message(undated, "2")).key


@given(start=st.integers(0, HOUR), minutes=st.integers(0, 200))
def test_without_an_event_id_the_same_text_is_the_same_call_for_an_hour(
    start: int, minutes: int
) -> None:
    first = call("disk full", now=NOW + start)
    again = call("disk full", now=NOW + start + minutes * MINUTE)
    known = first.key in (again.key, *again.near_keys)
    assert known == (again.key in (first.key, *first.near_keys))
    if minutes < 50 or minutes >= 60:  # between, it depends on the clock
        assert known is (minutes < 50)


def test_without_an_event_id_another_text_is_another_call() -> None:
    first = call("disk full")
    assert call("disk full!").key not in (first.key, *first.near_keys)


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


def test_json_says_the_same_as_a_form() -> None:
    values = {"sendto": "13800138000", "subject": "PROBLEM: x", "message": message(PROBLEM)}
    posted = zabbix.parse(
        json.dumps(values).encode(),
        content_type="application/json; charset=utf-8",
        levels=Levels(),
        called_at=NOW,
        timezone=ZONE,
    )
    by_form = call(values["message"], sendto="13800138000")
    by_args = zabbix.parse_args(*values.values(), levels=Levels(), called_at=NOW, timezone=ZONE)
    for field in ("alerts", "key", "group", "receiver", "called_at"):
        assert getattr(posted, field) == getattr(by_form, field) == getattr(by_args, field)


def test_the_emoji_of_zabbix_javascript_is_made_whole() -> None:
    halves = "😀".encode("utf-16-be")
    cesu = b"".join(
        int.to_bytes(0xE00000 | 0x8080 | ((u & 0xF000) << 4) | ((u & 0xFC0) << 2) | (u & 0x3F), 3)
        for u in (int.from_bytes(halves[:2]), int.from_bytes(halves[2:]))
    )
    made = zabbix.parse(
        b'{"subject":"disk ' + cesu + b'","message":""}',
        content_type="application/json",
        levels=Levels(),
        called_at=NOW,
        timezone=ZONE,
    )
    assert made.alerts[0].name == "disk 😀"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (str(NOW // SECOND - 600), NOW - 600 * SECOND),
        (str(NOW - 7), NOW - 7),
        (str(NOW // 1000 - 5), NOW - 5000),
        (str(NOW // SECOND + 3600), NOW),
        ("yesterday", NOW),
        ("-1", NOW),
        ("0", NOW),
        ("", NOW),
        ("٣٣", NOW),
    ],
)
def test_the_call_keeps_its_own_time_unless_that_is_impossible(said: str, meant: int) -> None:
    body = urlencode({"subject": "x", "message": "", "called_at": said}).encode()
    made = zabbix.parse(body, content_type="", levels=Levels(), called_at=NOW, timezone=ZONE)
    assert made.called_at == meant


REFUSED = [
    (b"", FORM, EmptyInput),
    (b"sendto=x&subject=+&message=%0A", FORM, EmptyInput),
    (b"&".join(b"a%d=1" % n for n in range(101)), FORM, Malformed),
    (b"[]", "application/json", Malformed),
    (b"{", "application/json", Malformed),
    (b"[" * 100_000, "application/json", Malformed),
    (b'{"subject":["x"]}', "application/json", Malformed),
    (b'{"subject":true}', "application/json", Malformed),
    (b"x", "multipart/form-data; boundary=x", Malformed),
    (b"subject=" + b"x" * bounds.BODY, FORM, TooLarge),
]


@pytest.mark.parametrize(("body", "content_type", "error"), REFUSED)
def test_what_no_retry_can_mend_is_refused(
    body: bytes, content_type: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        zabbix.parse(body, content_type=content_type, levels=Levels(), called_at=NOW, timezone=ZONE)


LINES = st.tuples(
    st.sampled_from([*PROBLEM, "告警时间", "当前状态", "Problem started at", "text", ""]),
    st.sampled_from([": ", "：", " at 1:2:3 on 9999.99.99", ""]),
    st.one_of(st.text(), st.sampled_from([*PROBLEM.values(), "0", "1", "2026.02.30", "24:61:61"])),
).map("".join)
MESSAGES = st.one_of(st.text(), st.lists(LINES).map("\n".join))


@given(subject=st.text(), text=MESSAGES, sendto=st.text(), now=st.integers(0, 4 * 10**15))
def test_any_text_becomes_a_call_or_is_empty(
    subject: str, text: str, sendto: str, now: int
) -> None:
    try:
        made = zabbix.parse_args(
            sendto, subject, text, levels=Levels(), called_at=now, timezone=ZONE
        )
    except EmptyInput:
        assert not (subject + text).replace("\x00", "").strip()
        return
    (one,) = made.alerts
    assert one.name
    assert len(one.name) <= bounds.NAME
    assert one.ended_at is None or one.ended_at >= one.starts_at
    stored = [one.name, one.summary, *one.labels, *one.labels.values(), *one.annotations.values()]
    assert "\x00" not in "".join(stored)
    "".join([*stored, made.receiver or "", made.key or ""]).encode()


@given(
    body=st.one_of(
        st.binary(), st.text().map(lambda t: b'{"subject":' + t.encode(errors="replace"))
    ),
    content_type=st.sampled_from([FORM, "application/json", "", "text/plain"]),
)
def test_any_body_is_a_call_or_an_input_error(body: bytes, content_type: str) -> None:
    with suppress(InputError):
        zabbix.parse(body, content_type=content_type, levels=Levels(), called_at=NOW, timezone=ZONE)
