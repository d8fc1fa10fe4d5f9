"""The sources that call over HTTP, by the name that is their path and `Alert.source`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sms_notify.model import Call, Micros
from sms_notify.sources import alertmanager, line, zabbix
from sms_notify.sources.levels import Levels


@dataclass(frozen=True, slots=True)
class Posted:
    """One POST: what arrived, and what is needed to read it.

    `receiver` is asked for in the path; `timezone` (IANA) is the zone of times without one.
    """

    body: bytes
    levels: Levels
    called_at: Micros
    timezone: str
    content_type: str = ""
    receiver: str | None = None


def _alertmanager(posted: Posted) -> Call:
    return alertmanager.parse(
        posted.body,
        levels=posted.levels,
        called_at=posted.called_at,
        receiver=posted.receiver,
    )


def _line(posted: Posted) -> Call:
    return line.parse_http(posted.body, levels=posted.levels, called_at=posted.called_at)


def _zabbix(posted: Posted) -> Call:
    return zabbix.parse(
        posted.body,
        content_type=posted.content_type,
        levels=posted.levels,
        called_at=posted.called_at,
        timezone=posted.timezone,
    )


Source = Callable[[Posted], Call]
"""Pure. Raises InputError and nothing else, whatever arrives."""

SOURCES: Mapping[str, Source] = {
    "alertmanager": _alertmanager,
    "line": _line,
    "zabbix": _zabbix,
}
