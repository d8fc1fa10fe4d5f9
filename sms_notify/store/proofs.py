"""The SQL of what messages prove: whether a test arrived, and which phones no longer take any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from sms_notify.model import Micros
from sms_notify.store import tables as t
from sms_notify.store.sql import Statement, Transaction, among, item, json_set, rows
from sms_notify.store.tables import word

PHONE_TIMER = "phone"
"""What a failed report sets: look at this phone, the key."""

_m, _r, _g = t.message, t.request, t.gateway


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one message: the columns in their order. `account`: whose request it was in;
    `last_report_at`: when that account last brought any report."""

    id: int
    person: str
    state: str
    queued_at: Micros
    sent_at: Micros | None
    account: str | None
    last_report_at: Micros | None


SENT = Statement(
    select(
        _m.c.id, _m.c.person, _m.c.state, _m.c.queued_at, _m.c.sent_at, _r.c.account,
        _g.c.last_report_at,
    )
    .select_from(
        _m.outerjoin(_r, _r.c.id == _m.c.request).outerjoin(_g, _g.c.account == _r.c.account)
    )
    .where(among(_m.c.id, "ids"))
)  # fmt: skip


def sent(tx: Transaction, ids: set[Any]) -> dict[int, Sent]:
    """A Question of judging: what became of these messages."""
    found = tx.all(SENT, ids=json_set(sorted(ids)))
    return {row[0]: Sent(*row) for row in found}


@dataclass(frozen=True, slots=True)
class Phone:
    """The reports about one phone: how many failed since the request that last arrived (0: none is
    known), and the keys under which operators were told so."""

    failed: int
    since: int
    told: frozenset[str]


_phones = rows("phones")
_delivered = (
    select(func.max(_m.c.request))
    .where(_m.c.phone == item(_phones, 0), _m.c.state == word("delivered"))
    .correlate(_phones)
    .scalar_subquery()
)
DELIVERED = Statement(select(item(_phones, 0), _delivered).select_from(_phones))
_failures = (
    select(func.count())
    .select_from(_m)
    .where(
        _m.c.phone == item(_phones, 0),
        _m.c.request > item(_phones, 1, number=True),
        _m.c.state == word("failed"),
        _m.c.reason == word("report"),
    )
    .correlate(_phones)
    .scalar_subquery()
)
FAILURES = Statement(select(item(_phones, 0), _failures).select_from(_phones))
ONCE = Statement(select(_m.c.once_key).where(among(_m.c.once_key, "keys")))


def phone_key(phone: str, since: int) -> str:
    """Under which it is told once that a phone takes nothing since that request."""
    return f"phone:{phone}:{since}"


def phones(tx: Transaction, wanted: set[Any]) -> dict[str, Phone]:
    """A Question of judging: how phones do by their reports; asked as (phone, operator)."""
    names = json_set([name] for name in sorted({phone for phone, _operator in wanted}))
    since = {row[0]: row[1] or 0 for row in tx.all(DELIVERED, phones=names)}
    failed = tx.all(FAILURES, phones=json_set(sorted(since.items())))
    keys = sorted(f"{phone_key(phone, since[phone])}:{who}" for phone, who in wanted)
    told = frozenset(row[0] for row in tx.all(ONCE, keys=json_set(keys)))
    return {row[0]: Phone(row[1], since[row[0]], told) for row in failed}
