"""Gateways: named channels with `send`; one contract suite that every one of them passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, runtime_checkable

from sms_notify.config.model import Poll, Purse, Wavecom
from sms_notify.gateways.balance import Balance, Told
from sms_notify.gateways.http import Answered, Http, Lost, NotReached
from sms_notify.gateways.outcome import Came, Outcome
from sms_notify.gateways.polled import Fetched, Polled, ReportEntry, ReportPage, Status
from sms_notify.gateways.wavecom import WavecomGateway
from sms_notify.gateways.wavecom_reports import MOST_REPORTS, read_reports
from sms_notify.model import Micros

__all__ = [
    "MOST_REPORTS",
    "Answered",
    "Balance",
    "Came",
    "Fetched",
    "Gateway",
    "Http",
    "Lost",
    "NotReached",
    "Outcome",
    "Polled",
    "Prepaid",
    "ReportEntry",
    "ReportPage",
    "Reporting",
    "Status",
    "Told",
    "WavecomGateway",
    "open_gateways",
    "read_reports",
]


class Gateway(Protocol):
    """A channel to phones. `send` blocks, never raises, and may be called by many threads.

    `account` is the key of the account in the store; two gateways of one account share it.
    `most_pieces` is numbers × segments of one request; `patience` the longest that a send takes.
    Reports (see Reporting), replies and the balance are protocols of their own, offered where a
    gateway has them.
    """

    @property
    def name(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def most_pieces(self) -> int: ...
    @property
    def patience(self) -> Micros: ...

    def fits(self, phones: Sequence[str], text: str) -> bool: ...
    def send(self, phones: Sequence[str], text: str) -> Outcome: ...
    def close(self) -> None: ...


@runtime_checkable
class Reporting(Protocol):
    """A gateway that says what became of messages. `reports` blocks and never raises.

    `poll.reports` 0 is never; `poll_patience` is the longest that one poll takes.
    """

    @property
    def name(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def poll(self) -> Poll: ...
    @property
    def poll_patience(self) -> Micros: ...

    def reports(self) -> Polled: ...


@runtime_checkable
class Prepaid(Protocol):
    """A gateway whose account is paid in advance. `balance` blocks and never raises.

    `purse.every` 0: it is not read by itself.
    """

    @property
    def name(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def patience(self) -> Micros: ...
    @property
    def purse(self) -> Purse: ...

    def balance(self) -> Balance: ...


KINDS: dict[type[Wavecom], Callable[[Wavecom, Http | None], Gateway]] = {Wavecom: WavecomGateway}
"""What makes a gateway of each type of configuration."""


def open_gateways(configured: Iterable[Wavecom], http: Http | None = None) -> tuple[Gateway, ...]:
    """The configured gateways in their order; `http` replaces the network in simulations."""
    return tuple(KINDS[type(each)](each, http) for each in configured)
