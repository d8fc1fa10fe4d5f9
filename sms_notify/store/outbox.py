"""The SQL of delivery: what may be claimed, what was settled, what waits and until when.

Lock order, everywhere: gateway, message (by id), usage, timer. Rows are claimed with SKIP LOCKED
on PostgreSQL; on SQLite the writing transaction itself is the lock.
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
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    true,
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


def _given(name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=BigInteger())


def _text(name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=Text())


def _is(state: MessageState) -> ColumnElement[bool]:
    return _m.c.state == word(state)


# A page carries firing news of an incident that is open and unacknowledged.
_page_kind = _m.c.kind.in_([word(kind) for kind in sorted(PAGE_KINDS)])
_own_open = exists().where(_i.c.id == _m.c.incident, _i.c.state == word("open"))
_told = t.telling.alias("told")
_listed = t.incident.alias("listed")
_listed_open = exists().where(
    _told.c.message == _m.c.id, _listed.c.id == _told.c.incident, _listed.c.state == word("open")
)
_is_page = and_(_page_kind, or_(_own_open, _listed_open))

# Claim

_judged_after_expiry = and_(_page_kind, _m.c.decided_at >= _m.c.expires_at)
_unexpired = or_(_m.c.expires_at.is_(None), _m.c.expires_at > _given("now"), _judged_after_expiry)
_receiver = func.coalesce(_i.c.receiver, "")
_candidate = (
    _m.c.id, _m.c.person, _m.c.phone, _m.c.text, _m.c.segments, _m.c.level, _m.c.tries,
    _m.c.resent + _m.c.orphaned, _m.c.state, _m.c.kind, _receiver,
)  # fmt: skip
_since = func.coalesce(_m.c.queued_at, _m.c.decided_at)


def _candidates(*conditions: ColumnElement[bool]) -> Any:
    return (
        select(*_candidate)
        .select_from(_m.outerjoin(_i, _i.c.id == _m.c.incident))
        .where(*conditions)
        .with_for_update(of=_m, skip_locked=True)
    )


CLAIMABLE = Statement(
    _candidates(
        _is(_S.queued),
        _m.c.level == _given("of_level"),
        _m.c.not_before <= _given("now"),
        _m.c.decided_at > _given("fresh"),
        _unexpired,
    )
    .order_by(_m.c.not_before, _m.c.id)
    .limit(_given("most"))
)

_rank = case((_is_page, 0), (_page_kind, 2), else_=1)
_worn = case((_m.c.tries < _given("worn"), 0), else_=_m.c.tries)


def _probe(*conditions: ColumnElement[bool]) -> Statement:
    """The worst, oldest page; where there is none, anything. What failed often stands back."""
    return Statement(
        _candidates(*conditions)
        .add_columns(_rank, _worn, _since)
        .order_by(_rank, _worn, _m.c.level.desc(), _since, _m.c.id)
        .limit(1)
    )


PROBE_QUEUED = _probe(_is(_S.queued), _m.c.decided_at > _given("fresh"), _unexpired)
PROBE_HELD = _probe(_is(_S.held), _m.c.reason == word(GATEWAY_DOWN))

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

REQUEST = Statement(
    insert(_r)
    .values(
        gateway=_text("gateway"), account=_text("account"), kind=word("send"),
        owner=_text("owner"), lease_until=_given("lease_until"), started_at=_given("started_at"),
    )
    .returning(_r.c.id)
)  # fmt: skip
ATTEMPT = Statement(insert(t.attempt).values(message=_given("message"), request=_given("request")))
EVENT = Statement(
    insert(t.event).values(
        at=_given("at"), about=_text("about"), about_id=_given("about_id"),
        what=_text("what"), detail=_text("detail"),
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
        .where(_m.c.id == _given("of_id"), _m.c.state.in_(allowed))
        .values(state=word(target), **values)
    )


_reason = {"reason": _text("to_reason")}
TAKE_HELD = _move(
    _S.queued,
    reason=null(),
    queued_at=func.coalesce(_m.c.queued_at, _given("now")),
    expires_at=func.coalesce(_m.c.expires_at, _given("expires")),
)
CLAIM = _move(
    _S.sending,
    reason=null(),
    check_at=null(),
    request=_given("of_request"),
    gateway=_text("of_gateway"),
)

# Settle

OPEN_REQUEST = Statement(
    update(_r)
    .where(
        _r.c.id == _given("of_request"),
        or_(_r.c.ended_at.is_(None), _r.c.outcome == word(LOST)),
    )
    .values(
        ended_at=_given("now"), outcome=_text("came"), answer=_text("said"), host=_text("of_host")
    )
)  # fmt: skip
FLOWN = Statement(
    select(
        _m.c.id, _m.c.person, _m.c.phone, _m.c.state, _m.c.request, _m.c.tries, _m.c.resent,
        _m.c.orphaned, _m.c.segments, _m.c.level, _receiver, _is_page,
    )
    .select_from(
        t.attempt.join(_m, _m.c.id == t.attempt.c.message).outerjoin(_i, _i.c.id == _m.c.incident)
    )
    .where(t.attempt.c.request == _given("of_request"))
    .order_by(_m.c.id)
    .with_for_update(of=_m)
)  # fmt: skip
FIRST_TRY = Statement(
    select(func.min(_r.c.started_at))
    .select_from(t.attempt.join(_r, _r.c.id == t.attempt.c.request))
    .where(t.attempt.c.message == _given("of_id"))
)
SENT = _move(
    _S.sent,
    reason=null(),
    check_at=null(),  # when reports are read: until when one is waited for
    sent_at=_given("now"),
    provider_id=_text("provider"),
)
FAILED = _move(_S.failed, check_at=null(), **_reason)
UNCERTAIN = _move(
    _S.uncertain,
    check_at=_given("check"),
    orphaned=_m.c.orphaned + _given("orphans"),
    **_reason,
)
QUEUED = _move(
    _S.queued,
    reason=null(),
    check_at=null(),
    not_before=_given("later"),
    tries=_given("of_tries"),
    resent=_m.c.resent + _given("again"),
)
EXPIRED = _move(_S.expired, check_at=null(), **_reason)
PROVIDER_ID = Statement(
    update(t.attempt)
    .where(t.attempt.c.request == _given("of_request"), t.attempt.c.message == _given("of_id"))
    .values(provider_id=_text("provider"))
)
_told_in = exists().where(t.telling.c.incident == _i.c.id, among(t.telling.c.message, "messages"))
_carried = or_(
    _i.c.id.in_(select(_m.c.incident).where(among(_m.c.id, "messages"))),
    _i.c.id.in_(select(t.telling.c.incident).where(among(t.telling.c.message, "messages"))),
)
CARRIED = Statement(select(_i.c.id).where(_carried, _i.c.state == word("open")).order_by(_i.c.id))
"""The open incidents that these messages speak of."""
_step = upsert(t.timer).values(kind=word("step"), key=_text("key"), due_at=_given("due_at"))
STEP_NOW = Statement(
    _step.on_conflict_do_update(
        index_elements=["kind", "key"],
        set_={"due_at": _step.excluded.due_at},
        where=t.timer.c.due_at > _step.excluded.due_at,
    )
)

# Accounts

ACCOUNT_COLUMNS = (
    "account", "circuit", "reason", "changed_at", "failing_since", "probes", "probe_at",
    "last_ok_at",
)  # fmt: skip
_account = select(*[t.gateway.c[name] for name in ACCOUNT_COLUMNS])
ACCOUNTS = Statement(_account.where(among(t.gateway.c.account, "accounts")))
ONE_ACCOUNT = Statement(
    _account.where(t.gateway.c.account == _text("of_account")).with_for_update()
)
NEW_ACCOUNT = Statement(
    upsert(t.gateway)
    .values(
        account=_text("account"), circuit=word("closed"), reason=literal(""),
        changed_at=_given("changed_at"),
    )
    .on_conflict_do_nothing()
)  # fmt: skip
SET_ACCOUNT = Statement(
    update(t.gateway)
    .where(t.gateway.c.account == _text("of_account"))
    .values({name: bindparam(f"to_{name}") for name in ACCOUNT_COLUMNS[1:]})
)
TAKE_PROBE = Statement(
    update(t.gateway)
    .where(
        t.gateway.c.account == _text("of_account"),
        t.gateway.c.circuit == word("open"),
        t.gateway.c.probe_at <= _given("now"),
    )
    .values(probe_at=_given("until"))
)
"""One probe at a time, across processes: who changes the row has it, until its lease is over."""
RELEASE = Statement(
    update(_m)
    .where(_is(_S.queued), _m.c.tries > 0, _m.c.not_before > _given("now"))
    .values(
        not_before=_given("now"),
        tries=case((_m.c.tries > _given("fewer"), _given("fewer")), else_=_m.c.tries),
    )
)
"""The account works again: what backed off need not wait any longer."""

# What waits

UNCERTAIN_DUE = Statement(
    select(
        _m.c.id, _m.c.level, _m.c.tries, _m.c.resent, _m.c.orphaned, _is_page,
        func.coalesce(_r.c.outcome, ""),
    )
    .select_from(_m.outerjoin(_r, _r.c.id == _m.c.request))
    .where(_is(_S.uncertain), _m.c.check_at <= _given("now"))
    .order_by(_m.c.id)
    .with_for_update(of=_m, skip_locked=True)
)  # fmt: skip
STOP_CHECKING = Statement(
    update(_m).where(_m.c.id == _given("of_id"), _is(_S.uncertain)).values(check_at=null())
)
LEASES_OVER = Statement(
    select(_r.c.id)
    .where(_r.c.ended_at.is_(None), _r.c.kind == word("send"), _r.c.lease_until <= _given("now"))
    .order_by(_r.c.id)
    .with_for_update(skip_locked=True)
)
END_LOST = Statement(
    update(_r)
    .where(_r.c.id == _given("of_request"), _r.c.ended_at.is_(None))
    .values(ended_at=_given("now"), outcome=word(LOST))
)
_over = and_(_is(_S.queued), _m.c.expires_at <= _given("now"), ~_judged_after_expiry)
EXPIRED_DUE = Statement(
    select(_m.c.id, _m.c.person, _is_page)
    .where(_over)
    .order_by(_m.c.id)
    .with_for_update(of=_m, skip_locked=True)
)
AGED = Statement(
    select(_m.c.person)
    .distinct()
    .where(_is(_S.queued), _m.c.not_before <= _given("now"), _m.c.decided_at <= _given("fresh"))
    .order_by(_m.c.person)
)
_waits_for_gateway = and_(_is(_S.held), _m.c.reason == word(GATEWAY_DOWN))
HELD_PEOPLE = Statement(
    select(_m.c.person).distinct().where(_waits_for_gateway).order_by(_m.c.person)
)

_ages_at = _m.c.decided_at + _given("ages")
_ageing = case((_m.c.not_before > _ages_at, _m.c.not_before), else_=_ages_at)


def _first(column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> Any:
    return select(func.min(column)).where(*conditions).scalar_subquery()


NEXT = Statement(
    select(
        _first(_m.c.not_before, _is(_S.queued), _m.c.decided_at > _given("fresh")),
        _first(_ageing, _is(_S.queued)),
        _first(_m.c.expires_at, _is(_S.queued), ~_judged_after_expiry),
        _first(_m.c.check_at, _is(_S.uncertain)),
        _first(_r.c.lease_until, _r.c.ended_at.is_(None), _r.c.kind == word("send")),
        _first(_m.c.id, _waits_for_gateway),
    )
)
"""(ready, ageing, expiring, evidence is over, lease is over, anything held for a gateway)"""
