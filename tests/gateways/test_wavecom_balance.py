"""Every answer to a question for the balance, documented or not."""

from __future__ import annotations

import pytest

from sms_notify.gateways import Answered, Balance, Prepaid, Told
from sms_notify.gateways.wavecom_balance import read_balance
from sms_notify.simulator import Account, Call, Fault, Gateway, Kind

from .accounts import ACCOUNT, HOSTS, PASSWORD, wavecom
from .virtual import VirtualHttp


@pytest.mark.parametrize(
    ("body", "told", "left", "reason"),
    [
        (b"0", Told.left, 0, ""),
        (b"4711", Told.left, 4711, ""),
        (b"\xef\xbb\xbf 12\r\n", Told.left, 12, ""),
        (b"-1", Told.account_down, -1, "no_user"),
        (b"-7", Told.account_down, -1, "login"),
        (b"-10", Told.unknown, -1, "other"),
        (b"", Told.unknown, -1, "empty"),
        (b"<html>5</html>", Told.unknown, -1, "other"),
        (b"1.5", Told.unknown, -1, "other"),
        ("１２".encode("gbk"), Told.unknown, -1, "other"),
        (b"9" * 40, Told.unknown, -1, "other"),
    ],
)
def test_each_answer_has_its_meaning(body: bytes, told: Told, left: int, reason: str) -> None:
    found = read_balance(Answered(200, body), "gbk", str)
    assert (found.told, found.left, found.reason) == (told, left, reason)


def test_an_answer_of_another_status_or_cut_is_no_balance() -> None:
    assert read_balance(Answered(500, b"5"), "gbk", str).reason == "http_500"
    assert read_balance(Answered(200, b"5", whole=False), "gbk", str).told is Told.unknown


def asked(other: Gateway) -> Balance:
    gateway = wavecom(http=VirtualHttp(other, lambda: 0))
    assert isinstance(gateway, Prepaid)
    return gateway.balance()


def test_the_balance_of_the_simulated_account_is_read() -> None:
    found = asked(Gateway([Account(ACCOUNT, PASSWORD, balance=321)]))
    assert (found.told, found.left) == (Told.left, 321)
    assert found.host in HOSTS[0]


@pytest.mark.parametrize("kind", [Kind.DROP_AFTER, Kind.REFUSE, Kind.HTML, Kind.HUGE, Kind.EMPTY])
def test_a_fault_never_raises_nor_shows_the_password(kind: Kind) -> None:
    other = Gateway([Account(ACCOUNT, PASSWORD, balance=321)])
    other.faults.add(Fault(kind, frozenset({Call.BALANCE})))
    found = asked(other)
    assert found.told in (Told.unknown, Told.unreached)
    assert PASSWORD not in repr(found)
