"""What everybody's messages come to: in a span until now, and billed since a day."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, func, select, union, update

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


_SPANS = Statement(
    select(_begins, _of_span(func.count()), _of_span(func.min(t.message.c.queued_at)))
)


def _waiting(state: str) -> Any:
    segments = func.coalesce(func.sum(t.message.c.segments), 0)
    return select(segments).where(t.message.c.state == word(state)).scalar_subquery()


_billed = (
    select(func.coalesce(func.sum(t.usage.c.segments), 0))
    .where(t.usage.c.day >= bindparam("day", type_=BigInteger))
    .scalar_subquery()
)
_MONTH = Statement(select(_billed, _waiting("queued"), _waiting("held")))

Spent = dict[tuple[str, int], tuple[int, Micros | None]]
"""For each thing wanted: how many messages, and when the first of them was queued; or how many
segments were billed or are on their way, and None."""


def read(tx: Transaction, wanted: set[Any]) -> Spent:
    """A Question of judging."""
    spans = sorted(moment for what, moment in wanted if what == SPAN)
    found: Spent = {}
    if spans:
        for moment, count, first in tx.all(_SPANS, asked=json_set([each] for each in spans)):
            found[SPAN, moment] = (count, first)
    for what, day in wanted:
        if what == SINCE:
            found[what, day] = (sum(tx.all(_MONTH, day=day)[0]), None)
    return found


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
