"""Why a server must not start with a configuration that is otherwise in order."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sms_notify.config.channels import Wavecom
from sms_notify.config.secret import Secret
from sms_notify.config.urls import passwords_of

if TYPE_CHECKING:
    from sms_notify.config.model import Config
    from sms_notify.config.yaml import Where


def problems(config: Config) -> Iterator[tuple[Where, str]]:
    """Each with its place, as `what is wrong; what to write`."""
    server = config.server
    if not server.guarded and not _is_loopback(server.host):
        text = f"{server.host} can be reached from other machines and nobody needs a token; "
        yield ("server", "listen"), text + "add server.tokens, or listen on 127.0.0.1"
    for where, secret in secrets(config):
        if secret and secret.is_placeholder:  # `check` may go on without a secret
            yield where, "this is a placeholder, not a secret; write the real one"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def secrets(config: Config) -> Iterator[tuple[Where, Secret]]:
    """All that are written as such, each with its place; a gateway knows what else it has."""
    for index, token in enumerate(config.server.tokens):
        yield ("server", "tokens", index, "token"), token.token
    for index, gateway in enumerate(config.gateways):
        if isinstance(gateway, Wavecom):
            yield ("gateways", index, "password"), gateway.password
    yield from _upstream_secrets(config)
    for password in passwords_of(config.store):
        yield ("store",), Secret(password)


def _upstream_secrets(config: Config) -> Iterator[tuple[Where, Secret]]:
    zabbix, alertmanager = config.upstream.zabbix, config.upstream.alertmanager
    if zabbix:
        yield ("upstream", "zabbix", "token"), zabbix.token
    if alertmanager:
        yield ("upstream", "alertmanager", "token"), alertmanager.token
        yield ("upstream", "alertmanager", "password"), alertmanager.password
