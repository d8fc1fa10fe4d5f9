"""The SQL of what is to be said later: kept as the call that asked for it, told when it is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import func, insert, select, update

from sms_notify.model import Micros
from sms_notify.store import tables as t
from sms_notify.store.outbox import given, given_text
from sms_notify.store.reading import local_time
from sms_notify.store.shown import PlannedShown
from sms_notify.store.sql import Statement, Transaction, among, json_set
from sms_notify.store.tables import word

DUE_AT_ONCE = 100
MOST_LISTED = 1_000

_p = t.planned
_is_waiting = _p.c.state == word("waiting")


@dataclass(frozen=True, slots=True)
class Plan:
    """One row: the columns in their order. `call` is the JSON that `POST /line` takes."""

    id: int
    key: str
    due_at: Micros
    made_at: Micros
    call: str
    state: str
    ended_at: Micros | None


_columns = [_p.c[name] for name in Plan.__slots__]
_DUE = Statement(
    select(*_columns)
    .where(_is_waiting, _p.c.due_at <= given("now"))
    .order_by(_p.c.due_at, _p.c.id)
    .limit(DUE_AT_ONCE)
)
_NEXT = Statement(select(func.min(_p.c.due_at)).where(_is_waiting))
_WAITING = Statement(
    select(*_columns).where(_is_waiting).order_by(_p.c.due_at, _p.c.id).limit(MOST_LISTED)
)
_LATEST = Statement(select(*_columns).order_by(_p.c.id.desc()).limit(MOST_LISTED))
_BY_ID = Statement(select(*_columns).where(among(_p.c.id, "ids")))
_BY_KEY = Statement(select(*_columns).where(among(_p.c.key, "keys")))
_COUNT = Statement(select(func.count()).select_from(_p).where(_is_waiting))
KEEP = Statement(
    insert(_p).values(
        key=given_text("key"), due_at=given("due"), made_at=given("now"), call=given_text("call"),
        state=word("waiting"),
    ).inline()
)  # fmt: skip
END = Statement(
    update(_p)
    .where(_p.c.id == given("of_id"), _is_waiting)
    .values(state=given_text("to_state"), ended_at=given("now"))
)


def due(tx: Transaction, now: Micros) -> list[Plan]:
    """At most DUE_AT_ONCE that are due, the oldest first."""
    return [Plan(*row) for row in tx.all(_DUE, now=now)]


def next_due(tx: Transaction) -> Micros | None:
    """When the next is, None if none waits."""
    row = tx.one(_NEXT)
    return row[0] if row else None


def listed(tx: Transaction, *, every: bool) -> list[Plan]:
    """Those that wait, the next first; or `every` one that is remembered, the latest first."""
    return [Plan(*row) for row in tx.all(_LATEST if every else _WAITING)]


def by_id(tx: Transaction, ids: set[Any]) -> dict[int, Plan]:
    """A Question of judging."""
    return {row[0]: Plan(*row) for row in tx.all(_BY_ID, ids=json_set(sorted(ids)))}


def by_key(tx: Transaction, keys: set[Any]) -> dict[str, Plan]:
    """A Question of judging: what is known by the id of its call."""
    return {row[1]: Plan(*row) for row in tx.all(_BY_KEY, keys=json_set(sorted(keys)))}


def waiting(tx: Transaction, _wanted: set[Any]) -> dict[str, int]:
    """A Question of judging: how many wait."""
    return {"waiting": tx.all(_COUNT)[0][0]}


def shown(plan: Plan, zone: ZoneInfo) -> PlannedShown:
    """As it may be shown outside."""
    said = orjson.loads(plan.call)
    return PlannedShown(
        id=plan.id,
        state=plan.state,
        due_at=local_time(plan.due_at, zone),
        text=said["text"],
        to=said["to"],
        level=said["level"],
        key=said["key"],
        made_at=local_time(plan.made_at, zone),
        ended_at=local_time(plan.ended_at, zone) if plan.ended_at is not None else None,
    )
