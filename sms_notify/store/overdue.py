"""The SQL of what waits: evidence that does not come, leases, expiry, ageing, and until when."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, not_, null, select, update

from sms_notify.model import MessageState
from sms_notify.store import tables as t
from sms_notify.store.outbox import (
    GATEWAY_DOWN,
    IS_PAGE,
    JUDGED_AFTER_EXPIRY,
    LOST,
    given,
    in_state,
)
from sms_notify.store.sql import Statement, among
from sms_notify.store.tables import word

_m, _r = t.message, t.request
_S = MessageState
_asked = _m.c.state.in_([word("sent"), word("uncertain")])  # as in the index, to be found by it
_uncertain = and_(_asked, in_state(_S.uncertain))

UNCERTAIN_DUE = Statement(
    select(
        _m.c.id, _m.c.level, _m.c.tries, _m.c.resent, _m.c.orphaned, IS_PAGE,
        func.coalesce(_r.c.outcome, ""),
    )
    .select_from(_m.outerjoin(_r, _r.c.id == _m.c.request))
    .where(_uncertain, _m.c.check_at <= given("now"))
    .order_by(_m.c.check_at, _m.c.id)  # by the index: ordered by id alone it would scan
    .limit(given("most"))
    .with_for_update(of=_m, skip_locked=True)
)  # fmt: skip
STOP_CHECKING = Statement(
    update(_m).where(_m.c.id == given("of_id"), in_state(_S.uncertain)).values(check_at=null())
)
LEASES_OVER = Statement(
    select(_r.c.id, _r.c.account)
    .where(_r.c.ended_at.is_(None), _r.c.kind == word("send"), _r.c.lease_until <= given("now"))
    .order_by(_r.c.lease_until, _r.c.id)
    .limit(given("most"))
    .with_for_update(skip_locked=True)
)
SENDING = Statement(
    select(_m.c.id, _m.c.phone)
    .select_from(t.attempt.join(_m, _m.c.id == t.attempt.c.message))
    .where(
        t.attempt.c.request == given("of_request"),
        _m.c.request == given("of_request"),
        in_state(_S.sending),
    )
    .order_by(_m.c.id)
    .with_for_update(of=_m)
)
END_LOST = Statement(
    update(_r)
    .where(_r.c.id == given("of_request"), _r.c.ended_at.is_(None))
    .values(ended_at=given("now"), outcome=word(LOST))
)
_over = and_(in_state(_S.queued), _m.c.expires_at <= given("now"), ~JUDGED_AFTER_EXPIRY)
EXPIRED_DUE = Statement(
    select(_m.c.id, _m.c.person, IS_PAGE)
    .where(_over)
    .order_by(_m.c.expires_at, _m.c.id)
    .limit(given("most"))
    .with_for_update(of=_m, skip_locked=True)
)
AGED = Statement(  # asked for in an order, SQLite would look through all that was ever sent
    select(_m.c.person).where(
        in_state(_S.queued), _m.c.not_before <= given("now"), _m.c.decided_at <= given("fresh")
    )
)
_waits_for_gateway = and_(in_state(_S.held), _m.c.reason == word(GATEWAY_DOWN))
HELD_PEOPLE = Statement(
    select(_m.c.person).distinct().where(_waits_for_gateway).order_by(_m.c.person)
)

_ages_at = _m.c.decided_at + given("ages")
_ageing = case((_m.c.not_before > _ages_at, _m.c.not_before), else_=_ages_at)
_may_probe = case((_m.c.tries > 0, _m.c.decided_at), else_=_m.c.not_before)
_fresh = _m.c.decided_at > given("fresh")
_ends_at = case((JUDGED_AFTER_EXPIRY, null()), else_=_m.c.expires_at)
_queue = (
    select(
        func.min(case((_fresh, _m.c.not_before))).label("ready"),
        func.min(case((_fresh, _may_probe))).label("may_probe"),
        func.min(_ageing).label("ageing"),
        func.min(_ends_at).label("expiring"),
    )
    .where(in_state(_S.queued))
    .subquery()
)


def _first(column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> Any:
    return select(func.min(column)).where(*conditions).scalar_subquery()


NEXT = Statement(
    select(
        _queue,
        _first(_m.c.check_at, _uncertain),
        _first(
            _r.c.lease_until,
            _r.c.ended_at.is_(None),
            _r.c.kind == word("send"),
            not_(among(_r.c.id, "alive")),
        ),
        exists().where(_waits_for_gateway),
    )
)
"""When: ready, may be a probe, ages, expires, is out of evidence, a lease is over; and whether
one is held for a gateway. The queue is read once."""
