"""Forgetting: what is older than the retention goes, a thousand rows at a time; codes are freed."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    bindparam,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)

from sms_notify.model import Micros
from sms_notify.store import tables as t
from sms_notify.store.sql import Statement, Transaction, among, json_set
from sms_notify.store.tables import word

ROWS = 1_000
"""At most so many of each table in one transaction, so that judging is never held up."""

_LOCK = 0x5A5A_0002
_TURN = Statement(
    {
        "sqlite": select(literal(value=True)),
        "postgresql": select(func.pg_try_advisory_xact_lock(literal_column(str(_LOCK)))),
    }
)
"""Two processes that delete or free the same rows in different orders would lock each other out."""

_before = bindparam("before", type_=BigInteger)
_FREE_CODES = Statement(
    update(t.code)
    .where(t.code.c.reusable_at <= bindparam("now", type_=BigInteger))
    .values(incident=None, message=None, reusable_at=None)
)
_OLD_INCIDENTS = Statement(
    select(t.incident.c.id).where(t.incident.c.ended_at < _before).order_by(t.incident.c.ended_at)
    .limit(ROWS)
)  # fmt: skip
_OLD_MESSAGES = Statement(
    select(t.message.c.id)
    .outerjoin(t.incident, t.incident.c.id == t.message.c.incident)
    .where(
        t.message.c.queued_at < _before,
        t.message.c.state.not_in([word(state) for state in ("held", "queued", "sending")]),
        or_(t.message.c.incident.is_(None), t.incident.c.id.is_(None)),
    )
    .order_by(t.message.c.queued_at)
    .limit(ROWS)
)
_OLD_REQUESTS = Statement(
    select(t.request.c.id)
    .where(t.request.c.started_at < _before, t.request.c.ended_at.is_not(None))
    .order_by(t.request.c.started_at)
    .limit(ROWS)
)
_member_left = select(t.member.c.alert).where(t.member.c.alert == t.alert.c.id)
_OLD_ALERTS = Statement(
    select(t.alert.c.id)
    .where(t.alert.c.last_seen < _before, t.alert.c.ended_at.is_not(None), ~_member_left.exists())
    .order_by(t.alert.c.last_seen)
    .limit(ROWS)
)
_OLD_INTAKE = Statement(select(t.intake.c.id).where(t.intake.c.received_at < _before).limit(ROWS))
_OLD_EVENTS = Statement(
    select(t.event.c.id).where(t.event.c.at < _before).order_by(t.event.c.at).limit(ROWS)
)
_OLD_REPORTS = Statement(
    select(t.report.c.at).where(t.report.c.at < _before).order_by(t.report.c.at).limit(ROWS)
)
_OLD_REPLIES = Statement(
    select(t.reply.c.at).where(t.reply.c.at < _before).order_by(t.reply.c.at).limit(ROWS)
)
_DELETES = {
    "incident": [
        Statement(delete(t.telling).where(among(t.telling.c.incident, "ids"))),
        Statement(delete(t.audience).where(among(t.audience.c.incident, "ids"))),
        Statement(delete(t.member).where(among(t.member.c.incident, "ids"))),
        Statement(delete(t.incident).where(among(t.incident.c.id, "ids"))),
    ],
    "message": [Statement(delete(t.message).where(among(t.message.c.id, "ids")))],
    "request": [
        Statement(delete(t.attempt).where(among(t.attempt.c.request, "ids"))),
        Statement(delete(t.request).where(among(t.request.c.id, "ids"))),
    ],
    "alert": [Statement(delete(t.alert).where(among(t.alert.c.id, "ids")))],
    "intake": [Statement(delete(t.intake).where(among(t.intake.c.id, "ids")))],
    "event": [Statement(delete(t.event).where(among(t.event.c.id, "ids")))],
    "report": [Statement(delete(t.report).where(among(t.report.c.at, "ids")))],
    "reply": [Statement(delete(t.reply).where(among(t.reply.c.at, "ids")))],
}
_OLD = {
    "incident": _OLD_INCIDENTS,
    "message": _OLD_MESSAGES,
    "request": _OLD_REQUESTS,
    "alert": _OLD_ALERTS,
    "intake": _OLD_INTAKE,
    "event": _OLD_EVENTS,
    "report": _OLD_REPORTS,
    "reply": _OLD_REPLIES,
}
TABLES = tuple(_OLD)


def free_codes(tx: Transaction, now: Micros) -> int:
    """Codes that rested long enough are free again; how many, 0 if another process is at it."""
    return tx.run(_FREE_CODES, now=now) if _our_turn(tx) else 0


def _our_turn(tx: Transaction) -> bool:
    row = tx.one(_TURN)
    return row is not None and bool(row[0])


def prune(tx: Transaction, table: str, before: Micros) -> int:
    """Delete at most ROWS rows of `table` (one of TABLES) that are older; how many there were.

    What is still open, waiting or on its way is never deleted, however old. While another process
    is at it this one finds nothing.
    """
    if not _our_turn(tx):
        return 0
    ids = [row[0] for row in tx.all(_OLD[table], before=before)]
    if ids:
        for statement in _DELETES[table]:
            tx.run(statement, ids=json_set(ids))
    return len(ids)
