"""The alert names that this store has seen: shortened names must stay apart from all of them."""

from __future__ import annotations

from sqlalchemy import func, select

from sms_notify.store import tables as t
from sms_notify.store.sql import Statement, Transaction

MOST = 5_000

_NAMES = Statement(
    select(t.incident.c.name)
    .group_by(t.incident.c.name)
    .order_by(func.max(t.incident.c.id).desc())
    .limit(MOST)
)


def seen(tx: Transaction) -> list[str]:
    """At most MOST names of incidents, the latest first."""
    return [row[0] for row in tx.all(_NAMES)]
