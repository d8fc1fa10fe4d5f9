"""Alerts, stories and texts for the tests of this room."""

from __future__ import annotations

from collections.abc import Mapping

from sms_notify.model import Alert, Kind, Level
from sms_notify.text import Story, Texts, Wording

AT = 1_785_892_583_620_000
"""2026-08-05 09:16:23 in Shanghai."""

SIGNED = Wording(signature="星云运维")


def an_alert(
    name: str = "HostOutOfMemory",
    *,
    source: str = "alertmanager",
    summary: str = "",
    description: str = "",
    rule: str = "",
    level: Level = Level.critical,
    annotations: Mapping[str, str] | None = None,
    **labels: str,
) -> Alert:
    told = {"summary": summary, "description": description, **(annotations or {})}
    if rule:
        told["generatorURL"] = f"http://prometheus.example.com/graph?g0.expr={rule}"
    kept = {key: text for key, text in told.items() if text}
    return Alert(
        source, "f", AT, None, level, level.name, name, summary or description, labels, kept
    )


def a_story(*alerts: Alert, kind: Kind = Kind.first, more: int = 0, code: int | None = 12) -> Story:
    return Story(kind, Level.critical, alerts, more, len(alerts) + more, AT, code)


def told(*alerts: Alert, wording: Wording = SIGNED, more: int = 0, kind: Kind = Kind.first) -> str:
    """The text of a story about `alerts`, without the signature."""
    text = Texts(wording).story(a_story(*alerts, more=more, kind=kind)).text
    return text.removeprefix(f"【{wording.signature}】")
