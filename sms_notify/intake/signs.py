"""Signs of life: alerts that a heartbeat expects are taken in here, and routed nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sms_notify.config import Heartbeat
from sms_notify.intake.rules import Rules
from sms_notify.model import Alert, Call
from sms_notify.routing import route_labels

MISSING = "heartbeat"
"""The source of the alert that a heartbeat does not come; never a sign of life itself."""


def taken_in(rules: Rules, call: Call) -> tuple[Call, tuple[str, ...]]:
    """The call without what heartbeats expect, and the names of those that are alive.

    Only what fires is a sign of life; the end of such an alert is taken in and says nothing.
    """
    expected = rules.config.heartbeats
    if not expected or call.source == MISSING:
        return call, ()
    alive: dict[str, None] = {}
    kept: list[Alert] = []
    for alert in call.alerts:
        names = of_alert(expected, alert)
        if not names:
            kept.append(alert)
        elif alert.firing:
            alive.update(dict.fromkeys(names))
    if len(kept) == len(call.alerts):
        return call, ()
    return replace(call, alerts=tuple(kept)), tuple(alive)


def of_alert(expected: Mapping[str, Heartbeat], alert: Alert) -> list[str]:
    """The heartbeats that this alert belongs to."""
    labels = route_labels(alert)
    return [
        beat.name
        for beat in expected.values()
        if all(matcher.matches(labels) for matcher in beat.matchers)
    ]
