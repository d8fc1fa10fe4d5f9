"""Reading what is due: the timers that judging set."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, bindparam, delete, func, select

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
_DUE_OF = Statement(
    select(t.timer.c.key)
    .where(
        t.timer.c.kind == bindparam("kind", type_=Text),
        t.timer.c.due_at <= bindparam("now", type_=BigInteger),
    )
    .order_by(t.timer.c.key)
    .limit(DUE_AT_ONCE)
)
_REMOVE = Statement(
    delete(t.timer).where(
        t.timer.c.kind == bindparam("kind", type_=Text),
        t.timer.c.key == bindparam("key", type_=Text),
    )
)
_NEXT = Statement(select(func.min(t.timer.c.due_at)))


def due(tx: Transaction, now: Micros) -> list[tuple[str, str, Micros]]:
    """(kind, key, due_at) of at most DUE_AT_ONCE timers that are due, the oldest first."""
    return [(row[0], row[1], row[2]) for row in tx.all(_DUE, now=now)]


def due_of(tx: Transaction, kind: str, now: Micros) -> list[str]:
    """The keys of at most DUE_AT_ONCE timers of one kind that are due."""
    return [row[0] for row in tx.all(_DUE_OF, kind=kind, now=now)]


def remove(tx: Transaction, kind: str, key: str) -> None:
    """Forget one timer."""
    tx.run(_REMOVE, kind=kind, key=key)


def next_due(tx: Transaction) -> Micros | None:
    """When the next timer is due, None if there is none."""
    row = tx.one(_NEXT)
    return row[0] if row else None
