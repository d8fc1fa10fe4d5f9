"""What every gateway does, whoever the vendor and whatever the transport: one suite for all.

What only phones know (ids, refused numbers, an account) is asked of the lines that send SMS.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

import pytest

from sms_notify.config import Apprise, Secret
from sms_notify.gateways import Came, Gateway, open_gateways
from sms_notify.simulator import Account, Call, Fault, Kind, serve
from sms_notify.simulator import Gateway as Other
from tests.programs.receiver import Receiver

from .accounts import ACCOUNT, HOSTS, OTHER, PASSWORD, PHONE, TEXT, configured, fits
from .virtual import VirtualHttp

NOW = 1_800_000_000_000_000


TOKEN = "T0KEN-4711-geheim"


class Line(Protocol):
    """A gateway of ours and the other side of it: what arrived there, and what goes wrong."""

    gateway: Gateway
    means: ClassVar[dict[Kind, Came]]
    """The classes in which each fault may end; what is not in it ends as in FAULTS."""

    def arrived(self) -> list[str]: ...
    def cut(self) -> None: ...
    def strike(self, kind: Kind, **more: Any) -> None: ...


@dataclass
class SmsLine:
    """企业短信通 and its simulator."""

    gateway: Gateway
    other: Other
    cut: Callable[[], None]
    means: ClassVar[dict[Kind, Came]] = {Kind.REFUSE: Came.unreached}

    def arrived(self) -> list[str]:
        return [sms.text for sms in self.other.phones.all()]

    def strike(self, kind: Kind, **more: Any) -> None:
        calls = frozenset({Call.SEND})
        self.other.faults.add(Fault(kind, calls, **more))


@dataclass
class AppriseLine:
    """apprise's own `json://` and a real web server. Of an answer it says yes or no, no more."""

    gateway: Gateway
    receiver: Receiver
    means: ClassVar[dict[Kind, Came]] = {
        **dict.fromkeys((Kind.REFUSE, Kind.BUSY, Kind.DROP_BEFORE, Kind.DROP_AFTER), Came.unknown),
        **dict.fromkeys((Kind.TRUNCATED, Kind.HTML, Kind.GARBAGE, Kind.EMPTY), Came.accepted),
        Kind.HUGE: Came.accepted,
    }

    def arrived(self) -> list[str]:
        return [posted.json["message"] for posted in self.receiver.posted]

    def cut(self) -> None:
        self.receiver.close()

    def strike(self, kind: Kind, seconds: float = 0, **_more: Any) -> None:
        status = {Kind.BUSY: 503, Kind.HTTP500: 500, Kind.REDIRECT: 302}.get(kind, 200)
        status = 0 if kind in (Kind.DROP_BEFORE, Kind.DROP_AFTER) else status
        self.receiver.text = "x" * 10_000_000 if kind is Kind.HUGE else "<html>\ufeff"

        def answer(_posted: object) -> int:
            time.sleep(seconds)
            return status

        self.receiver.answer = answer


def over_http() -> Iterator[SmsLine]:
    other = Other([Account(ACCOUNT, PASSWORD, balance=500)])
    with serve(other) as simulator:
        (gateway,) = open_gateways([configured(simulator.url)])
        yield SmsLine(gateway, other, simulator.stop_listening)
        gateway.close()


def in_virtual_time() -> Iterator[SmsLine]:
    other = Other([Account(ACCOUNT, PASSWORD, balance=500)])
    http = VirtualHttp(other, lambda: NOW, read_timeout=1.0)
    (gateway,) = open_gateways([configured(HOSTS[0])], http)
    yield SmsLine(gateway, other, lambda: http.down.add(HOSTS[0]))


