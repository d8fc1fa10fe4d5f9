"""Overrides of schedules that were made by command or over the API: read, added, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import insert, literal, select, update

from sms_notify.config.schedules import Override
from sms_notify.model import Micros
from sms_notify.store import tables as t
from sms_notify.store.engine import Store
from sms_notify.store.outbox import given, given_text
from sms_notify.store.sql import Row, Statement, Transaction

MOST = 1_000
"""Overrides that are looked at together; more than a team makes in years."""

_o = t.override
COLUMNS = (_o.c.id, _o.c.schedule, _o.c.start_at, _o.c.end_at, _o.c.who, _o.c.instead_of)
ADD = Statement(
    insert(_o).values(
        schedule=given_text("schedule"), start_at=given("start_at"), end_at=given("end_at"),
        who=given_text("who"), instead_of=given_text("instead_of"), made_at=given("made_at"),
        made_by=given_text("made_by"), gone_at=literal(None), id=given("id"),
    )
)  # fmt: skip
TAKE_BACK = Statement(
    update(_o).where(_o.c.id == given("of_id"), _o.c.gone_at.is_(None)).values(gone_at=given("now"))
)
_FROM = Statement(
    select(*COLUMNS, _o.c.made_by, _o.c.made_at)
    .where(_o.c.gone_at.is_(None), _o.c.end_at > given("since"))
    .order_by(_o.c.id)
    .limit(MOST)
)


def override_of(row: Row) -> Override:
    """`row` in the order of COLUMNS; what the store calls it is its number."""
    number, schedule, start, end, who, instead_of = row[:6]
    people = tuple(str(name) for name in orjson.loads(who))
    return Override(schedule, start, end, people, instead_of, f"override {number}")


def in_force(tx: Transaction, since: Micros) -> dict[int, Override]:
    """Those that end after `since`, in the order in which they were made: the first counts."""
    return {row[0]: override_of(row) for row in tx.all(_FROM, since=since)}


def overrides(store: Store, since: Micros) -> tuple[Override, ...]:
    """The same, for whoever looks at a time other than now. Raises StoreUnavailable."""
    with store.reading() as tx:
        return tuple(in_force(tx, since).values())


def made_by(store: Store, since: Micros) -> Mapping[int, tuple[Override, str, Micros]]:
    """Each with who made it and when."""
    with store.reading() as tx:
        rows = tx.all(_FROM, since=since)
    return {row[0]: (override_of(row), row[6], row[7]) for row in rows}


def values(override: Override, number: int, made_at: Micros, who: str) -> dict[str, Any]:
    """The row of ADD."""
    return {
        "id": number, "schedule": override.schedule, "start_at": override.start,
        "end_at": override.end, "who": orjson.dumps(list(override.who)).decode(),
        "instead_of": override.instead_of, "made_at": made_at, "made_by": who,
    }  # fmt: skip
