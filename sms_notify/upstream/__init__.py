"""The monitoring systems that call us, called back: tell that somebody answered, ask what burns."""

from __future__ import annotations

from dataclasses import dataclass

from sms_notify.config.model import Upstream
from sms_notify.upstream.alertmanager import AlertmanagerApi, Held
from sms_notify.upstream.matchers import exact
from sms_notify.upstream.outcome import Came, Life, Looked, Sight, Told
from sms_notify.upstream.zabbix import ZabbixApi

__all__ = [
    "AlertmanagerApi",
    "Came",
    "Held",
    "Life",
    "Looked",
    "Sight",
    "Sources",
    "Told",
    "ZabbixApi",
    "exact",
    "open_sources",
]


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources that can be called back; None where the configuration names none."""

    zabbix: ZabbixApi | None
    alertmanager: AlertmanagerApi | None


def open_sources(written: Upstream) -> Sources:
    """What the configuration names; nothing is called yet."""
    zabbix, other = written.zabbix, written.alertmanager
    return Sources(
        ZabbixApi(zabbix.url, zabbix.token) if zabbix else None,
        AlertmanagerApi(other.url, other.token, other.user, other.password) if other else None,
    )
