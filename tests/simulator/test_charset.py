"""The charset trap: what a phone shows when the client encodes as the gateway does, or does not."""

from __future__ import annotations

import pytest

from sms_notify.simulator import Call

from .asking import NOW, PHONE, gateway, target, told


def sent_in(charset: str, text: str, gateway_charset: str = "gbk") -> tuple[str, bool]:
    sim = gateway(charset=gateway_charset)
    path = target(Call.SEND, charset, send_phone=PHONE, send_content=text)
    sim.answer(path.encode(), NOW)
    (sms,) = sim.inbox(PHONE)
    return sms.text, sms.garbled


@pytest.mark.parametrize("charset", ["gbk", "gb18030", "utf-8"])
def test_text_in_the_gateways_charset_is_shown_as_written(charset: str) -> None:
    text = "磁盘满 db-03:/var 98% 【运维】…·℃≥→"
    assert sent_in(charset, text, charset) == (text, False)


def test_utf_8_sent_to_a_gbk_gateway_is_shown_as_mojibake_and_marked() -> None:
    assert sent_in("utf-8", "主机失联") == ("涓绘満澶辫仈", True)


def test_utf_8_that_is_no_gbk_at_all_shows_holes_and_is_marked() -> None:
    shown, garbled = sent_in("utf-8", "磁盘满")
    assert garbled
    assert "磁盘满" not in shown
    assert "\ufffd" in shown


def test_gbk_sent_to_a_utf_8_gateway_is_marked() -> None:
    shown, garbled = sent_in("gbk", "磁盘满", "utf-8")
    assert (garbled, "\ufffd" in shown) == (True, True)


def test_plain_ascii_is_never_marked() -> None:
    assert sent_in("utf-8", "disk full") == ("disk full", False)


def test_the_log_says_which_text_was_garbled() -> None:
    sim = gateway()
    sim.answer(target(Call.SEND, "utf-8", send_phone=PHONE, send_content="磁盘满").encode(), NOW)
    assert [entry.garbled for entry in sim.requests()] == [True]


@pytest.mark.parametrize("charset", ["gbk", "utf-8"])
def test_answers_come_in_the_same_charset(charset: str) -> None:
    sim = gateway(charset=charset)
    sim.reply(PHONE, "确认")
    body = sim.answer(target(Call.REPLIES, charset).encode(), NOW).body
    assert body == f"1|133;{PHONE};确认".encode(charset)


def test_a_reply_that_the_charset_cannot_carry_loses_those_characters() -> None:
    sim = gateway()
    sim.reply(PHONE, "好👍")
    assert told(sim, Call.REPLIES) == f"1|133;{PHONE};好?"


def test_an_unknown_charset_is_an_error_at_once() -> None:
    with pytest.raises(LookupError):
        gateway(charset="gb-nothing")
