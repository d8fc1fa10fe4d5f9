"""The eleven traps of 企业短信通, each with the tests that step into it; and one table of all faults.

 1 charset            gateways/test_wavecom_http.py: test_the_query_is_the_charset_percent_encoded_and_its_commas_are_not
                      text/test_texts.py: test_what_a_charset_lacks_becomes_its_likeness
                      gateways/test_contract.py: test_a_character_that_the_charset_lacks_costs_only_itself
                      simulator/test_charset.py: test_utf_8_sent_to_a_gbk_gateway_is_shown_as_mojibake_and_marked
 2 what 70 means      text/test_properties.py: test_units_are_utf_16_code_units
                      text/test_properties.py: test_a_text_up_to_70_is_one_sms_and_67_units_each_above
                      text/test_texts.py: test_the_signature_counts_even_where_the_gateway_adds_it
 3 length of the URL  gateways/test_wavecom_http.py: test_a_url_never_passes_two_thousand_bytes
                      delivery/test_claim.py: test_a_request_has_at_most_two_thousand_bytes_of_url
                      delivery/test_claim.py: test_a_request_has_at_most_so_many_numbers_times_segments
 4 refused numbers    gateways/test_contract.py: test_refused_numbers_are_counted_and_not_guessed
                      delivery/test_settle.py: test_a_batch_of_which_some_were_refused_is_uncertain_as_a_whole
                      delivery/test_settle.py: test_one_bad_number_never_costs_the_others_theirs
 5 handed out once    inbound/test_crashes.py: test_killed_after_each_step_a_report_is_applied_once_or_known_to_be_lost
                      inbound/test_crashes.py: test_a_page_in_hand_while_the_store_is_away_outlives_the_process
                      inbound/test_crashes.py: test_two_processes_do_not_ask_one_account_at_once
                      inbound/test_reports.py: test_pages_are_fetched_until_fewer_than_the_maximum_come
 6 comma after the id gateways/test_wavecom_replies.py: test_the_example_of_the_document_is_read_though_it_contradicts_the_text
                      gateways/test_wavecom_replies.py: test_a_content_may_hold_every_divider
 7 forged entries     gateways/test_wavecom_replies.py: test_a_page_that_does_not_add_up_is_ambiguous_and_nothing_is_acted_on
                      gateways/test_wavecom_replies.py: test_no_sender_is_too_strange_to_be_counted
                      gateways/test_wavecom_replies.py: test_one_message_is_all_content_whatever_it_looks_like
 8 secrets in the URL gateways/test_secrets.py: test_a_failure_of_the_http_library_leaves_nothing
                      gateways/test_wavecom_http.py: test_the_proxy_of_the_environment_is_not_used
                      acceptance/test_secrets.py: test_no_secret_and_no_phone_gets_out_however_the_gateway_fails
 9 a batch's one id   inbound/test_reports.py: test_one_id_for_a_whole_batch_is_told_apart_by_the_phone
                      inbound/test_reports.py: test_a_report_that_comes_before_our_own_commit_of_the_send_is_found_again
                      inbound/test_reports.py: test_the_same_report_twice_is_counted_and_done_once
                      inbound/test_reports.py: test_a_foreign_report_is_kept_and_does_nothing
10 send_time          gateways/test_traps.py: test_what_is_for_later_waits_with_us_and_not_with_the_gateway
                      simulator/test_send.py: test_send_time_is_china_time_and_the_sms_arrives_then
11 a balance of 0     gateways/test_wavecom_balance.py: test_each_answer_has_its_meaning
                      simulation/test_balance.py: test_what_an_empty_balance_keeps_leaves_when_it_is_topped_up
"""  # noqa: E501

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sms_notify.gateways import Came, Fetched, Told, WavecomGateway
from sms_notify.simulator import Account, Call, Fault, Gateway, Kind, Simulator, serve
from tests.gateways.virtual import VirtualHttp

from .accounts import ACCOUNT, PASSWORD, PHONE, TEXT, wavecom

TESTS = Path(__file__).parents[1]
NAMED = re.findall(r"(\w+/\w+\.py): (test_\w+)", __doc__ or "")


def test_every_trap_has_its_tests_and_they_are_there() -> None:
    numbers = [int(number) for number in re.findall(r"^ ?(\d+) ", __doc__ or "", re.MULTILINE)]
    assert numbers == list(range(1, 12))
    for file, name in NAMED:
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}, name


