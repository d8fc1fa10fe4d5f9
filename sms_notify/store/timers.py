"""Reading what is due: the timers that judging set."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Text, and_, bindparam, delete, func, select

from sms_notify.model import Micros
from sms_notify.store import tables as t
from sms_notify.store.sql import Statement, Transaction, item, json_set, rows
from sms_notify.store.tables import word

DUE_AT_ONCE = 500
SERVED = frozenset({"proof", "ahead"})
"""Kinds that only the service judges, by `as_set`: a command proves nothing about the service."""

of_no_wall_clock = t.timer.c.kind.not_in([word(kind) for kind in sorted(SERVED)])
"""Those of SERVED are due when the clock on the wall shows it, all others after a while."""
_DUE = Statement(
    select(t.timer.c.kind, t.timer.c.key, t.timer.c.due_at)
    .where(t.timer.c.due_at <= bindparam("now", type_=BigInteger), of_no_wall_clock)
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
_NEXT_ELSEWHERE = Statement(select(func.min(t.timer.c.due_at)).where(of_no_wall_clock))
_pairs = rows("pairs")
_SET = Statement(
    select(t.timer.c.kind, t.timer.c.key, t.timer.c.due_at).join_from(
        _pairs,
        t.timer,
        and_(t.timer.c.kind == item(_pairs, 0), t.timer.c.key == item(_pairs, 1)),
    )
)


def due(tx: Transaction, now: Micros) -> list[tuple[str, str, Micros]]:
    """(kind, key, due_at) of at most DUE_AT_ONCE timers that are due, the oldest first.

    Those of SERVED are not among them.
    """
    return [(row[0], row[1], row[2]) for row in tx.all(_DUE, now=now)]


def due_of(tx: Transaction, kind: str, now: Micros) -> list[str]:
    """The keys of at most DUE_AT_ONCE timers of one kind that are due."""
    return [row[0] for row in tx.all(_DUE_OF, kind=kind, now=now)]


def remove(tx: Transaction, kind: str, key: str) -> None:
    """Forget one timer."""
    tx.run(_REMOVE, kind=kind, key=key)


def next_due(tx: Transaction, *, serves: bool = True) -> Micros | None:
    """When the next timer is due that the service (`serves`) or a command judges."""
    row = tx.one(_NEXT if serves else _NEXT_ELSEWHERE)
    return row[0] if row else None


def as_set(tx: Transaction, wanted: set[Any]) -> dict[tuple[str, str], Micros]:
    """A Question of judging: when these timers, (kind, key), are due; those that are not set lack.

    Whoever read that a timer was due read it before the judging lock: by now another process may
    have judged it.
    """
    found = tx.all(_SET, pairs=json_set(sorted(wanted)))
    return {(row[0], row[1]): row[2] for row in found}
