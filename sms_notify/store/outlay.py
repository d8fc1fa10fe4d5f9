"""What everybody's messages come to: in a span until now, and billed since a day."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    and_,
    bindparam,
    cast,
    func,
    null,
    select,
    union,
    union_all,
    update,
)

from sms_notify.model import Micros, Verdict
from sms_notify.store import tables as t
from sms_notify.store.sql import Statement, Transaction, item, json_set, rows
from sms_notify.store.tables import word

SPAN, SINCE = "span", "since"
"""What may be wanted: (SPAN, the moment it begins), (SINCE, a local day in days since 1970)."""

_asked = rows("asked")
_begins = item(_asked, 0, number=True)
_in_span = and_(
    t.message.c.queued_at > _begins,
    t.message.c.state.not_in([word("folded"), word("expired")]),
)


def _of_span(value: Any) -> Any:
    return select(value).where(_in_span).correlate(_asked).scalar_subquery()


def _waiting(state: str) -> Any:
    segments = func.coalesce(func.sum(t.message.c.segments), 0)
    return select(segments).where(t.message.c.state == word(state)).scalar_subquery()


_days = rows("days")
_day = item(_days, 0, number=True)
_billed = (
    select(func.coalesce(func.sum(t.usage.c.segments), 0))
    .where(t.usage.c.day >= _day)
    .correlate(_days)
    .scalar_subquery()
)
_SPENT = Statement(
    union_all(
        select(
            word(SPAN), _begins, _of_span(func.count()), _of_span(func.min(t.message.c.queued_at))
        ),
        select(
            word(SINCE),
            _day,
            _billed + _waiting("queued") + _waiting("held"),
            cast(null(), BigInteger),
        ),
    )
)

Spent = dict[tuple[str, int], tuple[int, Micros | None]]
"""For each thing wanted: how many messages, and when the first of them was queued; or how many
segments were billed or are on their way, and None."""


def read(tx: Transaction, wanted: set[Any]) -> Spent:
    """A Question of judging."""
    spans, days = (json_set([when] for what, when in wanted if what == of) for of in (SPAN, SINCE))
    found = tx.all(_SPENT, asked=spans, days=days)
    return {(what, when): (number, first) for what, when, number, first in found}


def billed(tx: Transaction, day: int) -> int:
    """Segments billed since a local day, with those that are about to be."""
    return read(tx, {(SINCE, day)})[SINCE, day][0]


_HELD = and_(t.telling.c.message.is_(None), t.telling.c.verdict == word(Verdict.held))
_LET_GO = Statement(
    update(t.telling)
    .where(_HELD, t.telling.c.hold_until > bindparam("now", type_=BigInteger))
    .values(hold_until=bindparam("now", type_=BigInteger))
)
_WHO = Statement(
    union(
        select(t.telling.c.person).where(_HELD, t.telling.c.hold_until.is_(None)),
        select(t.telling.c.person).where(_HELD, t.telling.c.hold_until.is_not(None)),
    )
)


def let_go(tx: Transaction, now: Micros) -> list[str]:
    """After a reload no hold is sure to stand: all of it may be judged again; whose news it is.

    What flaps does so whatever the configuration says now. Wants the judging lock.
    """
    tx.run(_LET_GO, now=now)
    return [row[0] for row in tx.all(_WHO)]
