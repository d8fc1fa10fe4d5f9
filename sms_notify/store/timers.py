"""Reading what is due: the timers that judging set."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, func, select

from sms_notify.model import Micros
from sms_notify.store import tables as t
from sms_notify.store.sql import Statement, Transaction

DUE_AT_ONCE = 500

_DUE = Statement(
    select(t.timer.c.kind, t.timer.c.key, t.timer.c.due_at)
    .where(t.timer.c.due_at <= bindparam("now", type_=BigInteger))
    .order_by(t.timer.c.due_at, t.timer.c.kind, t.timer.c.key)
    .limit(DUE_AT_ONCE)
)
_NEXT = Statement(select(func.min(t.timer.c.due_at)))


def due(tx: Transaction, now: Micros) -> list[tuple[str, str, Micros]]:
    """(kind, key, due_at) of at most DUE_AT_ONCE timers that are due, the oldest first."""
    return [(row[0], row[1], row[2]) for row in tx.all(_DUE, now=now)]


def next_due(tx: Transaction) -> Micros | None:
    """When the next timer is due, None if there is none."""
    row = tx.one(_NEXT)
    return row[0] if row else None
