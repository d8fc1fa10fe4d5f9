"""Alerts in full, to word what no call brings: those of an incident, and single ones by id."""

from __future__ import annotations

import orjson
from sqlalchemy import func, select

from sms_notify.model import Alert, Level
from sms_notify.store import tables as t
from sms_notify.store.facts import Facts
from sms_notify.store.sql import Row, Statement, Transaction, among, json_set

STORY = 50
"""Alerts of one incident kept in full when a timer speaks of it."""

_alert_columns = [
    t.alert.c[name]
    for name in (
        "id", "source", "fingerprint", "starts_at", "ended_at", "level",
        "name", "summary", "labels", "annotations",
    )
]  # fmt: skip
_ALERTS = Statement(select(*_alert_columns).where(among(t.alert.c.id, "ids")))
_rank = (
    func.row_number()
    .over(
        partition_by=t.member.c.incident,
        order_by=[t.alert.c.ended_at.is_not(None), t.alert.c.level.desc(), t.alert.c.id],
    )
    .label("rank")
)
_ranked = (
    select(t.member.c.incident, t.member.c.alert, _rank)
    .join(t.alert, t.alert.c.id == t.member.c.alert)
    .where(among(t.member.c.incident, "ids"))
    .subquery()
)
_STORIES = Statement(
    select(_ranked.c.incident, *_alert_columns)
    .join_from(_ranked, t.alert, t.alert.c.id == _ranked.c.alert)
    .where(_ranked.c.rank <= STORY)
    .order_by(_ranked.c.incident, _ranked.c.rank)
)


def stories(tx: Transaction, wanted: set[int], facts: Facts) -> None:
    """The alerts of these incidents, what fires and is worst first, at most STORY of each."""
    for incident, number, *more in tx.all(_STORIES, ids=json_set(sorted(wanted))):
        facts.of_incident.setdefault(incident, []).append(number)
        if number not in facts.alerts:
            facts.alerts[number] = alert_of((number, *more))


def in_full(tx: Transaction, facts: Facts, ids: set[int]) -> None:
    """These alerts, as far as they are not loaded."""
    missing = ids - facts.alerts.keys()
    if not missing:
        return
    for row in tx.all(_ALERTS, ids=json_set(sorted(missing))):
        facts.alerts[row[0]] = alert_of(row)


def alert_of(row: Row) -> Alert:
    """An alert as it was stored; `row` in the order of _alert_columns."""
    _id, source, fingerprint, starts_at, ended_at, level, name, summary, labels, notes = row
    return Alert(
        source=source,
        fingerprint=fingerprint,
        starts_at=starts_at,
        ended_at=ended_at,
        level=Level(level),
        source_level="",
        name=name,
        summary=summary,
        labels=orjson.loads(labels),
        annotations=orjson.loads(notes),
    )
