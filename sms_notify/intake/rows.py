"""What a batch changed, and the rows that this comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from sms_notify.model import Alert, Micros
from sms_notify.store.facts import Audience, Facts, Incident, Occurrence, Telling
from sms_notify.store.saving import INCIDENT_CHANGES, TELLING_CHANGES, TELLING_KEY, Changes
from sms_notify.store.sql import Statement

TellingKey = tuple[int, str, str]


@dataclass(slots=True)
class Pending:
    """Which rows are new and which changed; dicts throughout, so that each change can be undone."""

    intake: dict[int, dict[str, Any]] = field(default_factory=dict)
    new_alerts: dict[int, Alert] = field(default_factory=dict)
    changed_alerts: dict[int, Occurrence] = field(default_factory=dict)
    seen: dict[int, None] = field(default_factory=dict)
    new_incidents: dict[int, None] = field(default_factory=dict)
    changed_incidents: dict[int, None] = field(default_factory=dict)
    members: dict[tuple[int, int], None] = field(default_factory=dict)
    ended_members: dict[int, None] = field(default_factory=dict)
    codes: dict[int, dict[str, Any]] = field(default_factory=dict)
    freed: dict[int, Micros] = field(default_factory=dict)
    new_tellings: dict[TellingKey, None] = field(default_factory=dict)
    changed_tellings: dict[TellingKey, None] = field(default_factory=dict)
    again: dict[tuple[int, int], int] = field(default_factory=dict)
    changed_audience: dict[tuple[int, str], None] = field(default_factory=dict)
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    moves: dict[int, dict[str, Any]] = field(default_factory=dict)
    timers: dict[tuple[str, str], Micros | None] = field(default_factory=dict)
    events: dict[int, dict[str, Any]] = field(default_factory=dict)
    more: dict[int, tuple[Statement, dict[str, Any]]] = field(default_factory=dict)
    signs: dict[str, Micros] = field(default_factory=dict)


def changes(facts: Facts, pending: Pending, numbers: Mapping[str, int]) -> Changes:
    """Everything decided, as rows."""
    made = Changes()
    _alert_rows(facts, pending, made)
    _incident_rows(facts, pending, made)
    _telling_rows(facts, pending, made)
    made.intake = list(pending.intake.values())
    made.new_messages = pending.messages
    made.moves = pending.moves
    made.timers = pending.timers
    made.events = list(pending.events.values())
    made.more = list(pending.more.values())
    made.signs = pending.signs
    made.counters = {
        name: value
        for name, value in numbers.items()
        if name != "code" and value != facts.counters.get(name)
    }
    return made


def _alert_rows(facts: Facts, pending: Pending, made: Changes) -> None:
    final = {found.id: found for found in facts.occurrences.values()}
    for number, alert in pending.new_alerts.items():
        found = pending.changed_alerts.get(number) or final[number]
        made.new_alerts[number] = _alert_row(found, alert)
    for number, found in pending.changed_alerts.items():
        if number not in pending.new_alerts:
            row = {"of_id": number, "ended_at": found.ended_at, "unseen": found.unseen}
            made.ended_alerts[number] = {
                **row, "level": int(found.level), "last_seen": found.last_seen,
            }  # fmt: skip
    skip = pending.new_alerts.keys() | pending.changed_alerts.keys()
    made.seen_alerts = {number: None for number in pending.seen if number not in skip}


def _incident_rows(facts: Facts, pending: Pending, made: Changes) -> None:
    for number in pending.new_incidents:
        row = _row(facts.incidents[number])
        del row["code"]
        made.new_incidents[number] = row
    for number in pending.changed_incidents:
        found = facts.incidents[number]
        row = {name: getattr(found, name) for name in INCIDENT_CHANGES}
        made.incidents[number] = {**row, "of_id": number, "level": int(found.level)}
    made.ended_members = set(pending.ended_members)
    made.members = pending.members
    made.codes = {code: {**row} for code, row in pending.codes.items()}
    for code_row in made.codes.values():
        if code_row["incident"] is not None:
            code_row["reusable_at"] = pending.freed.get(code_row["incident"])
    made.freed_codes = {n: at for n, at in pending.freed.items() if n not in pending.new_incidents}


def _telling_rows(facts: Facts, pending: Pending, made: Changes) -> None:
    for key in pending.new_tellings:
        row = _row(facts.tellings[key])
        row["again"] += pending.again.get((key[0], row["alert"]), 0)
        made.new_tellings[key] = row
    for key in pending.changed_tellings:
        telling = facts.tellings[key]
        row = {name: getattr(telling, name) for name in TELLING_CHANGES}
        made.tellings[key] = {
            **row,
            **{f"of_{name}": getattr(telling, name) for name in TELLING_KEY},
        }
    made.again = set(pending.again)
    made.audience = {key: _row(facts.audience[key]) for key in pending.changed_audience}


def _row(found: Incident | Telling | Audience) -> dict[str, Any]:
    """Its columns by name; dataclasses.asdict copies deeply and costs ten times as much."""
    return {name: getattr(found, name) for name in found.__slots__}


def _alert_row(found: Occurrence, alert: Alert) -> dict[str, Any]:
    return {
        "id": found.id,
        "source": found.source,
        "fingerprint": found.fingerprint,
        "starts_at": found.starts_at,
        "ended_at": found.ended_at,
        "unseen": found.unseen,
        "level": int(found.level),
        "name": alert.name,
        "summary": alert.summary,
        "labels": orjson.dumps(dict(alert.labels)).decode(),
        "annotations": orjson.dumps(dict(alert.annotations)).decode(),
        "last_seen": found.last_seen,
        "flaps_until": found.flaps_until,
    }
