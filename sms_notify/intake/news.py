"""One piece of news about an incident, and the key by which nobody is told it twice."""

from __future__ import annotations

from dataclasses import dataclass

from sms_notify.intake.occurring import Said, Seen
from sms_notify.model import Alert, Level


@dataclass(frozen=True, slots=True)
class News:
    """One piece of news about an incident: its key in `telling`, and the alert it is about."""

    key: str
    level: Level
    alert: int | None = None
    text: Alert | None = None


def news_of(seen: Seen) -> News:
    """The piece of news that a firing alert is: that it fires, that it is worse, an update."""
    alert, number = seen.alert, seen.occurrence.id
    key = f"fire:{number}"
    if alert.source == "zabbix" and alert.annotations.get("update"):
        key = f"update:{alert.annotations['update']}"
    elif alert.source == "zabbix" and alert.annotations.get("occasion"):
        key = f"fire:{number}.{alert.annotations['occasion']}"
    elif seen.said is Said.raised:
        key = f"raise:{number}.{int(alert.level)}"
    return News(key, alert.level, number, alert)
