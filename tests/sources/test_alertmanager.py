"""Alertmanager's webhook as real Alertmanagers send it, and as nobody should."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from sms_notify.config.model import LEVEL_LABELS
from sms_notify.errors import Malformed, TooLarge
from sms_notify.model import Alert, Call, Level, occurrence_fingerprint
from sms_notify.sources import bounds
from sms_notify.sources.alertmanager import parse

from .given import CALLED_AT, LEVELS, REAL, many, real, webhook


def read(body: bytes) -> Call:
    return parse(body, levels=LEVELS, called_at=CALLED_AT)


def only(body: bytes) -> Alert:
    call = read(body)
    assert call.bad == ()
    (alert,) = call.alerts
    return alert


def refused(body: bytes) -> str:
    with pytest.raises(Malformed) as caught:
        read(body)
    return str(caught.value)


# what real Alertmanagers send


@pytest.mark.parametrize("name", REAL)
def test_every_recorded_body_is_read_whole(name: str) -> None:
    call = read(real(name))
    assert len(call.alerts) == len(json.loads(real(name))["alerts"])
    assert call.bad == ()
    assert call.body == real(name)
    assert all(len(alert.fingerprint) == 16 for alert in call.alerts)


def test_an_alert_of_a_real_prometheus_is_read_field_by_field() -> None:
    assert only(real("firing_prometheus.json")) == Alert(
        source="alertmanager",
        fingerprint="17fedd00f71125ce",
        starts_at=1_795_352_475_772_000,
        ended_at=None,
        level=Level.critical,
        source_level="critical",
        name="AlwaysFiring",
        summary="instance value 1",
        labels={
            "alertname": "AlwaysFiring",
            "replica": "e2e",
            "severity": "critical",
            "team": "dba",
        },
        annotations={
            "description": "主机  磁盘空间不足 / always firing",
            "summary": "instance  value 1",
            "generatorURL": "http://127.0.0.1:19090/graph?g0.expr=vector%281%29&g0.tab=1",
        },
    )


def test_a_link_to_the_rule_that_is_no_text_refuses_no_alert() -> None:
    assert only(webhook({"generatorURL": 7})).annotations.get("generatorURL") is None


def test_the_call_holds_the_group_labels_and_who_was_asked_for() -> None:
    body = real("firing_prometheus.json")
    call = parse(body, levels=LEVELS, called_at=CALLED_AT, receiver="数据库")
    assert (call.source, call.called_at, call.receiver) == ("alertmanager", CALLED_AT, "数据库")
    assert call.group == {"alertname": "AlwaysFiring"}
    assert (call.key, call.ends_itself, call.repeats) == (None, False, False)


def test_members_that_ended_ride_along_in_a_group_that_fires() -> None:
    call = read(real("grouped_30firing_10resolved_zh.json"))
    assert sum(alert.firing for alert in call.alerts) == 30
    assert {alert.ended_at for alert in call.alerts if not alert.firing} == {1_795_352_713_549_000}


def test_truncated_alerts_are_counted() -> None:
    call = read(real("truncated_max3_of8_firing.json"))
    assert (len(call.alerts), call.truncated) == (3, 5)


def test_keys_of_newer_versions_and_another_version_number_are_no_fault() -> None:
    body = webhook({"silenceURL": "x", "values": {"A": 1}}, notification_reason="new", version="1")
    assert only(body).name == "Test"


# an alert's own words


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2026-11-22T13:00:00Z", CALLED_AT),
        ("2026-11-22T13:00:00.1Z", CALLED_AT + 100_000),
        ("2026-11-22T13:00:00.188Z", CALLED_AT + 188_000),
        ("2026-11-22T13:00:00.188123Z", CALLED_AT + 188_123),
        ("2026-11-22T13:00:00.188123999Z", CALLED_AT + 188_123),
        ("2026-11-22T21:00:00.000000001+08:00", CALLED_AT),
        ("2026-11-22T09:30:00-03:30", CALLED_AT),
    ],
)
def test_a_start_may_have_any_fraction_and_offset(text: str, micros: int) -> None:
    assert only(webhook({"startsAt": text})).starts_at == micros


@pytest.mark.parametrize(
    ("change", "ended_at"),
    [
        ({"status": "firing", "endsAt": "0001-01-01T00:00:00Z"}, None),
        ({"status": "firing", "endsAt": "2026-11-22T12:59:00Z"}, None),
        ({"status": "firing", "endsAt": "rubbish"}, None),
        ({"status": "resolved", "endsAt": "2026-11-22T13:02:00Z"}, CALLED_AT + 120_000_000),
        ({"status": "resolved", "endsAt": "0001-01-01T00:00:00Z"}, CALLED_AT),
        ({"status": "resolved", "endsAt": ...}, CALLED_AT),
        ({"status": ..., "endsAt": "0001-01-01T00:00:00Z"}, None),
        ({"status": ..., "endsAt": ...}, None),
        ({"status": ..., "endsAt": "2026-11-22T13:59:00Z"}, None),
    ],
)
def test_an_alert_ends_as_its_own_status_says(change: dict[str, Any], ended_at: int | None) -> None:
    start = {"startsAt": "2026-11-22T12:58:00Z"}
    assert only(webhook(start | change, status="resolved")).ended_at == ended_at


def test_an_end_before_the_start_is_the_start() -> None:
    alert = only(webhook({"status": "resolved", "endsAt": "2026-11-22T10:00:00Z"}))
    assert alert.ended_at == alert.starts_at


@pytest.mark.parametrize("given", [..., None, ""])
def test_without_a_fingerprint_the_labels_make_one(given: Any) -> None:
    labels = {"alertname": "Test", "case": "basic"}
    assert only(webhook({"fingerprint": given})).fingerprint == occurrence_fingerprint(labels)


@pytest.mark.parametrize(
    ("annotations", "summary"),
    [
        ({"summary": "a", "description": "b", "message": "c"}, "a"),
        ({"summary": " \n", "description": "b\n  b", "message": "c"}, "b b"),
        ({"message": "c"}, "c"),
        (None, ""),
    ],
)
def test_the_summary_is_the_first_text_that_says_something(
    annotations: dict[str, str] | None, summary: str
) -> None:
    assert only(webhook({"annotations": annotations})).summary == summary


def test_without_an_alertname_the_first_words_of_the_summary_are_the_name() -> None:
    change = {"labels": {"a": "b"}, "annotations": {"summary": "disk of db-01 is nearly full"}}
    assert only(webhook(change)).name == "disk of db-01 is"
    assert only(webhook({"labels": {"a": "b"}, "annotations": {}})).name == "alert"


@pytest.mark.parametrize(
    ("labels", "level", "word"),
    [
        ({"severity": "critical"}, Level.critical, "critical"),
        ({"level": "info", "severity": "critical"}, Level.info, "info"),
        ({"severity": "严重"}, Level.critical, "严重"),
        ({"severity": "P9"}, Level.warning, "P9"),
        ({"a": "b"}, Level.warning, ""),
    ],
)
def test_the_level_is_the_configurations_and_the_sources_word_is_kept(
    labels: dict[str, str], level: Level, word: str
) -> None:
    alert = only(webhook({"labels": labels}))
    assert (alert.level, alert.source_level) == (level, word)


# what cannot be used


@pytest.mark.parametrize(
    ("change", "where", "problem"),
    [
        ({"startsAt": 5}, "alerts[1].startsAt", "a number, expected a text"),
        ({"startsAt": ...}, "alerts[1].startsAt", "missing"),
        ({"startsAt": "yesterday"}, "alerts[1].startsAt", "expected a time like"),
        ({"startsAt": "2026-02-30T00:00:00Z"}, "alerts[1].startsAt", "no such day"),
        ({"startsAt": "0001-01-01T00:00:00Z"}, "alerts[1].startsAt", "before 1970"),
        ({"startsAt": "9999-12-31T23:59:59Z"}, "alerts[1].startsAt", "after the year 9998"),
        ({"status": "resolved", "endsAt": "then"}, "alerts[1].endsAt", "expected a time"),
        ({"status": "burning"}, "alerts[1].status", "neither"),
        ({"labels": ["a"]}, "alerts[1].labels", "a list, expected an object"),
        ({"labels": {"a b": 1}}, 'alerts[1].labels."a b"', "a number, expected a text"),
        ({"labels": {"a": None}}, "alerts[1].labels.a", "null, expected a text"),
        ({"labels": {}, "fingerprint": ""}, "alerts[1].labels", "empty"),
        ({"annotations": "x"}, "alerts[1].annotations", "a text, expected an object"),
        ({"fingerprint": 1.5}, "alerts[1].fingerprint", "a number, expected a text"),
    ],
)
def test_one_bad_alert_is_named_and_the_good_ones_are_kept(
    change: dict[str, Any], where: str, problem: str
) -> None:
    call = read(webhook({}, change, {"fingerprint": "f" * 16}))
    assert [alert.fingerprint for alert in call.alerts] == ["cd3ea6390c8a4856", "f" * 16]
    (bad,) = call.bad
    assert bad.where == where
    assert problem in bad.problem
    assert refused(webhook(change)).startswith(where.replace("[1]", "[0]"))


def test_a_bad_alert_keeps_its_name_and_level_as_far_as_they_can_be_read() -> None:
    labels = {"alertname": "磁盘满", "severity": "critical", "n": 1}
    (bad,) = read(webhook({}, {"labels": labels})).bad
    assert (bad.name, bad.level) == ("磁盘满", Level.critical)
    (bad,) = read(webhook({}, {"labels": 1})).bad
    assert (bad.name, bad.level) == ("", None)


@pytest.mark.parametrize("raw", [None, 1, "x", [], [[]]])
def test_an_alert_that_is_no_object_is_named(raw: Any) -> None:
    body = json.loads(webhook({}))
    body["alerts"].append(raw)
    (bad,) = read(json.dumps(body).encode()).bad
    assert bad.where == "alerts[1]"


def test_a_group_or_count_that_cannot_be_read_costs_no_alert_and_is_told() -> None:
    call = read(webhook({}, groupLabels={"a": "b", "c": 1}, truncatedAlerts="many"))
    assert (len(call.alerts), call.group, call.truncated) == (1, {"a": "b"}, 0)
    assert [bad.where for bad in call.bad] == ["groupLabels", "truncatedAlerts"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "the body is empty"),
        (b" \n", "the body is empty"),
        (b"alert!", "not JSON: unexpected character"),
        (b'{"alerts": [', "not JSON: unexpected end of data"),
        (b"[" * 100_000, "not JSON: depth limit exceeded"),
        (b'{"alerts":' * 100_000, "not JSON: depth limit exceeded"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[]", "the body is a list"),
        (b"null", "the body is null"),
        (b"{}", "alerts: nothing, expected a list"),
        (b'{"alerts": {}}', "alerts: an object, expected a list"),
        (b'{"alerts": null}', "alerts: null, expected a list"),
        (b'{"alerts": []}', "alerts: the list is empty"),
        (b'{"alerts": [1, 2, 3, 4, 5]}', "alerts[2]: a number, expected an object; and 2 more"),
    ],
)
def test_a_body_of_which_nothing_can_be_used_is_refused_with_what_and_where(
    body: bytes, says: str
) -> None:
    assert says in refused(body)


def test_a_refusal_repeats_no_value_of_the_body() -> None:
    secret = "hunter2-secret"
    for change in ({"startsAt": secret}, {"labels": secret}, {"status": secret}):
        assert secret not in refused(webhook(change))
    assert secret not in refused(f'{{"alerts": "{secret}'.encode())


# what is mended


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (rb"a\ud800b", "a�b"),
        (rb"a\udfffb", "a�b"),
        (rb"\ud83d\ud83d\udd25", "�🔥"),
        (rb"\ud83d\udd25", "🔥"),
        (rb"\\ud800", r"\ud800"),
        (rb"a\u0000b", "a�b"),
        (rb"\\u0000", r"\u0000"),
        (rb"\\\u0000\\\\ud800", "\\�\\\\ud800"),
        (rb"\ud83d\udd25\udd25\uD83Dx", "🔥��x"),
        (b"a\x00b\x01c", "a b c"),
        (b"a\xffb", "a�b"),
        ("主机一二三四五六七八九".encode() + b"\xe6\xb1", "主机一二三四五六七八九�"),
    ],
)
def test_a_torn_character_costs_one_character(written: bytes, kept: str) -> None:
    alert = only(webhook({"annotations": {"x": "MARK"}}).replace(b"MARK", written))
    assert alert.annotations["x"] == kept


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_a_body_in_another_encoding_is_read(encoding: str) -> None:
    body = webhook({"labels": {"alertname": "MARK"}}).decode().replace("MARK", "磁盘空间不足")
    assert only(body.encode(encoding)).name == "磁盘空间不足"


@pytest.mark.parametrize(
    "filling", [rb"\n", rb"\\", rb"\ud800", b"\xff", b"\xe6", b"\x81a", rb"\u0000", b"\x00", b"["]
)
def test_a_hostile_body_of_full_size_is_read_or_refused_within_seconds(filling: bytes) -> None:
    text = filling * ((bounds.BODY - 100) // len(filling))
    started = time.process_time()
    assert "alerts: a text" in refused(b'{"alerts": "' + text + rb'\ud800"}')
    assert time.process_time() - started < 5  # 0.4 s when the machine has nothing else to do


# bounds


def test_a_body_above_ten_mebibytes_is_refused() -> None:
    with pytest.raises(TooLarge, match="max_alerts"):
        read(b" " * (bounds.BODY + 1))
    assert only(webhook().ljust(bounds.BODY))


def test_overlong_texts_are_cut_with_a_mark_and_the_alert_is_kept() -> None:
    labels = {"alertname": "名" * 9_000, "n" * 9_000: "v"}
    alert = only(webhook({"labels": labels, "annotations": {"summary": "长 " * 99_000}}))
    assert alert.name == "名" * (bounds.NAME - 1) + "…"
    assert len(alert.summary) == bounds.SUMMARY
    assert alert.labels["alertname"] == "名" * (bounds.LABEL_VALUE - 1) + "…"
    assert alert.labels["n" * (bounds.LABEL_NAME - 1) + "…"] == "v"
    assert len(alert.annotations["summary"]) == bounds.ANNOTATION_VALUE


def test_of_too_many_labels_those_that_say_most_stay() -> None:
    noise = {f"l{n:05}": "x" for n in range(9_000)}
    labels = noise | {"alertname": "A", "severity": "critical", "instance": "db-01"}
    alert = only(webhook({"labels": labels}))
    assert len(alert.labels) == bounds.LABELS
    assert (alert.name, alert.level, alert.labels["instance"]) == ("A", Level.critical, "db-01")


def test_a_level_is_among_the_labels_that_stay_in_any_case() -> None:
    assert set(LEVEL_LABELS) <= set(bounds.KEPT_FIRST)


@pytest.mark.parametrize("given", ["f" * 65, "a\nb", "\u200b"])
def test_a_fingerprint_that_cannot_be_a_key_is_replaced_by_one_that_can(given: str) -> None:
    first = only(webhook({"fingerprint": given})).fingerprint
    assert first == only(webhook({"fingerprint": given, "labels": {"o": "x"}})).fingerprint
    assert len(first) == 16
    assert first.isalnum()


def test_18000_alerts_are_read_in_well_under_a_second() -> None:
    body = many(18_000)
    assert 8 * 1024 * 1024 < len(body) < bounds.BODY
    started = time.process_time()
    call = read(body)
    assert len(call.alerts) == 18_000
    assert time.process_time() - started < 1.5  # 0.3 s when the machine has nothing else to do


# what Grafana sends


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        ({"alertname": "DatasourceNoData", "rulename": "MySQL QPS"}, "MySQL QPS NoData"),
        ({"alertname": "DatasourceError", "rulename": "订单失败率"}, "订单失败率 Error"),
        ({"alertname": "DatasourceNoData", "rulename": " "}, "DatasourceNoData"),
        ({"alertname": "CPU", "rulename": "x"}, "CPU"),
    ],
)
def test_a_rule_that_grafana_could_not_ask_is_named(labels: dict[str, str], name: str) -> None:
    assert only(webhook({"labels": labels})).name == name


def test_what_grafana_measured_is_kept_whichever_way_it_comes() -> None:
    told = "[ var='A' labels={} value=93.4 ]"
    beside = only(webhook({"valueString": told, "values": {"A": 93.4}, "orgId": 1}))
    among = only(webhook({"annotations": {"__value_string__": told}}))
    assert beside.annotations["__value_string__"] == among.annotations["__value_string__"] == told
    assert only(webhook({"valueString": {"A": 1}})).name
