"""What may be written about the monitoring systems that are called back."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema, model_validator

from sms_notify.config import values
from sms_notify.config.scalars import (
    SCALAR,
    TEXT,
    AtKeyError,
    Block,
    SecretFile,
    SecretText,
    read_by,
    unless,
)
from sms_notify.config.urls import alertmanager_url, zabbix_url
from sms_notify.model import Micros


class SilenceBlock(Block):
    silence: Annotated[Micros, read_by(values.span("1m", "7d")), TEXT]


def _none_or_silence(value: object) -> Any:
    """The word `none`, or the block."""
    if isinstance(value, SilenceBlock | dict) or value is None:
        return value
    if isinstance(value, str) and value.strip().lower() == "none":
        return None
    raise ValueError("write none, or {silence: 1h}")


OnAck = Annotated[
    SilenceBlock | None,
    BeforeValidator(_none_or_silence),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "none"},
                {
                    "type": "object",
                    "properties": {"silence": {"type": "string"}},
                    "required": ["silence"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


def _at_most_one(block: Block, keys: tuple[str, ...]) -> None:
    written = [key for key in keys if getattr(block, key) is not None]
    if len(written) > 1:
        text = f"stands beside {written[0]}; write one of them"
        raise AtKeyError(written[1], text)


class ZabbixBlock(Block):
    """The API of a Zabbix from 6.0 on."""

    url: Annotated[str, read_by(zabbix_url), TEXT]
    token: SecretText | None = None
    token_file: SecretFile | None = None
    on_ack: Annotated[str, read_by(values.choice("acknowledge", "none")), TEXT] = "acknowledge"

    @model_validator(mode="after")
    def _one_token(self) -> ZabbixBlock:
        _at_most_one(self, ("token", "token_file"))
        if self.token is None and self.token_file is None:
            raise AtKeyError("token_file", "is missing; it must be written")
        return self


class AlertmanagerBlock(Block):
    """The API of an Alertmanager from 0.22 on; of a pair, either."""

    url: Annotated[str, read_by(alertmanager_url), TEXT]
    on_ack: OnAck = unless("none")
    token: SecretText | None = None
    token_file: SecretFile | None = None
    user: Annotated[str, read_by(values.not_empty), SCALAR] | None = None
    password: SecretText | None = None
    password_file: SecretFile | None = None

    @model_validator(mode="after")
    def _one_way_in(self) -> AlertmanagerBlock:
        _at_most_one(self, ("token", "token_file", "user"))
        _at_most_one(self, ("password", "password_file"))
        has_password = self.password is not None or self.password_file is not None
        if has_password and self.user is None:
            raise AtKeyError("user", "is missing beside the password; it must be written")
        if self.user is not None and not has_password:
            raise AtKeyError("password_file", "is missing beside user; it must be written")
        return self


class UpstreamBlock(Block):
    zabbix: ZabbixBlock | None = None
    alertmanager: AlertmanagerBlock | None = None
