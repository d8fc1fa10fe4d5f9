"""Whatever is posted becomes a call, or is refused because no retry can mend it."""

from __future__ import annotations

import json
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notify.errors import EmptyInput, InputError, Malformed, TooLarge
from sms_notify.model import SECOND
from sms_notify.sources import bounds, zabbix, zabbix_form

from .zabbix_calls import FORM, NOW, PROBLEM, ZONE, Levels, call, message


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


def test_of_a_text_longer_than_any_of_zabbix_the_beginning_is_read() -> None:
    body = b"sendto=a&subject=b&message=" + b"x" * (bounds.MESSAGE + 1)
    form = zabbix_form.unwrap(body, content_type="", called_at=NOW)
    assert len(form.message) == bounds.MESSAGE
