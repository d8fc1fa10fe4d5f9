"""Forgetting: what is older than the retention goes, a thousand rows at a time; codes are freed."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    bindparam,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from sms_notify.model import DAY, Micros
from sms_notify.store import tables as t
from sms_notify.store.engine import Store
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

USAGE_KEPT: Micros = 400 * DAY
"""What was sent on a day is a row a person: kept a year longer than all else, to compare."""

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
_OLD_JOBS = Statement(
    select(t.job.c.id).where(t.job.c.ended_at < _before).order_by(t.job.c.ended_at).limit(ROWS)
)
_OLD_PLANS = Statement(select(t.planned.c.id).where(t.planned.c.ended_at < _before).limit(ROWS))
_OLD_USAGE = Statement(
    select(t.usage.c.day).where(t.usage.c.day < bindparam("before_day", type_=BigInteger))
    .order_by(t.usage.c.day).limit(ROWS)
)  # fmt: skip


def _gone(column: Column[int]) -> Statement:
    return Statement(delete(column.table).where(among(column, "ids")))


def _some_gone(column: Column[int]) -> Statement:
    """At most ROWS of what belongs to those: one incident may have 18,000 tellings."""
    table = column.table
    key = tuple_(*table.primary_key.columns)
    some = select(*table.primary_key.columns).where(among(column, "ids")).limit(ROWS)
    return Statement(delete(table).where(key.in_(some)))


_BELONGS = {
    "incident": [
        _some_gone(t.telling.c.incident),
        _some_gone(t.audience.c.incident),
        _some_gone(t.member.c.incident),
    ],
    "request": [_some_gone(t.attempt.c.request)],
}
_DELETES = {
    "incident": _gone(t.incident.c.id),
    "message": _gone(t.message.c.id),
    "request": _gone(t.request.c.id),
    "alert": _gone(t.alert.c.id),
    "intake": _gone(t.intake.c.id),
    "event": _gone(t.event.c.id),
    "report": _gone(t.report.c.at),
    "reply": _gone(t.reply.c.at),
    "job": _gone(t.job.c.id),
    "usage": _gone(t.usage.c.day),
    "planned": _gone(t.planned.c.id),
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
    "job": _OLD_JOBS,
    "usage": _OLD_USAGE,
    "planned": _OLD_PLANS,
}
TABLES = tuple(_OLD)


def free_codes(tx: Transaction, now: Micros) -> int:
    """Codes that rested long enough are free again; how many, 0 if another process is at it."""
    return tx.run(_FREE_CODES, now=now) if _our_turn(tx) else 0


def _our_turn(tx: Transaction) -> bool:
    row = tx.one(_TURN)
    return row is not None and bool(row[0])


def prune(store: Store, table: str, before: Micros) -> bool:
    """Delete at most ROWS old rows of `table` (one of TABLES); whether none is left.

    So many too of each table whose rows belong to those, and these first. What is still open,
    waiting or on its way is never deleted, however old; `usage` is kept for USAGE_KEPT more.
    Looking is no part of the transaction that writes: what is old and over stays so. While
    another process is at it this one finds nothing left.
    """
    given = {"before_day": (before - USAGE_KEPT) // DAY} if table == "usage" else {"before": before}
    with store.reading() as tx:
        ids = [row[0] for row in tx.all(_OLD[table], **given)]
    if not ids:
        return True
    with store.writing() as tx:
        if not _our_turn(tx):
            return True
        return _delete(tx, table, sorted(set(ids))) and len(ids) < ROWS


def _delete(tx: Transaction, table: str, ids: list[int]) -> bool:
    """Whether all of them are gone; False while more than ROWS rows belong to them."""
    chosen = json_set(ids)
    for belonging in _BELONGS.get(table, ()):
        if tx.run(belonging, ids=chosen) >= ROWS:
            return False
    tx.run(_DELETES[table], ids=chosen)
    return True
