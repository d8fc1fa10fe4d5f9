"""The SQL of delivery: what may be claimed, what was settled, what waits and until when.

Lock order on PostgreSQL: request, message (both by id), timer (by kind and key), gateway, usage.
What is claimed or overdue is taken with SKIP LOCKED, so it waits for nobody; on SQLite the writing
transaction is the lock.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    insert,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite takes the same words

from sms_notify.model import PAGE_KINDS, MessageState, sources_of
from sms_notify.store import tables as t
from sms_notify.store.sql import Statement, among, item, rows
from sms_notify.store.tables import word

GATEWAY_DOWN = "gateway_down"
"""The reason of a message that is held until an account works again."""
LOST = "lost"
"""The outcome of a request whose owner died before it could tell."""

_m, _r, _i = t.message, t.request, t.incident
_S = MessageState


def given(name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=BigInteger())


def given_text(name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=Text())


def in_state(state: MessageState) -> ColumnElement[bool]:
    return _m.c.state == word(state)


# A page carries firing news of an incident that is open and unacknowledged.
_page_kind = _m.c.kind.in_([word(kind) for kind in sorted(PAGE_KINDS)])
_own = t.incident.alias("own")
_own_open = exists().where(_own.c.id == _m.c.incident, _own.c.state == word("open")).correlate(_m)
_told = t.telling.alias("told")
_listed = t.incident.alias("listed")
_listed_open = (
    exists()
    .where(
        _told.c.message == _m.c.id,
        _listed.c.id == _told.c.incident,
        _listed.c.state == word("open"),
    )
    .correlate(_m)
)
IS_PAGE = and_(_page_kind, or_(_own_open, _listed_open))

# Claim

JUDGED_AFTER_EXPIRY = and_(_page_kind, _m.c.decided_at >= _m.c.expires_at)
unexpired = or_(_m.c.expires_at.is_(None), _m.c.expires_at > given("now"), JUDGED_AFTER_EXPIRY)
RECEIVER = func.coalesce(_i.c.receiver, "")
_candidate = (
    _m.c.id, _m.c.person, _m.c.phone, _m.c.text, _m.c.segments, _m.c.level, _m.c.tries,
    _m.c.resent + _m.c.orphaned, _m.c.state, _m.c.kind, RECEIVER, _m.c.units,
    _m.c.incident,
)  # fmt: skip
_since = func.coalesce(_m.c.queued_at, _m.c.decided_at)


def candidates(*conditions: ColumnElement[bool]) -> Any:
    return (
        select(*_candidate)
        .select_from(_m.outerjoin(_i, _i.c.id == _m.c.incident))
        .where(*conditions)
        .with_for_update(of=_m, skip_locked=True)
    )


CLAIMABLE = Statement(
    candidates(
        in_state(_S.queued),
        _m.c.level == given("of_level"),
        _m.c.not_before <= given("now"),
        _m.c.decided_at > given("fresh"),
        unexpired,
    )
    .order_by(_m.c.not_before, _m.c.id)
    .limit(given("most"))
)

_rank = case((IS_PAGE, 0), (_page_kind, 2), else_=1)
_worn = case((_m.c.tries < given("worn"), 0), else_=_m.c.tries)


def _probe(*conditions: ColumnElement[bool]) -> Statement:
    """The worst, oldest page; where there is none, anything. What failed often stands back."""
    return Statement(
        candidates(*conditions)
        .add_columns(_rank, _worn, _since)
        .order_by(_rank, _worn, _m.c.level.desc(), _since, _m.c.id)
        .limit(1)
    )


_backs_off = _m.c.tries > 0  # which does not keep it from being the probe; a later time does
PROBE_QUEUED = _probe(
    in_state(_S.queued),
    or_(_backs_off, _m.c.not_before <= given("now")),
    _m.c.decided_at > given("fresh"),
    unexpired,
)
PROBE_HELD = _probe(in_state(_S.held), _m.c.reason == word(GATEWAY_DOWN))

_last = t.message.alias("last")
_phones = rows("phones")
_last_clean = (
    select(and_(_last.c.sent_at.is_not(None), _last.c.state != word(_S.uncertain)))
    .where(
        _last.c.phone == item(_phones, 0),
        _last.c.request.is_not(None),
        _last.c.state.in_([word(s) for s in (_S.sent, _S.delivered, _S.failed, _S.uncertain)]),
        among(_last.c.gateway, "gateways"),
    )
    .order_by(_last.c.request.desc())
    .limit(1)
    .correlate(_phones)
    .scalar_subquery()
)
KNOWN_PHONES = Statement(select(item(_phones, 0)).select_from(_phones).where(_last_clean))
"""Phones whose last send through these gateways was accepted alone or in a clean batch."""

_columns = ("gateway", "account", "kind", "owner", "lease_until", "started_at")
REQUESTS = Statement(
    insert(_r)
    .from_select(
        _columns,
        select(
            cast(given_text("gateway"), Text()), cast(given_text("account"), Text()),
            word("send"), cast(given_text("owner"), Text()),
            cast(given("lease_until"), BigInteger()), cast(given("started_at"), BigInteger()),
        ).select_from(rows("requests")),
        include_defaults=False,
    )
    .returning(_r.c.id)
)  # fmt: skip
"""So many requests as `requests` has elements, all alike until messages are in them; their ids."""
ATTEMPT = Statement(insert(t.attempt).values(message=given("message"), request=given("request")))
EVENT = Statement(
    insert(t.event).values(
        at=given("at"), about=given_text("about"), about_id=given("about_id"),
        what=given_text("what"), detail=given_text("detail"),
    )
)  # fmt: skip
_usage = upsert(t.usage).values(
    {name: bindparam(name) for name in ("day", "receiver", "person", "segments")}
)
USAGE = Statement(
    _usage.on_conflict_do_update(
        index_elements=["day", "receiver", "person"],
        set_={"segments": t.usage.c.segments + _usage.excluded.segments},
    )
)


def _move(target: MessageState, **values: Any) -> Statement:
    """The only way to change a state: to `target`, from where model.MOVES allows it."""
    allowed = [word(state) for state in sources_of(target)]
    return Statement(
        update(_m)
        .where(_m.c.id == given("of_id"), _m.c.state.in_(allowed))
        .values(state=word(target), **values)
    )


_reason = {"reason": given_text("to_reason")}
TAKE_HELD = _move(
    _S.queued,
    reason=null(),
    queued_at=func.coalesce(_m.c.queued_at, given("now")),
    expires_at=func.coalesce(_m.c.expires_at, given("expires")),
)
CLAIM = _move(
    _S.sending,
    reason=null(),
    check_at=null(),
    request=given("of_request"),
    gateway=given_text("of_gateway"),
)

# Settle

SENT = _move(
    _S.sent,
    reason=null(),
    check_at=given("check"),  # until when a report is waited for
    sent_at=given("now"),
    provider_id=given_text("provider"),
)
DELIVERED = _move(
    _S.delivered,
    reason=null(),
    check_at=null(),
    sent_at=func.coalesce(_m.c.sent_at, given("now")),
    provider_id=given_text("provider"),
)
FAILED = _move(_S.failed, check_at=null(), **_reason)
UNCERTAIN = _move(
    _S.uncertain,
    check_at=given("check"),
    orphaned=_m.c.orphaned + given("orphans"),
    **_reason,
)
QUEUED = _move(
    _S.queued,
    reason=null(),
    check_at=null(),
    not_before=given("later"),
    tries=given("of_tries"),
    resent=_m.c.resent + given("again"),
)
EXPIRED = _move(_S.expired, check_at=null(), **_reason)
WAITING_REPORTS = Statement(
    select(t.report.c.phone)
    .distinct()
    .where(
        among(t.report.c.phone, "phones"),
        t.report.c.message.is_(None),
        t.report.c.account == given_text("of_account"),
    )
    .order_by(t.report.c.phone)
)
"""Of these phones, those with a report that found no message yet: it may be of this send."""
_timer = upsert(t.timer).values(
    kind=given_text("kind"), key=given_text("key"), due_at=given("due_at")
)
TIMER_NOW = Statement(
    _timer.inline().on_conflict_do_update(
        index_elements=["kind", "key"],
        set_={"due_at": _timer.excluded.due_at},
        where=t.timer.c.due_at > _timer.excluded.due_at,
    )
)
