"""Judges a call on an empty ledger, without a store, and says what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sms_notify import oncall, routing
from sms_notify.config.durations import format_duration
from sms_notify.config.schedules import Override
from sms_notify.intake import Ledger, Rules, TellCall
from sms_notify.intake.rules import thaw_steps
from sms_notify.intake.signs import of_alert
from sms_notify.model import Alert, Call, Level, Micros, mask_phone
from sms_notify.store.facts import Facts, Incident
from sms_notify.store.reading import local_time
from sms_notify.store.saving import Changes


def explained(
    rules: Rules, call: Call, now: Micros, overrides: Sequence[Override] = ()
) -> dict[str, Any]:
    """{at, alerts, incidents: [{…, tellings}], messages}, as it may be shown outside.

    `overrides` are those of the store.
    """
    rules.texts.learn(alert.name for alert in call.alerts)
    ledger = Ledger(Facts(overrides=dict(enumerate(overrides))), now)
    rules = rules.as_of(ledger.facts)
    TellCall(rules, call).judge(ledger, now)
    changes = ledger.changes()
    zone = ZoneInfo(rules.config.site.timezone)
    return {
        "at": local_time(now, zone),
        "alerts": _alerts(rules, call),
        "incidents": [
            _incident(changes, number, row, zone) | {"steps": _steps(rules, row, now, zone)}
            for number, row in changes.new_incidents.items()
        ],
        "messages": [_message(row, zone) for row in changes.new_messages.values()],
    }


def _alerts(rules: Rules, call: Call) -> list[dict[str, Any]]:
    """Alerts of one name, level and way through the routes are one entry with a count."""
    counts = Counter((each.level, each.name, _routes(rules, call, each)) for each in call.alerts)
    return [
        {"name": name, "level": level.name, "routes": list(routes), "count": count}
        for (level, name, routes), count in counts.items()
    ]


def _routes(rules: Rules, call: Call, alert: Alert) -> tuple[str, ...]:
    """Each route that an alert takes: its path in the file, and the receiver."""
    expected = of_alert(rules.config.heartbeats, alert)
    if expected:
        return tuple(f"heartbeats.{name}: taken in as a sign of life" for name in expected)
    if call.receiver is not None:
        return (f"asked for {call.receiver} → {rules.chain(call.receiver).name}",)
    found = routing.destinations(rules.config.route, routing.route_labels(alert))
    return tuple(f"{route.path} → {route.receiver}" for route in found)


def _incident(changes: Changes, number: int, row: Incident, zone: ZoneInfo) -> dict[str, Any]:
    tellings: dict[tuple[str, str, str, str | None], int] = {}
    for telling in changes.new_tellings.values():
        if telling.incident == number:
            until = telling.hold_until
            shown = None if until is None else local_time(until, zone)
            said = (telling.person, str(telling.verdict), telling.reason, shown)
            tellings[said] = tellings.get(said, 0) + 1
    return {
        "receiver": row.receiver,
        "level": Level(row.level).name,
        "name": row.name,
        "tellings": [
            {"person": person, "verdict": verdict, "reason": reason, "until": until, "news": count}
            for (person, verdict, reason, until), count in tellings.items()
        ],
    }


def _steps(rules: Rules, row: Incident, now: Micros, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The chain, if nobody answers and every SMS leaves at once: when each step would be taken,
    the names it was written with, and the people they mean at that moment."""
    said, at = [], now
    for number, step in enumerate(thaw_steps(row.steps), 1):
        people = oncall.whom(rules.config, step.to, at, rules.overrides)
        said.append(
            {
                "step": number,
                "to": list(step.to),
                "people": list(people),
                "at": local_time(at, zone),
                "wait": None if step.wait is None else format_duration(step.wait),
            }
        )
        at += (step.wait or 0) if people else 0
    return said


def _message(row: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    return {
        "person": row["person"],
        "phone": mask_phone(row["phone"]),
        "state": str(row["state"]),
        "at": local_time(row["not_before"], zone),
        "text": row["text"],
        "units": row["units"],
        "segments": row["segments"],
    }
