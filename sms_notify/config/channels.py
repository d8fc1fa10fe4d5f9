"""The gateways of the checked configuration, one frozen class a type, and what they share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from sms_notify.config.secret import Secret
from sms_notify.config.url_room import room
from sms_notify.config.urls import passwords_of, secret_parts
from sms_notify.model import Micros


@dataclass(frozen=True, slots=True)
class Poll:
    """How often a gateway is asked for what it has for us; 0 is never."""

    reports: Micros = 0
    replies: Micros = 0


@dataclass(frozen=True, slots=True)
class Purse:
    """How a prepaid balance is watched: read `every` (0 is never), the operator told of less than
    `warn_below`, the last `reserve_for_critical` kept for critical messages; in billed SMS."""

    every: Micros = 0
    warn_below: int = 0
    reserve_for_critical: int = 0


@dataclass(frozen=True, slots=True)
class Wavecom:
    """One account of the 企业短信通 gateway, with its hosts in order of preference."""

    type: ClassVar[str] = "wavecom"

    name: str
    account: str
    password: Secret
    urls: tuple[str, ...]
    charset: str
    connect_timeout: Micros
    read_timeout: Micros
    signature_by: str
    proxy: str | None = field(default=None, repr=False)
    poll: Poll = Poll()
    balance: Purse = Purse()

    def room(self, charset: str | None = None, numbers: int = 1) -> int:
        """How many UTF-16 units of any text surely fit into one request to that many phones."""
        words = (self.account, self.password.reveal())
        return room(self.urls, words, charset or self.charset, numbers)

    def secrets(self) -> Iterator[str]:
        """What no output may hold."""
        yield self.password.reveal()
        yield from passwords_of(self.proxy or "")


@dataclass(frozen=True, slots=True)
class Apprise:
    """Addresses of the library apprise (e-mail, WeCom, DingTalk …), told together as one recipient.

    `template` is what they are told, None: the text of the SMS and whom it is for.
    """

    type: ClassVar[str] = "apprise"

    name: str
    urls: tuple[Secret, ...]
    template: str | None = None

    @property
    def account(self) -> str:
        """Its key in the store: there is no account but the gateway itself."""
        return f"apprise:{self.name}"

    def secrets(self) -> Iterator[str]:
        """What no output may hold: a URL holds its tokens anywhere."""
        for url in self.urls:
            yield url.reveal()
            yield from secret_parts(url.reveal())


Channel = Wavecom | Apprise
"""A gateway as configured, whatever its type."""
