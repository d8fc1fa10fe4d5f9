"""What a store came to in the end: every message that was not folded, and tellings by verdict."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from sms_notify.model import Micros
from sms_notify.store import tables as t
from sms_notify.store.sql import Statement, Transaction
from sms_notify.store.tables import word

_m = t.message
_MESSAGES = Statement(
    select(_m.c.queued_at, _m.c.person, _m.c.kind, _m.c.text, _m.c.segments)
    .where(_m.c.state != word("folded"))
    .order_by(_m.c.queued_at, _m.c.id)
)
_VERDICTS = Statement(
    select(t.telling.c.verdict, func.count())
    .group_by(t.telling.c.verdict)
    .order_by(t.telling.c.verdict)
)


@dataclass(frozen=True, slots=True)
class ToldBy:
    """One message: when it was queued (None: it is held still), for whom, and what it says."""

    at: Micros | None
    person: str
    kind: str
    text: str
    segments: int


def messages(tx: Transaction) -> list[ToldBy]:
    """Every message that was not folded, in the order in which they were queued."""
    return [ToldBy(*row) for row in tx.all(_MESSAGES)]


def verdicts(tx: Transaction) -> dict[str, int]:
    """Tellings by verdict."""
    return {row[0]: row[1] for row in tx.all(_VERDICTS)}
