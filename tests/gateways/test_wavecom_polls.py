"""Every answer of 企业短信通 to its two polls, documented or not, and what may have been lost."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from sms_notify.gateways import Answered, Fetched, Lost, NotReached, Polled
from sms_notify.gateways.http import MOST_BODY
from sms_notify.gateways.wavecom import REPLIES, REPORTS
from sms_notify.simulator import Account, Call, Fate, Fault, Gateway, Kind, Simulator, serve

from .accounts import ACCOUNT, HOSTS, PASSWORD, PHONE, wavecom
from .sockets import Raw
from .test_wavecom_http import Script

PAGE = "2|640;13800000001;10|641;13900000002;20"
POLLS: list[Callable[[Script], Polled]] = [
    lambda script: wavecom(http=script).reports(),
    lambda script: wavecom(http=script).replies(),
]
ANSWERS = [
    (Answered(200, PAGE.encode()), Fetched.page, ""),
    (Answered(200, b"\xef\xbb\xbf\r\n" + PAGE.encode() + b"\r\n \x00"), Fetched.page, ""),
    (Answered(200, b" 2 |640;13800000001;10"), Fetched.page, ""),
    (Answered(200, b"0"), Fetched.nothing, ""),
    (Answered(200, b"\xef\xbb\xbf0\r\n"), Fetched.nothing, ""),
    (Answered(200, b"0|"), Fetched.nothing, ""),
    (Answered(200, b"-1"), Fetched.account_down, "no_user"),
    (Answered(200, b"-7"), Fetched.account_down, "login"),
    (Answered(200, b"-3"), Fetched.busy, "-3"),
    (Answered(200, b"-3\r\n"), Fetched.busy, "-3"),
    (Answered(200, b"-2"), Fetched.unknown, "code"),
    (Answered(200, b"-9"), Fetched.unknown, "code"),
    (Answered(200, b"-10"), Fetched.unknown, "code"),
    (Answered(200, b"-99"), Fetched.unknown, "code"),
    (Answered(200, b"-100"), Fetched.unknown, "code"),
    (Answered(200, b""), Fetched.lost, "empty"),
    (Answered(200, b"\r\n"), Fetched.lost, "empty"),
    (Answered(200, b"<html>busy</html>"), Fetched.lost, "html"),
    (Answered(200, b"1"), Fetched.lost, "other"),
    (Answered(200, b"\xff\xfe0\x00"), Fetched.lost, "other"),
    (Answered(200, "系统忙".encode("gbk")), Fetched.lost, "other"),
    (Answered(200, b"9" * MOST_BODY, whole=False), Fetched.lost, "huge"),
    (Answered(302, b"moved", "http://elsewhere.test/"), Fetched.unknown, "http_302"),
    (Answered(404, b"<html>"), Fetched.unknown, "http_404"),
    (Answered(500, b"<html>"), Fetched.lost, "http_500"),
    (Answered(502, PAGE.encode()), Fetched.lost, "http_502"),
    (Lost("timeout", 60.0), Fetched.lost, "timeout"),
    (Lost("cut", 0.1, b"2"), Fetched.lost, "cut"),
    (NotReached("refused"), Fetched.unreached, "refused"),
]


@pytest.mark.parametrize("poll", POLLS, ids=["reports", "replies"])
@pytest.mark.parametrize(("got", "came", "reason"), ANSWERS)
def test_each_answer_has_its_class(
    got: Answered | Lost | NotReached,
    came: Fetched,
    reason: str,
    poll: Callable[[Script], Polled],
) -> None:
    polled = poll(Script(gw_1=got, gw_2=NotReached("refused"), gw_3=NotReached("refused")))
    assert (polled.came, polled.reason) == (came, reason)
    assert bool(polled.text) == (came is Fetched.page)


@pytest.mark.parametrize(
    ("got", "whole"),
    [
        (Answered(200, PAGE.encode()), True),
        (Answered(200, PAGE.encode(), whole=False), False),
        (Lost("cut", 0.1, PAGE[:30].encode()), False),
        (Lost("timeout", 60.0, b"\xef\xbb\xbf2|640;1"), False),
    ],
)
def test_what_arrived_of_a_page_is_a_page_and_says_if_it_was_cut(
    got: Answered | Lost, whole: bool
) -> None:
    polled = wavecom(http=Script(gw_1=got)).reports()
    assert (polled.came, polled.whole) == (Fetched.page, whole)
    assert polled.text.startswith("2|640;1")
    assert bool(polled.reason) != whole


def test_a_page_holds_nothing_that_a_store_would_refuse() -> None:
    """`@` is 0 in the alphabet of an SMS; PostgreSQL keeps that in no text."""
    got = Answered(200, b"2|12;13800000001;ops\x00example|13;13900000002;12")
    polled = wavecom(http=Script(gw_1=got)).replies()
    assert polled.text == "2|12;13800000001;ops\ufffdexample|13;13900000002;12"


def test_a_poll_fails_over_only_where_no_byte_can_have_been_read() -> None:
    page = Answered(200, PAGE.encode())
    script = Script(gw_1=NotReached("dns"), gw_2=page, gw_3=page)
    assert wavecom(http=script).reports().host == "gw-2.test:8088"
    for got in (Lost("timeout"), Answered(500, b""), Answered(200, b""), Answered(200, b"-3")):
        script = Script(gw_1=got, gw_2=page, gw_3=page)
        assert wavecom(http=script).reports().came is not Fetched.page
        assert script.asked == [HOSTS[0]]


def test_a_poll_asks_for_nothing_but_its_own_page() -> None:
    script = Script(gw_1=Answered(200, b"0"))
    gateway = wavecom(http=script)
    gateway.reports()
    gateway.replies()
    paths = [target.partition("?")[0] for target in script.targets]
    assert paths == [REPORTS, REPLIES]
    assert all("send_" not in target for target in script.targets)


@pytest.fixture
def sim() -> Simulator:
    return serve(Gateway([Account(ACCOUNT, PASSWORD)]))


def test_over_http_every_fault_has_its_class(sim: Simulator) -> None:
    expected = {
        Kind.BUSY: (Fetched.busy, "-3"),
        Kind.DROP_BEFORE: (Fetched.lost, "reset"),
        Kind.DROP_AFTER: (Fetched.lost, "reset"),
        Kind.TRUNCATED: (Fetched.page, "cut"),
        Kind.HTML: (Fetched.lost, "html"),
        Kind.HTTP500: (Fetched.lost, "http_500"),
        Kind.GARBAGE: (Fetched.lost, "other"),
        Kind.EMPTY: (Fetched.lost, "empty"),
        Kind.BOM: (Fetched.page, ""),
        Kind.HUGE: (Fetched.lost, "huge"),
        Kind.WRONG_CHARSET: (Fetched.page, ""),
    }
    with sim:
        gateway = wavecom(sim.url)
        for kind, (came, reason) in expected.items():
            for phone in ("13800000001", "13800000002"):
                sim.gateway.report(ACCOUNT, "640", phone, 10)
            sim.gateway.faults.add(Fault(kind, frozenset({Call.REPORTS}), count=1))
            polled = gateway.reports()
            gateway.reports()
            assert (kind, polled.came, polled.reason) == (kind, came, reason)
        gateway.close()


def test_reports_and_replies_are_fetched_once_with_the_secrets_of_the_account(
    sim: Simulator,
) -> None:
    with sim:
        sim.gateway.fates["13800000001"] = Fate.FAILED
        gateway = wavecom(sim.url)
        sent = gateway.send([PHONE], "磁盘满").provider_ids[0]
        sim.gateway.report(ACCOUNT, sent, "13800000001", 20)
        sim.gateway.reply("13800000001", "12确认;好|的")
        assert gateway.reports().text == f"1|{sent};13800000001;20"
        assert gateway.replies().text == "1|133;13800000001;12确认;好|的"
        assert gateway.reports().came is Fetched.nothing
        assert gateway.replies().came is Fetched.nothing
        gateway.close()


def test_a_wrong_password_is_the_accounts_fault(sim: Simulator) -> None:
    with sim:
        sim.gateway.put_account(Account(ACCOUNT, "another"))
        polled = wavecom(sim.url).reports()
        assert (polled.came, polled.reason) == (Fetched.account_down, "login")


def test_nothing_of_a_poll_that_failed_holds_a_secret() -> None:
    def echo(connection: socket.socket, head: bytes) -> None:
        shown = head.split(b" ")[1]
        connection.sendall(b"HTTP/1.1 500 X\r\nContent-Length: %d\r\n\r\n" % len(shown) + shown)

    with Raw(echo) as server:
        polled = wavecom(server.url).reports()
    assert PASSWORD not in repr(polled)
    assert ACCOUNT not in repr(polled)
    assert "us_pwd=***" in polled.detail


def test_the_first_bytes_of_a_page_whose_connection_broke_are_kept() -> None:
    def cut(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n" + PAGE[:30].encode())
        connection.shutdown(socket.SHUT_RDWR)

    with Raw(cut) as server:
        polled = wavecom(server.url).reports()
    assert (polled.came, polled.text, polled.whole) == (Fetched.page, PAGE[:30], False)
