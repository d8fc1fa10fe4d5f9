"""Gateways: named channels with `send`; one contract suite that every one of them passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from sms_notify.config.model import Wavecom
from sms_notify.gateways.http import Answered, Http, Lost, NotReached
from sms_notify.gateways.outcome import Came, Outcome
from sms_notify.gateways.wavecom import WavecomGateway
from sms_notify.model import Micros

__all__ = [
    "Answered",
    "Came",
    "Gateway",
    "Http",
    "Lost",
    "NotReached",
    "Outcome",
    "WavecomGateway",
    "open_gateways",
]


class Gateway(Protocol):
    """A channel to phones. `send` blocks, never raises, and may be called by many threads.

    `account` is the key of the account in the store; two gateways of one account share it.
    `most_pieces` is numbers × segments of one request; `patience` the longest that a send takes.
    Reports, replies and the balance will be protocols of their own, offered where a gateway has
    them.
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


KINDS: dict[type[Wavecom], Callable[[Wavecom, Http | None], Gateway]] = {Wavecom: WavecomGateway}
"""What makes a gateway of each type of configuration."""


def open_gateways(configured: Iterable[Wavecom], http: Http | None = None) -> tuple[Gateway, ...]:
    """The configured gateways in their order; `http` replaces the network in simulations."""
    return tuple(KINDS[type(each)](each, http) for each in configured)
