"""The SQL of one recipient: what several people are to hear of one incident is said there once."""

from __future__ import annotations

from sqlalchemy import and_, func, or_, select, update

from sms_notify.model import MessageState
from sms_notify.store import tables as t
from sms_notify.store.outbox import (
    GATEWAY_DOWN,
    candidates,
    given,
    given_text,
    in_state,
    unexpired,
)
from sms_notify.store.sql import Statement, among
from sms_notify.store.tables import word

_m, _r, _i = t.message, t.request, t.incident
_S = MessageState

_alike = (
    _m.c.incident == given("of_incident"),
    _m.c.kind == given_text("of_kind"),
    _m.c.text == given_text("of_text"),
)
ALIKE = Statement(
    candidates(*_alike, in_state(_S.queued), _m.c.decided_at > given("fresh"), unexpired).order_by(
        _m.c.id
    )
)
"""Those that back off as well: what they say is said now."""
_on_its_way = _m.c.state.in_([word(s) for s in (_S.queued, _S.sending, _S.uncertain)])
NAMED = Statement(
    select(_m.c.person)
    .distinct()
    .where(
        *_alike,
        _m.c.queued_at.is_not(None),
        or_(_on_its_way, and_(in_state(_S.held), _m.c.reason == word(GATEWAY_DOWN))),
    )
    .order_by(_m.c.person)
)
"""Whom the same is for, whatever becomes of their own message."""
_before = t.message.alias("before")
SAID = Statement(
    select(_m.c.id, func.min(_before.c.id))
    .select_from(
        _m.join(
            _before,
            and_(
                _before.c.incident == _m.c.incident,
                _before.c.kind == _m.c.kind,
                _before.c.text == _m.c.text,
                _before.c.id != _m.c.id,
            ),
        ).join(_r, _r.c.id == _before.c.request)
    )
    .where(
        among(_m.c.id, "messages"),
        _before.c.state == word(_S.sent),
        _before.c.gateway == given_text("of_gateway"),
        _r.c.started_at >= _m.c.queued_at,
    )
    .group_by(_m.c.id)
)
"""Those of which the same was said there already, to readers who found their person named, and
the message with which it was."""
BEING_SAID = Statement(
    select(func.count()).where(
        *_alike, in_state(_S.sending), _m.c.gateway == given_text("of_gateway")
    )
)
LATER = Statement(
    update(_m)
    .where(_m.c.id == given("of_id"), in_state(_S.queued))
    .values(not_before=given("later"))
)
INCIDENT = Statement(
    select(_i.c.name, _i.c.firing, _i.c.members).where(_i.c.id == given("of_incident"))
)
ALERTS = Statement(
    select(
        t.alert.c.name, t.alert.c.level, t.alert.c.summary, t.alert.c.labels, t.alert.c.annotations
    )
    .select_from(t.member.join(t.alert, t.alert.c.id == t.member.c.alert))
    .where(t.member.c.incident == given("of_incident"), t.alert.c.ended_at.is_(None))
    .order_by(t.alert.c.level.desc(), t.alert.c.id)
    .limit(given("most"))
)