def by_a_second_account() -> Iterator[SmsLine]:
    """The fallback of an account that is locked, at the same hosts."""
    other = Other([Account("first", PASSWORD, locked=True), Account(ACCOUNT, PASSWORD, 500)])
    http = VirtualHttp(other, lambda: NOW, read_timeout=1.0)
    first = replace(configured(HOSTS[0]), name="first", account="first")
    locked, gateway = open_gateways([first, configured(HOSTS[0])], http)
    assert locked.send([PHONE], TEXT).came is Came.account_down
    other.log.clear()
    yield SmsLine(gateway, other, lambda: http.down.add(HOSTS[0]))


def by_apprise() -> Iterator[AppriseLine]:
    receiver = Receiver()
    url = f"{receiver.url.replace('http', 'json')}/{TOKEN}?rto=0.5"
    (gateway,) = open_gateways([Apprise("备用", (Secret(url),))])
    yield AppriseLine(gateway, receiver)
    gateway.close()
    if receiver._thread.is_alive():
        receiver.close()


SMS_LINES: dict[str, Callable[[], Iterator[SmsLine]]] = {
    "wavecom over HTTP": over_http,
    "wavecom in virtual time": in_virtual_time,
    "a second account": by_a_second_account,
}
LINES: dict[str, Callable[[], Iterator[Line]]] = {**SMS_LINES, "apprise": by_apprise}


@pytest.fixture(params=LINES)
def any_line(request: pytest.FixtureRequest) -> Iterator[Line]:
    yield from LINES[request.param]()


@pytest.fixture(params=SMS_LINES)
def line(request: pytest.FixtureRequest) -> Iterator[SmsLine]:
    yield from SMS_LINES[request.param]()


# Every gateway


def test_a_text_arrives_once_as_it_was_written(any_line: Line) -> None:
    outcome = any_line.gateway.send([PHONE], TEXT)
    assert (outcome.came, outcome.accepted, outcome.refused) == (Came.accepted, 1, 0)
    assert any_line.arrived() == [TEXT]
    assert outcome.host
    assert outcome.seconds >= 0
    assert any_line.gateway.patience > 0


def test_many_threads_may_send_at_once(any_line: Line) -> None:
    texts = [f"{TEXT} {number}" for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda text: any_line.gateway.send([PHONE], text), texts))
    assert {outcome.came for outcome in outcomes} == {Came.accepted}
    assert sorted(any_line.arrived()) == sorted(texts)


FAULTS = {
    Kind.BUSY: Came.busy,
    Kind.DROP_BEFORE: Came.uncertain,
    Kind.DROP_AFTER: Came.uncertain,
    Kind.TRUNCATED: Came.uncertain,
    Kind.HTML: Came.unknown,
    Kind.HTTP500: Came.unknown,
    Kind.GARBAGE: Came.unknown,
    Kind.EMPTY: Came.unknown,
    Kind.HUGE: Came.unknown,
    Kind.BOM: Came.accepted,
    Kind.WRONG_CHARSET: Came.accepted,
}


@pytest.mark.parametrize("kind", FAULTS)
def test_each_fault_ends_in_its_class(any_line: Line, kind: Kind) -> None:
    any_line.strike(kind)
    wanted = any_line.means.get(kind, FAULTS[kind])
    assert any_line.gateway.send([PHONE], TEXT).came is wanted


def test_nobody_there_means_that_it_goes_again(any_line: Line) -> None:
    any_line.cut()
    outcome = any_line.gateway.send([PHONE], TEXT)
    assert outcome.came is any_line.means[Kind.REFUSE]
    assert not any_line.arrived()


def test_an_answer_later_than_the_timeout_is_uncertain_and_was_taken(any_line: Line) -> None:
    any_line.strike(Kind.SLOW, seconds=1.3)
    outcome = any_line.gateway.send([PHONE], TEXT)
    assert (outcome.came, outcome.reason) == (Came.uncertain, "timeout")
    assert any_line.arrived() == [TEXT]


def test_a_redirect_elsewhere_is_not_followed(any_line: Line) -> None:
    any_line.strike(Kind.REDIRECT, location="http://elsewhere.test/sendsms_txt.asp")
    outcome = any_line.gateway.send([PHONE], TEXT)
    assert outcome.came is Came.unknown
    assert "302" in f"{outcome.reason} {outcome.detail}"
    assert len(any_line.arrived()) <= 1


