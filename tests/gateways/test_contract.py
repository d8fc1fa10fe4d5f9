"""What every gateway does, whoever the vendor and whatever the transport: one suite for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from sms_notify.gateways import Came, Gateway, open_gateways
from sms_notify.simulator import Account, Call, Fault, Kind, serve
from sms_notify.simulator import Gateway as Other

from .accounts import ACCOUNT, HOSTS, OTHER, PASSWORD, PHONE, TEXT, configured
from .virtual import VirtualHttp

NOW = 1_800_000_000_000_000


@dataclass
class Line:
    """A gateway of ours and the other side of it."""

    gateway: Gateway
    other: Other
    cut: Callable[[], None]

    def strike(self, kind: Kind, **more: Any) -> None:
        calls = frozenset({Call.SEND})
        self.other.faults.add(Fault(kind, calls, **more))


def over_http(other: Other) -> Iterator[Line]:
    with serve(other) as simulator:
        (gateway,) = open_gateways([configured(simulator.url)])
        yield Line(gateway, other, simulator.stop_listening)
        gateway.close()


def in_virtual_time(other: Other) -> Iterator[Line]:
    http = VirtualHttp(other, lambda: NOW, read_timeout=1.0)
    (gateway,) = open_gateways([configured(HOSTS[0])], http)
    yield Line(gateway, other, lambda: http.down.add(HOSTS[0]))


LINES = {"wavecom over HTTP": over_http, "wavecom in virtual time": in_virtual_time}


@pytest.fixture(params=LINES)
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    yield from LINES[request.param](Other([Account(ACCOUNT, PASSWORD, balance=500)]))


def test_a_text_reaches_the_phone_as_it_was_written(line: Line) -> None:
    outcome = line.gateway.send([PHONE], TEXT)
    (sms,) = line.other.inbox("13800000001")
    assert (outcome.came, outcome.accepted, outcome.refused) == (Came.accepted, 1, 0)
    assert (sms.text, sms.garbled, outcome.provider_ids) == (TEXT, False, (sms.id,))
    assert outcome.host
    assert outcome.seconds >= 0


def test_each_phone_of_a_batch_has_its_own_id_in_their_order(line: Line) -> None:
    outcome = line.gateway.send([OTHER, PHONE], TEXT)
    ids = tuple(line.other.inbox(phone)[0].id for phone in ("13900000002", "13800000001"))
    assert (outcome.accepted, outcome.provider_ids) == (2, ids)


def test_refused_numbers_are_counted_and_not_guessed(line: Line) -> None:
    line.other.refused.add("13800000001")
    outcome = line.gateway.send([PHONE, OTHER], TEXT)
    assert (outcome.came, outcome.accepted, outcome.refused) == (Came.accepted, 1, 1)


def test_a_number_refused_alone_is_known(line: Line) -> None:
    line.other.refused.add("13800000001")
    outcome = line.gateway.send([PHONE], TEXT)
    assert (outcome.came, outcome.accepted, outcome.refused) == (Came.accepted, 0, 1)


def test_a_forbidden_word_is_named(line: Line) -> None:
    line.other.forbidden.add("磁盘")
    outcome = line.gateway.send([PHONE], TEXT)
    assert (outcome.came, outcome.word) == (Came.forbidden_word, "磁盘")


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"password": "changed"}, "login"), ({"locked": True}, "locked"), ({"balance": 0}, "balance")],
)
def test_trouble_with_the_account_is_not_the_messages(
    line: Line, change: dict[str, Any], reason: str
) -> None:
    line.other.put_account(replace(line.other.account(ACCOUNT), **change))
    outcome = line.gateway.send([PHONE], TEXT)
    assert (outcome.came, outcome.reason) == (Came.account_down, reason)


def test_nobody_there_means_that_nothing_left(line: Line) -> None:
    line.cut()
    assert line.gateway.send([PHONE], TEXT).came is Came.unreached


@pytest.mark.parametrize(
    ("kind", "came"),
    [
        (Kind.BUSY, Came.busy),
        (Kind.DROP_BEFORE, Came.uncertain),
        (Kind.DROP_AFTER, Came.uncertain),
        (Kind.TRUNCATED, Came.uncertain),
        (Kind.HTML, Came.unknown),
        (Kind.HTTP500, Came.unknown),
        (Kind.GARBAGE, Came.unknown),
        (Kind.EMPTY, Came.unknown),
        (Kind.HUGE, Came.unknown),
        (Kind.BOM, Came.accepted),
        (Kind.WRONG_CHARSET, Came.accepted),
    ],
)
def test_each_fault_ends_in_its_class(line: Line, kind: Kind, came: Came) -> None:
    line.strike(kind)
    assert line.gateway.send([PHONE], TEXT).came is came


def test_an_answer_later_than_the_timeout_is_uncertain_and_was_taken(line: Line) -> None:
    line.strike(Kind.SLOW, seconds=1.3)
    outcome = line.gateway.send([PHONE], TEXT)
    assert (outcome.came, outcome.reason) == (Came.uncertain, "timeout")
    assert line.other.truth.accepted() == 1


def test_a_redirect_elsewhere_is_not_followed(line: Line) -> None:
    line.strike(Kind.REDIRECT, location="http://elsewhere.test/sendsms_txt.asp")
    outcome = line.gateway.send([PHONE], TEXT)
    assert (outcome.came, outcome.reason) == (Came.unknown, "http_302")
    assert len(line.other.requests()) == 1


def test_what_fits_is_taken_whole_and_what_does_not_is_refused_by_us(line: Line) -> None:
    phones = [f"+86138{number:08}" for number in range(100)]
    assert line.gateway.fits(phones, "一" * 60)
    assert line.gateway.send(phones, "一" * 60).accepted == 100
    assert not line.gateway.fits(phones, "一" * 335)
    asked = len(line.other.requests())
    outcome = line.gateway.send(phones, "一" * 335)
    assert (outcome.came, outcome.reason, outcome.host) == (Came.rejected, "too_long", "")
    assert len(line.other.requests()) == asked


def test_a_character_that_the_charset_lacks_costs_only_itself(line: Line) -> None:
    assert line.gateway.send([PHONE], "满🔥\ud800了").came is Came.accepted
    assert line.other.inbox("13800000001")[0].text == "满??了"


def test_nothing_that_a_gateway_says_about_itself_holds_a_secret(line: Line) -> None:
    shown = f"{line.gateway!r} {line.gateway} {line.gateway.send([PHONE], TEXT)!r}"
    assert PASSWORD not in shown
    assert ACCOUNT not in shown
    assert "13800000001" not in shown
