"""Document 1.1.1: every answer to a send, its limits, its billing and its send_time."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sms_notify.simulator import Call, Fault, Kind

from .asking import NOW, PHONE, SECOND, ask, gateway, many, send, target, told

HOUR = 3600 * SECOND


def test_the_documents_own_example_is_answered_with_one_accepted_and_an_smsid() -> None:
    sim = gateway()
    assert send(sim, PHONE, "这条是测试短信") == "0|1|0|6408676"
    (sms,) = sim.inbox(PHONE)
    assert (sms.text, sms.segments, sms.at, sms.garbled) == ("这条是测试短信", 1, NOW, False)


def test_each_accepted_number_gets_an_smsid_of_its_own() -> None:
    assert send(gateway(), many(3)) == "0|3|0|6408676,6408677,6408678"


def test_one_id_gives_the_whole_batch_one_smsid() -> None:
    sim = gateway(one_id=True, report_delay=0)
    assert send(sim, many(3)) == "0|3|0|6408676"
    assert send(sim) == "0|1|0|6408677"
    assert told(sim, Call.REPORTS).startswith("4|6408676;13800000000;10|6408676;13800000001;10|")


@pytest.mark.parametrize("phones", ["", ",", " , "])
def test_no_number_is_minus_1(phones: str) -> None:
    assert send(gateway(), phones) == "-1"


@pytest.mark.parametrize("text", ["", "  "])
def test_no_text_is_minus_2(text: str) -> None:
    assert send(gateway(signature="运维"), text=text) == "-2"


def test_a_forbidden_word_is_minus_3_and_the_first_one_in_the_text_is_named() -> None:
    sim = gateway()
    sim.forbidden.update({"发票", "彩票"})
    assert send(sim, text="代开彩票和发票") == "-3|彩票"
    assert send(sim, text="磁盘满") == "0|1|0|6408676"


def test_more_than_100_numbers_are_minus_4() -> None:
    sim = gateway()
    assert send(sim, many(100), "a").startswith("0|100|0|")
    assert send(sim, many(101), "a") == "-4"


def test_minus_4_counts_numbers_times_segments() -> None:
    sim = gateway()
    assert send(sim, many(50), "a" * 71).startswith("0|50|0|")
    assert send(sim, many(51), "a" * 71) == "-4"


def test_unknown_account_and_wrong_password_are_minus_7() -> None:
    assert send(gateway(), us_name="nobody") == "-7"
    assert send(gateway(), us_pwd="wrong") == "-7"
    assert send(gateway(), us_pwd="") == "-7"


def test_335_characters_go_and_336_are_minus_8() -> None:
    sim = gateway()
    assert send(sim, text="a" * 335) == "0|1|0|6408676"
    assert send(sim, text="a" * 336) == "-8"


def test_a_balance_below_the_request_is_minus_9_and_nothing_is_sent() -> None:
    sim = gateway(balance=2)
    assert send(sim, many(3)) == "-9"
    assert send(sim, many(2)).startswith("0|2|0|")
    assert send(sim) == "-9"
    assert (sim.truth.accepted(), sim.account("mysms").balance) == (2, 0)


def test_a_locked_account_is_minus_10() -> None:
    sim = gateway()
    sim.put_account(replace(sim.account("mysms"), locked=True))
    assert send(sim) == "-10"


def test_a_busy_gateway_is_minus_99() -> None:
    sim = gateway()
    sim.faults.add(Fault(Kind.BUSY, count=1))
    assert [send(sim), send(sim)] == ["-99", "0|1|0|6408676"]


def test_the_codes_are_checked_in_the_order_of_the_documents_list() -> None:
    sim = gateway(balance=0)
    sim.forbidden.add("票")
    assert send(sim, "", "", us_pwd="wrong") == "-1"
    assert send(sim, many(101), "", us_pwd="wrong") == "-2"
    assert send(sim, many(101), "票", us_pwd="wrong") == "-3|票"
    assert send(sim, many(101), "a", us_pwd="wrong") == "-4"
    assert send(sim, PHONE, "a" * 336, us_pwd="wrong") == "-7"
    assert send(sim, PHONE, "a" * 336) == "-8"


@pytest.mark.parametrize(
    "bad", ["1379836123", "137983612360", "+8613798361236", "8613798361236", "12798361236", "x"]
)
def test_a_number_of_wrong_length_or_format_is_counted_and_not_named(bad: str) -> None:
    sim = gateway()
    assert send(sim, f"{bad},{PHONE}") == "0|1|1|6408676"
    assert sim.account("mysms").balance == 999


def test_when_all_numbers_are_refused_there_is_no_smsid() -> None:
    assert send(gateway(), "123,456") == "0|0|2|"


def test_a_number_can_be_set_to_be_refused() -> None:
    sim = gateway()
    sim.refused.add(PHONE)
    assert send(sim) == "0|0|1|"


@pytest.mark.parametrize("phone", ["075580808080", "02080808080", "13512345678", "13012345678"])
def test_the_documents_numbers_and_area_codes_are_taken(phone: str) -> None:
    assert send(gateway(), phone) == "0|1|0|6408676"


@pytest.mark.parametrize(
    ("length", "billed"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (268, 4), (269, 5)]
)
def test_up_to_70_is_one_sms_and_more_is_billed_in_parts_of_67(length: int, billed: int) -> None:
    sim = gateway()
    send(sim, text="满" * length)
    assert sim.account("mysms").balance == 1000 - billed
    assert sim.truth.billed("mysms") == billed
    assert sim.inbox(PHONE)[0].units == length


def test_an_emoji_counts_two() -> None:
    sim = gateway(charset="utf-8")
    told(sim, Call.SEND, charset="utf-8", send_phone=PHONE, send_content="🔥" * 36)
    assert (sim.inbox(PHONE)[0].units, sim.truth.billed()) == (72, 2)


def test_the_gateways_signature_counts_and_is_not_put_twice() -> None:
    sim = gateway(signature="运维")
    send(sim, text="a" * 67)
    send(sim, text="已签【运维】")
    first, second = sim.inbox(PHONE)
    assert (first.text, first.segments) == ("【运维】" + "a" * 67, 2)
    assert second.text == "已签【运维】"


def test_send_time_is_china_time_and_the_sms_arrives_then() -> None:
    sim = gateway(report_delay=0)
    at = 1_283_484_030 * SECOND  # 2010-09-03 11:20:30 +08:00, the document's example
    send(sim, now=at - HOUR, send_time="20100903112030")
    assert (sim.inbox(PHONE), sim.truth.accepted(), sim.next_due()) == ([], 1, at)
    assert told(sim, Call.REPORTS, now=at - 1) == "0"
    assert told(sim, Call.REPORTS, now=at) == f"1|6408676;{PHONE};10"
    assert [sms.at for sms in sim.inbox(PHONE)] == [at]


@pytest.mark.parametrize("time", ["", "2010", "20101399999999", "20100903112030"])
def test_a_past_or_unreadable_send_time_goes_at_once(time: str) -> None:
    sim = gateway()
    send(sim, send_time=time)
    assert sim.inbox(PHONE)[0].at == NOW


def test_paths_and_parameter_names_are_read_without_case() -> None:
    sim = gateway()
    shouted = target(Call.SEND, send_phone=PHONE, send_content="a").replace("us_", "US_")
    path = shouted.replace("sendsms_txt", "SendSMS_TXT").replace("send_phone", "Send_Phone")
    assert sim.answer(path.encode(), NOW).body == b"0|1|0|6408676"


def test_an_unknown_path_is_404_in_html() -> None:
    page = gateway().answer(b"/nothing.asp?us_pwd=x", NOW)
    assert (page.status, b"<HTML>" in page.body, b"us_pwd" in page.body) == (404, True, False)


def test_a_query_string_of_2048_bytes_is_taken_and_one_of_2049_is_not() -> None:
    sim = gateway()
    short = target(Call.SEND, send_phone=PHONE, send_content="a") + "&x="
    fill = 2048 - len(short.partition("?")[2])
    assert sim.answer((short + "y" * fill).encode(), NOW).body == b"0|1|0|6408676"
    refused = sim.answer((short + "y" * (fill + 1)).encode(), NOW)
    assert (refused.status, b"404.15" in refused.body) == (404, True)
    assert sim.truth.accepted() == 1


@given(st.binary(max_size=200), st.binary(max_size=200))
@example(b"%zz=%&&=&\xff", b"")
@settings(max_examples=60, deadline=None)
def test_no_bytes_make_the_gateway_raise(query: bytes, text: bytes) -> None:
    sim = gateway()
    assert sim.answer(query, NOW).status == 404
    assert sim.answer(b"/sendsms_txt.asp?" + query, NOW).status == 200
    good = target(Call.SEND, send_phone=PHONE).encode() + b"&send_content=a"
    sim.answer(good + quote_from_bytes(text).encode(), NOW)
    assert sim.truth.accepted() == 1


def test_a_parameter_given_twice_is_joined_as_asp_does() -> None:
    sim = gateway()
    twice = target(Call.SEND, send_phone=PHONE, send_content="a") + "&send_content=b"
    sim.answer(twice.encode(), NOW)
    assert sim.inbox(PHONE)[0].text == "a, b"


def test_a_plus_in_the_query_is_a_blank() -> None:
    sim = gateway()
    sim.answer((target(Call.SEND, send_phone=PHONE) + "&send_content=a+b%2B").encode(), NOW)
    assert sim.inbox(PHONE)[0].text == "a b+"


def test_the_answer_is_one_line_of_text_as_asp_sends_it() -> None:
    outcome = ask(gateway(), Call.BALANCE)
    assert (outcome.status, outcome.body, outcome.length) == (200, b"1000", 4)
    assert dict(outcome.headers)["Content-Type"] == "text/html"
