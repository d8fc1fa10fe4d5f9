"""Gateways: named channels with `send`; one contract suite that every one of them passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

from sms_notify.config.channels import Apprise, Channel, Poll, Purse, Wavecom
from sms_notify.gateways.apprise import AppriseGateway, unusable
from sms_notify.gateways.balance import Balance, Told
from sms_notify.gateways.http import Answered, Http, Lost, NotReached
from sms_notify.gateways.outcome import Came, Outcome
from sms_notify.gateways.polled import (
    Fetched,
    Polled,
    ReplyEntry,
    ReplyPage,
    ReportEntry,
    ReportPage,
    Status,
)
from sms_notify.gateways.wavecom import WavecomGateway
from sms_notify.gateways.wavecom_replies import MOST_REPLIES, read_replies
from sms_notify.gateways.wavecom_reports import MOST_REPORTS, read_reports
from sms_notify.model import Micros

__all__ = [
    "MOST_REPLIES",
    "MOST_REPORTS",
    "Answered",
    "AppriseGateway",
    "Balance",
    "Came",
    "Fetched",
    "Gateway",
    "Http",
    "Lost",
    "NotReached",
    "OneRecipient",
    "Outcome",
    "Polled",
    "Prepaid",
    "ReplyEntry",
    "ReplyPage",
    "Replying",
    "ReportEntry",
    "ReportPage",
    "Reporting",
    "Status",
    "Told",
    "WavecomGateway",
    "flaws",
    "open_gateways",
    "read_replies",
    "read_reports",
]


class Gateway(Protocol):
    """A channel to phones. `send` blocks, never raises, and may be called by many threads.

    `account` is the key of the account in the store; two gateways of one account share it.
    `most_pieces` is numbers × segments of one request, which with a text has `room` for so many
    characters of numbers, each of its `width`; `patience` is the longest that a send takes.
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

    def room(self, text: str) -> int: ...
    def width(self, phone: str) -> int: ...
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
class Replying(Protocol):
    """A gateway that hands over what people send back. `replies` blocks and never raises.

    `poll.replies` 0 is never.
    """

    @property
    def name(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def poll(self) -> Poll: ...
    @property
    def poll_patience(self) -> Micros: ...

    def replies(self) -> Polled: ...


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


@runtime_checkable
class OneRecipient(Protocol):
    """A gateway behind which nobody knows phones: each piece of news goes there once, with the
    names of those it is for. `template` is a text of the operator's, without the 70.
    """

    @property
    def name(self) -> str: ...
    @property
    def template(self) -> str | None: ...


KINDS: dict[type[Channel], Callable[[Any, Http | None], Gateway]] = {
    Wavecom: WavecomGateway,
    Apprise: lambda config, _http: AppriseGateway(config),
}
"""What makes a gateway of each type of configuration."""


def open_gateways(configured: Iterable[Channel], http: Http | None = None) -> tuple[Gateway, ...]:
    """The configured gateways in their order; `http` replaces the network in simulations, as far
    as a gateway speaks HTTP itself."""
    return tuple(KINDS[type(each)](each, http) for each in configured)


def flaws(configured: Iterable[Channel]) -> Iterator[tuple[int, str]]:
    """(which gateway, what is wrong) where only the gateway's own library can tell."""
    for index, each in enumerate(configured):
        if isinstance(each, Apprise):
            for number in unusable(each):
                yield index, f"apprise cannot use URL {number}; see its documentation of the scheme"
