"""What a batch changed, and the rows that this comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from sms_notify.model import Alert, Micros
from sms_notify.store.facts import Facts, Occurrence
from sms_notify.store.saving import INCIDENT_CHANGES, Changes
from sms_notify.store.sql import Row, Statement

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
    seen_incidents: dict[int, None] = field(default_factory=dict)
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
    events: dict[int, Row] = field(default_factory=dict)  # in the order of saving.EVENT
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
    made.new_incidents = {number: facts.incidents[number] for number in pending.new_incidents}
    for number in pending.changed_incidents:
        found = facts.incidents[number]
        row = {name: getattr(found, name) for name in INCIDENT_CHANGES}
        row["of_id"] = number
        made.incidents[number] = row
    skip = pending.new_incidents.keys() | pending.changed_incidents.keys()
    made.seen_incidents = pending.seen_incidents.keys() - skip
    made.ended_members = set(pending.ended_members)
    made.members = pending.members
    made.codes = {code: {**row} for code, row in pending.codes.items()}
    for code_row in made.codes.values():
        if code_row["incident"] is not None:
            code_row["reusable_at"] = pending.freed.get(code_row["incident"])
    made.freed_codes = {n: at for n, at in pending.freed.items() if n not in pending.new_incidents}


def _telling_rows(facts: Facts, pending: Pending, made: Changes) -> None:
    for key in pending.new_tellings:
        found = facts.tellings[key]
        more = pending.again.get((found.incident, found.alert or 0)) if pending.again else None
        made.new_tellings[key] = found._replace(again=found.again + more) if more else found
    made.tellings = {key: facts.tellings[key] for key in pending.changed_tellings}
    made.again = set(pending.again)
    made.audience = {key: facts.audience[key] for key in pending.changed_audience}


def _alert_row(found: Occurrence, alert: Alert) -> Row:
    """In the order of the table's columns."""
    return (
        found.id, found.source, found.fingerprint, found.starts_at, found.ended_at, found.unseen,
        int(found.level), alert.name, alert.summary, orjson.dumps(dict(alert.labels)).decode(),
        orjson.dumps(dict(alert.annotations)).decode(), found.last_seen, found.flaps_until,
    )  # fmt: skip
