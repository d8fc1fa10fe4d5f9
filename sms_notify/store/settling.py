"""The SQL of a settle: which requests end now, what flew with them, what it is known by since."""

from __future__ import annotations

from sqlalchemy import func, or_, select, union, update

from sms_notify.store import tables as t
from sms_notify.store.outbox import IS_PAGE, LOST, RECEIVER, given, given_text
from sms_notify.store.sql import Statement, among, item, rows
from sms_notify.store.tables import word

_m, _r, _i = t.message, t.request, t.incident

LOCK = Statement(
    select(_r.c.id).where(among(_r.c.id, "requests")).order_by(_r.c.id).with_for_update()
)
"""Several requests end in one transaction, which changes them in no order of its own."""
_ended = rows("ended")
END_REQUESTS = Statement(
    update(_r)
    .where(
        _r.c.id == item(_ended, 0, number=True),
        _r.c.started_at == item(_ended, 4, number=True),
        _r.c.owner == given_text("of_owner"),
        or_(_r.c.ended_at.is_(None), _r.c.outcome == word(LOST)),
    )
    .values(
        ended_at=given("now"),
        outcome=item(_ended, 1),
        answer=item(_ended, 2),
        host=item(_ended, 3),
    )
    .returning(_r.c.id)
)
"""`ended`: request, outcome, answer, host, when it was claimed; returns those that had no known end
until now. A number alone is not enough: after a failover to an asynchronous standby the numbers of
what was lost are given to others."""
FLOWN = Statement(
    select(
        t.attempt.c.request, _m.c.id, _m.c.person, _m.c.phone, _m.c.state, _m.c.request, _m.c.tries,
        _m.c.resent, _m.c.orphaned, _m.c.segments, _m.c.level, RECEIVER, IS_PAGE,
    )
    .select_from(
        t.attempt.join(_m, _m.c.id == t.attempt.c.message).outerjoin(_i, _i.c.id == _m.c.incident)
    )
    .where(among(t.attempt.c.request, "requests"))
    .order_by(_m.c.id)
    .with_for_update(of=_m)
)  # fmt: skip
"""By request: its messages as they stand. All are locked in the order of locks."""
UNANSWERED = Statement(
    select(_r.c.id, _r.c.gateway, _r.c.started_at, func.coalesce(_r.c.outcome, "") == word(LOST))
    .where(
        _r.c.kind == word("send"),
        _r.c.owner == given_text("of_owner"),
        among(_r.c.started_at, "moments"),
        or_(_r.c.ended_at.is_(None), _r.c.outcome == word(LOST)),
    )
    .order_by(_r.c.id)
    .with_for_update(skip_locked=True)
)
"""Requests of one owner that were claimed at these moments: id, gateway, when, given up since?"""
NOT_LOST = Statement(
    update(_m).where(_m.c.id == given("of_id")).values(orphaned=_m.c.orphaned - given("orphans"))
)
"""A send that was taken for lost, and never left."""
SECOND_TRY = Statement(
    select(_r.c.started_at)
    .select_from(t.attempt.join(_r, _r.c.id == t.attempt.c.request))
    .where(t.attempt.c.message == given("of_id"))
    .order_by(_r.c.started_at)
    .limit(1)
    .offset(1)
)
PROVIDER_ID = Statement(
    update(t.attempt)
    .where(t.attempt.c.request == given("of_request"), t.attempt.c.message == given("of_id"))
    .values(provider_id=given_text("provider"))
)
_spoken_of = union(
    select(_m.c.incident).where(among(_m.c.id, "messages")),
    select(t.telling.c.incident).where(among(t.telling.c.message, "messages")),
).subquery()
CARRIED = Statement(
    select(_i.c.id)
    .join_from(_spoken_of, _i, _i.c.id == _spoken_of.c.incident)
    .where(_i.c.state == word("open"))
    .order_by(_i.c.id)
)
"""The open incidents that these messages speak of."""
