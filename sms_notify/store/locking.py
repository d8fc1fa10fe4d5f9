"""Locks of PostgreSQL that are taken before anything is changed, in the order of outbox.py."""

from __future__ import annotations

from sqlalchemy import select

from sms_notify.store import tables as t
from sms_notify.store.sql import Statement, among

_m, _r = t.message, t.request

REQUESTS = Statement(
    select(_r.c.id).where(among(_r.c.id, "requests")).order_by(_r.c.id).with_for_update()
)
FLOWN = Statement(
    select(_m.c.id)
    .select_from(t.attempt.join(_m, _m.c.id == t.attempt.c.message))
    .where(among(t.attempt.c.request, "requests"))
    .order_by(_m.c.id)
    .with_for_update(of=_m)
)
