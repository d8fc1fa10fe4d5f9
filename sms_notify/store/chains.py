"""How far the chains of incidents are: what carries their news, and whom they named.

Read for a whole batch of due timers at once, by the keys of these incidents alone: nothing here
grows with what was told before.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, case, func, not_, or_, select

from sms_notify.model import Micros
from sms_notify.store import tables as t
from sms_notify.store.outbox import given
from sms_notify.store.sql import Statement, among
from sms_notify.store.tables import word

_i, _t, _m, _r = t.incident, t.telling, t.message, t.request

NOT_DELIVERED = "not_delivered"
"""The reason of a telling whose message nothing says to have arrived."""


@dataclass(frozen=True, slots=True)
class Chain:
    """One incident as its chain sees it: columns in their order."""

    id: int
    state: str
    event: bool
    steps: str
    step: int
    round: int
    rounds: int
    opened_at: Micros
    last_seen: Micros
    stepped_at: Micros | None
    rests_until: Micros | None
    waits_from: Micros | None
    muted_until: Micros | None
    ended_at: Micros | None


@dataclass(frozen=True, slots=True)
class Carrier:
    """A message that speaks of an incident: columns in their order.

    `ended_at`: when its latest request ended. `of_step`: it carries news of the present step;
    `doubted`: nothing says that it arrived, and that counts.
    """

    incident: int
    id: int
    state: str
    kind: str
    level: int
    tries: int
    resent: int
    orphaned: int
    outcome: str
    check_at: Micros | None
    sent_at: Micros | None
    ended_at: Micros | None
    of_step: bool
    doubted: bool


CHAINS = Statement(
    select(*[_i.c[name] for name in Chain.__slots__]).where(among(_i.c.id, "ids")).order_by(_i.c.id)
)

_began = func.coalesce(_i.c.stepped_at, _i.c.opened_at)
_not_of_chain = or_(*[_t.c.news.like(f"{kind}%") for kind in ("end", "handoff", "remind")])
_of_step = and_(_t.c.at >= _began, not_(_not_of_chain))
CARRIERS = Statement(
    select(
        _t.c.incident, _m.c.id, _m.c.state, _m.c.kind, _m.c.level, _m.c.tries, _m.c.resent,
        _m.c.orphaned, func.coalesce(_r.c.outcome, ""), _m.c.check_at, _m.c.sent_at,
        _r.c.ended_at, func.max(case((_of_step, 1), else_=0)),
        func.max(case((_t.c.reason == word(NOT_DELIVERED), 1), else_=0)),
    )
    .select_from(
        _t.join(_i, _i.c.id == _t.c.incident)
        .join(_m, _m.c.id == _t.c.message)
        .outerjoin(_r, _r.c.id == _m.c.request)
    )
    .where(among(_t.c.incident, "ids"))
    .group_by(_t.c.incident, _m.c.id, _r.c.id)
    .order_by(_t.c.incident, _m.c.id)
)  # fmt: skip
"""What speaks of these incidents."""

UNTOLD = Statement(
    select(
        _t.c.incident,
        _t.c.person,
        func.min(func.coalesce(_t.c.hold_until, 0)),
        func.max(func.coalesce(_t.c.hold_until, 0)),
        func.max(case((_of_step, 1), else_=0)),
    )
    .select_from(_t.join(_i, _i.c.id == _t.c.incident))
    .where(
        among(_t.c.incident, "ids"),
        _t.c.message.is_(None),
        or_(_t.c.verdict == word("held"), _t.c.hold_until.is_not(None)),
        not_(_not_of_chain),
    )
    .group_by(_t.c.incident, _t.c.person)
    .order_by(_t.c.incident, _t.c.person)
)
"""(incident, person, held until when at least and at most, of the present step?) of held news."""

REMINDED = Statement(
    select(_t.c.incident, _t.c.news, _t.c.person)
    .where(among(_t.c.incident, "ids"), _t.c.news.like("remind:%"))
    .order_by(_t.c.incident, _t.c.person)
)
"""Who was reminded of these incidents, each time."""

OPEN = Statement(
    select(_i.c.id, _i.c.steps, _i.c.step, _i.c.round).where(
        _i.c.ended_at.is_(None), _i.c.state == word("open")
    )
)
"""All that nobody has acknowledged, with its chain, in no order: by the index of what is open."""

DOUBT = Statement(
    t.telling.update().where(_t.c.message == given("of_message")).values(reason=word(NOT_DELIVERED))
)
