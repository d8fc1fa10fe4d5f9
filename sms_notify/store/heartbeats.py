"""The SQL of heartbeats: when each was seen last, when it is looked at next, since when it lacks.

A row is made when the service starts or reads its configuration again. A sign of life is one
UPDATE and no read: it hurries the next look only where the heartbeat was missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, case, delete, func, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite takes the same words

from sms_notify.model import Micros
from sms_notify.store import tables as t
from sms_notify.store.outbox import given, given_text
from sms_notify.store.sql import Statement, Transaction, among, json_set

_h = t.heartbeat


@dataclass(frozen=True, slots=True)
class Beat:
    """What is known of one heartbeat: the columns in their order."""

    name: str
    seen_at: Micros | None
    due_at: Micros
    missing_since: Micros | None


_columns = [_h.c[name] for name in Beat.__slots__]
_ALL = Statement(select(*_columns).order_by(_h.c.name))
_OF = Statement(select(*_columns).where(among(_h.c.name, "names")))
_DUE = Statement(
    select(_h.c.name)
    .where(among(_h.c.name, "names"), _h.c.due_at <= given("now"))
    .order_by(_h.c.name)
)
_NEXT = Statement(select(func.min(_h.c.due_at)).where(among(_h.c.name, "names")))
SEEN = Statement(
    update(_h)
    .where(
        _h.c.name == given_text("of_name"),
        or_(_h.c.seen_at.is_(None), _h.c.seen_at < given("at")),
    )
    .values(
        seen_at=given("at"),
        due_at=case((_h.c.missing_since.is_(None), _h.c.due_at), else_=given("at")),
    )
)
"""A sign of life; one that was missing is looked at again at once."""
_new = upsert(_h).values(
    name=given_text("of_name"), seen_at=null(), due_at=given("due"), missing_since=null()
)
EXPECT = Statement(
    _new.on_conflict_do_update(
        index_elements=["name"],
        set_={"due_at": _new.excluded.due_at},
        where=and_(
            _h.c.missing_since.is_(None),
            or_(bindparam("anew", type_=BigInteger) == 1, _h.c.due_at > _new.excluded.due_at),
        ),
    )
)
"""Wait for it until `due`; `anew` 1: also where it was to be looked at before that."""
LOOKED = Statement(
    update(_h)
    .where(_h.c.name == given_text("of_name"))
    .values(seen_at=given("seen"), due_at=given("due"), missing_since=given("missing"))
)
FORGET = Statement(delete(_h).where(_h.c.name == given_text("of_name")))


def beats(tx: Transaction, names: set[Any]) -> dict[str, Beat]:
    """A Question of judging: what is known of these."""
    return {row[0]: Beat(*row) for row in tx.all(_OF, names=json_set(sorted(names)))}


def all_beats(tx: Transaction) -> list[Beat]:
    """Every heartbeat that has a row, by name."""
    return [Beat(*row) for row in tx.all(_ALL)]


def due(tx: Transaction, names: Iterable[str], now: Micros) -> list[str]:
    """Which of these are to be looked at."""
    return [row[0] for row in tx.all(_DUE, names=json_set(sorted(names)), now=now)]


def next_due(tx: Transaction, names: Iterable[str]) -> Micros | None:
    """When the next of these is."""
    row = tx.one(_NEXT, names=json_set(sorted(names)))
    return row[0] if row else None


def sign(tx: Transaction, signs: Mapping[str, Micros]) -> None:
    """Signs of life: name → when."""
    tx.many(SEEN, [{"of_name": name, "at": at} for name, at in sorted(signs.items())])
