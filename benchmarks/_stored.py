"""A store that has been in use: so many messages of incidents that ended, in one day each."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sms_notify.model import DAY, Micros
from sms_notify.store import open_store

FILL = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
INSERT INTO {table} ({names}) SELECT {values} FROM n
"""
PER_INCIDENT = 10
"""Messages an incident has."""


def _fill(db: sqlite3.Connection, table: str, count: int, **values: str) -> None:
    names = ", ".join(values)
    db.execute(
        FILL.format(count=count, table=table, names=names, values=", ".join(values.values()))
    )


def fill(path: Path, messages: int, from_at: Micros, until: Micros) -> None:
    """A store at `path` with so many messages, their incidents, tellings, requests and history."""
    open_store(f"sqlite:///{path}").close()
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("BEGIN")
    incidents = messages // PER_INCIDENT
    step = max(1, (until - from_at) // messages)
    at, at_incident = f"{from_at} + i * {step}", f"{from_at} + i * {step * PER_INCIDENT}"
    incident = f"(i - 1) / {PER_INCIDENT} + 1"
    person = f"'p' || (i % {PER_INCIDENT})"
    labels = """'{"alertname":"HostOutOfMemory","instance":"old-' || i || ':9100","job":"node"}'"""
    _fill(
        db, "incident", incidents, id="i", group_key="'old-' || i", receiver="'on-call'",
        source="'alertmanager'", state="'ended'", level="1", name="'HostOutOfMemory'",
        steps="""'[[["p0"],null]]'""", members="1", max_told="1", opened_at=at_incident,
        last_seen=at_incident, ended_at=at_incident, end_reason="'resolved'",
    )  # fmt: skip
    _fill(
        db, "alert", incidents, id="i", source="'alertmanager'", fingerprint="'old-' || i",
        starts_at=at_incident, ended_at=at_incident, level="1", name="'HostOutOfMemory'",
        summary="'memory is full'", labels=labels, annotations="'{}'", last_seen=at_incident,
    )  # fmt: skip
    _fill(db, "member", incidents, incident="i", alert="i")
    _fill(
        db, "message", messages, id="i", person=person, phone="'+8613800000' || (i % 10)",
        gateway="'main'", kind="'first'", level="1", lane="'person'", incident=incident,
        text="'警告 HostOutOfMemory db-' || i || ' 93.5%>90% 09:16'", units="50", segments="1",
        state="'delivered'", decided_at=at, queued_at=at, not_before=at, request="i",
        provider_id="i", sent_at=at,
    )  # fmt: skip
    _fill(
        db, "telling", messages, incident=incident, person=person, news="'fire:' || i",
        alert=incident, verdict="'told'", reason="'first'", at=at, message="i",
    )  # fmt: skip
    _fill(db, "audience", messages, incident=incident, person=person, told_at=at)
    _fill(
        db, "request", messages, gateway="'main'", account="'mysms'", kind="'send'",
        owner="'old'", lease_until=at, started_at=at, ended_at=at, outcome="'accepted'",
    )  # fmt: skip
    _fill(db, "attempt", messages, message="i", request="i", provider_id="i")
    for what in ("queued", "claimed", "sent"):
        _fill(
            db, "event", messages, at=at, about="'message'", about_id="i", what=f"'{what}'",
            detail="'main, request ' || i",
        )  # fmt: skip
    for name, value in (("incident", incidents), ("alert", incidents), ("message", messages)):
        db.execute("UPDATE counter SET value = ? WHERE name = ?", (value, name))
    db.execute("COMMIT")
    db.close()


def days_ago(now: Micros, days: float) -> Micros:
    return now - round(days * DAY)
