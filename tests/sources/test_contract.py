"""What every source promises, whatever arrives: one usable Call, or an InputError that says why."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sms_notify.errors import InputError
from sms_notify.model import Call
from sms_notify.sources import alertmanager, bounds, line, zabbix
from sms_notify.sources.line import TEXT

from .given import CALLED_AT, LEVELS, real, webhook

SOURCES: Mapping[str, Callable[[bytes, str], Call]] = {
    "alertmanager": lambda body, _: alertmanager.parse(body, levels=LEVELS, called_at=CALLED_AT),
    "line": lambda body, _: line.parse_http(body, levels=LEVELS, called_at=CALLED_AT),
    "zabbix": lambda body, content_type: zabbix.parse(
        body,
        content_type=content_type,
        levels=LEVELS,
        called_at=CALLED_AT,
        timezone="Asia/Shanghai",
    ),
}
"""Those that call over HTTP, by the name that is their path; what is read: body, content type."""
GOOD = {
    "alertmanager": real("grouped_30firing_10resolved_zh.json"),
    "line": json.dumps(
        {
            "text": "rsync: error\nbackup failed",
            "level": "critical",
            "key": "backup",
            "resolved": False,
            "to": "数据库",
            "labels": {"host": "db-01"},
            "call_id": "c1",
            "called_at": CALLED_AT,
            "dropped": 3,
        }
    ).encode(),
    "zabbix": json.dumps(
        {
            "sendto": "数据库",
            "subject": "Problem: disk full",
            "message": "event_id: 17\r\nevent_value: 1\r\nseverity: 4\r\nname: disk full\r\n"
            "host: db-01\r\ndate: 2026.11.22\r\ntime: 21:00:00\r\ntext: 95 %",
        }
    ).encode(),
}

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=30)
    | st.sampled_from(
        ["", "firing", "resolved", "0001-01-01T00:00:00Z", "\x00", "2026-11-22T00:00Z"]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.just("labels"), inner, max_size=4)
    ),
    max_leaves=12,
)

relaxed = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(params=sorted(SOURCES))
def source(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def ask(source: str, body: bytes, content_type: str = "application/json") -> Call | str:
    """The Call, or the text of the refusal: nothing else may come out."""
    try:
        return SOURCES[source](body, content_type)
    except InputError as refusal:
        return str(refusal)


def holds(source: str, body: bytes, content_type: str = "application/json") -> None:
    """The promise itself."""
    answer = ask(source, body, content_type)
    assert answer == ask(source, body, content_type), "the same bytes must give the same answer"
    if isinstance(answer, str):
        assert 0 < len(answer) < 1_000
        assert answer.isprintable()
        return
    assert answer.source == source
    assert answer.body == body
    assert answer.alerts
    assert 0 <= answer.truncated < 2**31
    for text in texts_of(answer):
        assert "\x00" not in text
        text.encode()  # a lone surrogate cannot be stored


def texts_of(call: Call) -> list[str]:
    """Every text of a call; checks the bounds of its alerts on the way."""
    texts = [*call.group, *call.group.values(), call.key or "", call.receiver or ""]
    assert len(call.key or "") <= 300
    assert len(call.receiver or "") <= bounds.NAME
    for alert in call.alerts:
        assert alert.name
        assert len(alert.name) <= bounds.NAME
        assert len(alert.summary) <= bounds.SUMMARY
        assert not {"\n", "\r"} & {*alert.name, *alert.summary}
        assert len(alert.labels) <= bounds.LABELS
        assert len(alert.annotations) <= bounds.ANNOTATIONS
        assert all(len(text) <= bounds.LABEL_VALUE for text in alert.labels.values())
        assert all(len(text) <= TEXT for text in alert.annotations.values())
        assert 0 < len(alert.fingerprint) <= bounds.FINGERPRINT
        assert 0 <= alert.starts_at < 2**62
        assert alert.ended_at is None or alert.starts_at <= alert.ended_at < 2**62
        texts += [alert.name, alert.summary, alert.fingerprint, alert.source_level]
        texts += [*alert.labels, *alert.labels.values()]
        texts += [*alert.annotations, *alert.annotations.values()]
    for bad in call.bad:
        assert bad.where.isprintable()
        assert bad.problem.isprintable()
        texts += [bad.where, bad.problem, bad.name]
    return texts


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a JSON document."""
    if not isinstance(value, dict | list):
        return [path]
    below = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(place for key, part in below for place in places(part, (*path, key)))]


def replaced(document: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    key, rest = path[0], path[1:]
    changed = replaced(document[key], rest, new)
    if isinstance(document, dict):
        return document | {key: changed}
    return [*document[:key], changed, *document[key + 1 :]]


def test_a_good_body_is_read(source: str) -> None:
    assert isinstance(ask(source, GOOD[source]), Call)
    holds(source, GOOD[source])


@relaxed
@given(body=st.binary(max_size=300))
def test_any_bytes(source: str, body: bytes) -> None:
    holds(source, body)
    holds(source, body, "application/x-www-form-urlencoded")


@relaxed
@given(document=json_values)
def test_any_json(source: str, document: Any) -> None:
    holds(source, json.dumps(document).encode())


@relaxed
@given(data=st.data(), new=json_values)
def test_a_good_body_with_one_part_replaced_by_anything(
    source: str, data: st.DataObject, new: Any
) -> None:
    document = json.loads(
        webhook({}, {"fingerprint": "f"}) if source == "alertmanager" else GOOD[source]
    )
    place = data.draw(st.sampled_from(places(document)))
    holds(source, json.dumps(replaced(document, place, new)).encode())


@relaxed
@given(at=st.floats(0, 1), size=st.integers(0, 8), noise=st.binary(max_size=8))
def test_a_good_body_with_some_bytes_replaced(
    source: str, at: float, size: int, noise: bytes
) -> None:
    good = GOOD[source]
    start = int(at * len(good))
    holds(source, good[:start] + noise + good[start + size :])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"[" * 500_000,
        b'{"a":' * 500_000,
        b'{"text":' + b"[" * 990 + b"]" * 990 + b"}",
        b"{" + b'"a":"b",' * 100_000 + b'"text":"x"}',
        b"9" * 100_000,
        b'{"alerts":' + b"9" * 5_000 + b"}",
        '{"alerts": "\u2028"}'.encode(),
        b'{"called_at": 1e400}',
        b" " * (bounds.BODY + 1),
        b'{"text": "' + b"x" * (bounds.BODY - 20) + b'"}',
        b'{"message": "' + b"x" * (bounds.BODY - 20) + b'"}',
        b'{"text": "' + b"\\ud800" * 100_000 + b'"}',
    ],
    ids=range(14),
)
def test_bodies_that_have_broken_other_programs(source: str, body: bytes) -> None:
    holds(source, body)


def test_a_body_above_the_limit_is_refused_by_every_source(source: str) -> None:
    answer = ask(source, GOOD[source] + b" " * bounds.BODY)
    assert isinstance(answer, str)
    assert "the limit is" in answer


@pytest.mark.parametrize("size", [1_000, 100_000])
def test_every_text_of_a_good_body_may_be_far_too_long(source: str, size: int) -> None:
    document = json.loads(webhook() if source == "alertmanager" else GOOD[source])
    for place in places(document):
        for text in ("长" * size, "a b" * size, "\n" * size + "x"):
            holds(source, json.dumps(replaced(document, place, text)).encode())