def test_what_is_for_later_waits_with_us_and_not_with_the_gateway() -> None:
    """What the gateway keeps can't be called back, folded or judged again."""
    http = VirtualHttp(Gateway([Account(ACCOUNT, PASSWORD)]), lambda: 0)
    assert wavecom(http=http).send([PHONE], TEXT).came is Came.accepted
    [(_base, target)] = http.log
    asked = parse_qs(urlsplit(target).query, encoding="gbk")
    assert asked.keys() == {"us_name", "us_pwd", "send_phone", "send_content"}


# Every fault of every call, over sockets


@pytest.fixture(scope="module")
def line() -> Iterator[tuple[Simulator, WavecomGateway]]:
    with serve(Gateway([Account(ACCOUNT, PASSWORD, balance=500)])) as simulator:
        gateway = wavecom(simulator.url)
        yield simulator, gateway
        gateway.close()


CALLS: dict[Call, Callable[[WavecomGateway], Any]] = {
    Call.SEND: lambda gateway: gateway.send([PHONE], TEXT).came,
    Call.REPORTS: lambda gateway: gateway.reports().came,
    Call.REPLIES: lambda gateway: gateway.replies().came,
    Call.BALANCE: lambda gateway: gateway.balance().told,
}
F, B = Fetched, Told
TABLE: dict[tuple[Kind, str], tuple[Came, Fetched, Fetched, Told]] = {
    (Kind.BUSY, ""): (Came.busy, F.busy, F.busy, B.unknown),
    (Kind.DROP_BEFORE, ""): (Came.uncertain, F.lost, F.lost, B.unreached),
    (Kind.DROP_AFTER, ""): (Came.uncertain, F.lost, F.lost, B.unreached),
    (Kind.TRUNCATED, ""): (Came.uncertain, F.page, F.page, B.unreached),
    (Kind.HTML, ""): (Came.unknown, F.lost, F.lost, B.unknown),
    (Kind.HTTP500, ""): (Came.unknown, F.lost, F.lost, B.unknown),
    (Kind.GARBAGE, ""): (Came.unknown, F.lost, F.lost, B.unknown),
    (Kind.EMPTY, ""): (Came.unknown, F.lost, F.lost, B.unknown),
    (Kind.BOM, ""): (Came.accepted, F.page, F.page, B.left),
    (Kind.HUGE, ""): (Came.unknown, F.lost, F.lost, B.unknown),
    (Kind.WRONG_CHARSET, ""): (Came.accepted, F.page, F.page, B.left),
    (Kind.ANSWER, "-1"): (Came.rejected, F.account_down, F.account_down, B.account_down),
    (Kind.ANSWER, "-2"): (Came.rejected, F.unknown, F.unknown, B.unknown),
    (Kind.ANSWER, "-3"): (Came.forbidden_word, F.busy, F.busy, B.unknown),
    (Kind.ANSWER, "-4"): (Came.rejected, F.unknown, F.unknown, B.unknown),
    (Kind.ANSWER, "-7"): (Came.account_down, F.account_down, F.account_down, B.account_down),
    (Kind.ANSWER, "-8"): (Came.rejected, F.unknown, F.unknown, B.unknown),
    (Kind.ANSWER, "-9"): (Came.account_down, F.unknown, F.unknown, B.unknown),
    (Kind.ANSWER, "-10"): (Came.account_down, F.unknown, F.unknown, B.unknown),
    (Kind.ANSWER, "-99"): (Came.busy, F.unknown, F.unknown, B.unknown),
    (Kind.ANSWER, "-12345"): (Came.unknown, F.unknown, F.unknown, B.unknown),
    (Kind.ANSWER, "0"): (Came.unknown, F.nothing, F.nothing, B.left),
    (Kind.ANSWER, "系统忙,请稍后"): (Came.unknown, F.lost, F.lost, B.unknown),
}
"""Fault → what it is taken for in a send, a poll of reports, a poll of replies, the balance."""


@pytest.mark.parametrize(("fault", "means"), TABLE.items(), ids=lambda each: str(each)[:40])
def test_every_call_takes_every_answer_for_what_it_is(
    line: tuple[Simulator, WavecomGateway],
    fault: tuple[Kind, str],
    means: tuple[Came, Fetched, Fetched, Told],
) -> None:
    simulator, gateway = line
    kind, text = fault
    simulator.gateway.reset()
    for phone in ("13800000001", "13800000002"):
        simulator.gateway.report(ACCOUNT, "640", phone, 10)
        simulator.gateway.reply(phone, "好的,收到", ACCOUNT)
    for (call, ask), wanted in zip(CALLS.items(), means, strict=True):
        simulator.gateway.faults.add(Fault(kind, frozenset({call}), count=1, text=text))
        assert (call, ask(gateway)) == (call, wanted)