@pytest.mark.parametrize("kind", [None, Kind.BUSY, Kind.HTML, Kind.DROP_AFTER, Kind.REFUSE])
def test_nothing_that_a_gateway_says_or_logs_holds_a_secret(
    any_line: Line, kind: Kind | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    caplog.set_level(0, logger="urllib3.connectionpool")
    if kind is Kind.REFUSE:
        any_line.cut()
    elif kind:
        any_line.strike(kind)
    gateway = any_line.gateway
    shown = f"{gateway!r} {gateway} {gateway.send([PHONE], TEXT)!r} {caplog.text}"
    for secret in (PASSWORD, ACCOUNT, TOKEN, "13800000001"):
        assert secret not in shown


# Those that send SMS


def test_a_text_reaches_the_phone_and_is_known_by_its_id(line: SmsLine) -> None:
    outcome = line.gateway.send([PHONE], TEXT)
    (sms,) = line.other.inbox("13800000001")
    assert (outcome.came, outcome.accepted, outcome.refused) == (Came.accepted, 1, 0)
    assert (sms.text, sms.garbled, outcome.provider_ids) == (TEXT, False, (sms.id,))
    assert outcome.host
    assert outcome.seconds >= 0


def test_each_phone_of_a_batch_has_its_own_id_in_their_order(line: SmsLine) -> None:
    outcome = line.gateway.send([OTHER, PHONE], TEXT)
    ids = tuple(line.other.inbox(phone)[0].id for phone in ("13900000002", "13800000001"))
    assert (outcome.accepted, outcome.provider_ids) == (2, ids)


def test_refused_numbers_are_counted_and_not_guessed(line: SmsLine) -> None:
    line.other.refused.add("13800000001")
    outcome = line.gateway.send([PHONE, OTHER], TEXT)
    assert (outcome.came, outcome.accepted, outcome.refused) == (Came.accepted, 1, 1)


def test_a_number_refused_alone_is_known(line: SmsLine) -> None:
    line.other.refused.add("13800000001")
    outcome = line.gateway.send([PHONE], TEXT)
    assert (outcome.came, outcome.accepted, outcome.refused) == (Came.accepted, 0, 1)


def test_a_forbidden_word_is_named(line: SmsLine) -> None:
    line.other.forbidden.add("磁盘")
    outcome = line.gateway.send([PHONE], TEXT)
    assert (outcome.came, outcome.word) == (Came.forbidden_word, "磁盘")


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"password": "changed"}, "login"), ({"locked": True}, "locked"), ({"balance": 0}, "balance")],
)
def test_trouble_with_the_account_is_not_the_messages(
    line: SmsLine, change: dict[str, Any], reason: str
) -> None:
    line.other.put_account(replace(line.other.account(ACCOUNT), **change))
    outcome = line.gateway.send([PHONE], TEXT)
    assert (outcome.came, outcome.reason) == (Came.account_down, reason)


def test_what_fits_is_taken_whole_and_what_does_not_is_refused_by_us(line: SmsLine) -> None:
    phones = [f"+86138{number:08}" for number in range(100)]
    assert fits(line.gateway, phones, "一" * 60)
    assert line.gateway.send(phones, "一" * 60).accepted == 100
    assert not fits(line.gateway, phones, "一" * 335)
    asked = len(line.other.requests())
    outcome = line.gateway.send(phones, "一" * 335)
    assert (outcome.came, outcome.reason, outcome.host) == (Came.rejected, "too_long", "")
    assert len(line.other.requests()) == asked


def test_a_character_that_the_charset_lacks_costs_only_itself(line: SmsLine) -> None:
    assert line.gateway.send([PHONE], "满🔥\ud800了").came is Came.accepted
    assert line.other.inbox("13800000001")[0].text == "满??了"
