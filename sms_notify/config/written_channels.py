"""What may be written about gateways, one block a type."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, WithJsonSchema, model_validator

from sms_notify.config import values
from sms_notify.config.scalars import (
    ONE_OR_MORE,
    SCALAR,
    TEXT,
    TEXT_OR_LIST,
    AtKeyError,
    Block,
    SecretFile,
    SecretText,
    Text,
    exactly_one,
    read_by,
    read_nearby,
    unless,
)
from sms_notify.config.secret import Secret
from sms_notify.config.secrets import Surroundings
from sms_notify.config.url_room import room
from sms_notify.config.urls import apprise_url, gateway_url, proxy_url
from sms_notify.model import Micros

Pace = Annotated[Micros, read_by(values.span_or_never("2s", "1h")), TEXT]


class PollBlock(Block):
    """0 is never."""

    reports: Pace = unless("10s")
    replies: Pace = unless("5s")


Count = Annotated[int, read_by(values.number(0, 1_000_000)), WithJsonSchema({"type": "integer"})]


class BalanceBlock(Block):
    """In billed SMS; 0 is never, or none."""

    every: Annotated[Micros, read_by(values.span_or_never("1m", "1d")), TEXT] = unless("1h")
    warn_below: Count = unless("500")
    reserve_for_critical: Count = unless("0")


class WavecomBlock(Block):
    name: Text
    type: Literal["wavecom"]
    account: Annotated[str, read_nearby(Surroundings.expand), SCALAR]
    password: SecretText | None = None
    password_file: SecretFile | None = None
    urls: Annotated[
        tuple[Annotated[str, read_by(gateway_url), TEXT], ...],
        ONE_OR_MORE,
        Field(min_length=1, max_length=16),
        TEXT_OR_LIST,
    ]
    charset: Annotated[str, read_by(values.choice("gbk", "gb18030", "utf-8")), TEXT] = "gbk"
    connect_timeout: Annotated[Micros, read_by(values.span("1s", "1m")), TEXT] = unless("5s")
    read_timeout: Annotated[Micros, read_by(values.span("1s", "2m")), TEXT] = unless("10s")
    signature_by: Annotated[str, read_by(values.choice("us", "gateway")), TEXT] = "us"
    proxy: Annotated[str, read_by(proxy_url), TEXT] | None = None
    poll: PollBlock = unless({})
    balance: BalanceBlock = unless({"warn_below": "0"})  # nobody asked to be told

    @model_validator(mode="after")
    def _one_secret_that_fits(self) -> WavecomBlock:
        exactly_one(self, "password", "password_file")
        password = self.password or self.password_file or Secret("")
        if room(self.urls, (self.account, password.reveal()), self.charset, 1) < values.LIMIT:
            text = f"with the password this leaves no room for {values.LIMIT} characters in a URL"
            raise AtKeyError("account", text + "; ask the gateway for shorter ones")
        return self


def _fallback_urls(near: Surroundings, path: str) -> tuple[Secret, ...]:
    """The URLs in a file; a complaint names the line, never what stands in it."""
    urls = []
    for at, line in near.secret_lines(path):
        try:
            urls.append(Secret(apprise_url(line.reveal())))
        except ValueError as error:
            raise ValueError(f"line {at} of {near.absolute(path)} {error}") from None
    return tuple(urls)


def _fallback_url(near: Surroundings, text: str) -> Secret:
    url = near.secret(text).reveal()
    return Secret(apprise_url(url) if url or not near.forgive else "")


FallbackUrl = Annotated[Secret, read_nearby(_fallback_url), TEXT]
MOST_URLS = 16


class AppriseBlock(Block):
    name: Text
    type: Literal["apprise"]
    urls: (
        Annotated[tuple[FallbackUrl, ...], ONE_OR_MORE, Field(max_length=MOST_URLS), TEXT_OR_LIST]
        | None
    ) = None
    urls_file: Annotated[tuple[Secret, ...], read_nearby(_fallback_urls), TEXT] | None = None
    template: Text | None = None

    @model_validator(mode="after")
    def _urls_for_a_library(self) -> AppriseBlock:
        exactly_one(self, "urls", "urls_file")
        if self.urls == ():
            raise AtKeyError("urls", "is empty; write at least one")
        if len(self.urls_file or ()) > MOST_URLS:
            raise AtKeyError("urls_file", f"has more than {MOST_URLS} URLs; leave some out")
        if find_spec("apprise") is None:
            text = 'needs the library apprise; pip install "sms-notify[apprise]"'
            raise AtKeyError("type", text)
        return self


GATEWAYS: dict[str, type[Block]] = {"apprise": AppriseBlock, "wavecom": WavecomBlock}
"""The block of each `type`."""


def _type_of(gateway: Any) -> str:
    """What is neither is complained of as the first kind that there was."""
    written = gateway.get("type") if isinstance(gateway, dict) else None
    return written if isinstance(written, str) and written in GATEWAYS else "wavecom"


GatewayBlock = Annotated[
    Annotated[AppriseBlock, Tag("apprise")] | Annotated[WavecomBlock, Tag("wavecom")],
    Discriminator(_type_of),
]
