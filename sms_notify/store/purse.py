"""The SQL of a prepaid balance: whose turn it is to read one, and what was spent since."""

from __future__ import annotations

from sqlalchemy import and_, case, exists, func, insert, null, or_, select, update

from sms_notify.model import MessageState
from sms_notify.store import tables as t
from sms_notify.store.outbox import LOST, given, given_text
from sms_notify.store.sql import Statement, among
from sms_notify.store.tables import word

_g, _r, _m = t.gateway, t.request, t.message
_mine = _g.c.account == given_text("of_account")
_UNPROVED = [word("uncertain"), word(LOST)]
RESERVED = "reserve"
"""The reason of a message that is held because what is left is kept for critical ones."""

DUE = Statement(select(_g.c.account, _g.c.balance_due).where(among(_g.c.account, "accounts")))
TAKE_TURN = Statement(
    update(_g)
    .where(_mine, or_(_g.c.balance_due.is_(None), _g.c.balance_due <= given("now")))
    .values(balance_due=given("until"))
)
"""One reader at a time, across processes: who changes the row reads."""
ASKING = Statement(
    insert(_r)
    .values(
        gateway=given_text("gateway"), account=given_text("account"), kind=word("balance"),
        owner=given_text("owner"), lease_until=given("lease_until"), started_at=given("started_at"),
    )
    .returning(_r.c.id)
)  # fmt: skip
ASKED = Statement(
    update(_r)
    .where(_r.c.id == given("of_request"), _r.c.ended_at.is_(None))
    .values(
        ended_at=given("now"), applied_at=given("now"), outcome=given_text("came"),
        answer=given_text("said"), host=given_text("of_host"),
    )
)  # fmt: skip
PURSE_COLUMNS = (
    "account", "balance", "spent_since", "exact", "balance_at", "shared_at", "warned_at",
    "circuit", "reason",
)  # fmt: skip
_purse = select(*[_g.c[name] for name in PURSE_COLUMNS])
PURSES = Statement(_purse.where(among(_g.c.account, "accounts")))
PURSE = Statement(_purse.where(_mine).with_for_update())
SET_PURSE = Statement(
    update(_g)
    .where(_mine)
    .values(
        balance=given("to_left"), spent_since=0, exact=given("to_exact") == 1,
        balance_at=given("to_at"),
    )
)  # fmt: skip
SET_TOLD = Statement(
    update(_g).where(_mine).values(shared_at=given("to_shared"), warned_at=given("to_warned"))
)
NEXT_READING = Statement(update(_g).where(_mine).values(balance_due=given("to_due")))
ASK_AGAIN = Statement(
    update(_g)
    .where(_mine, _g.c.circuit == word("open"))
    .values(probe_at=given("now"), balance_due=given("now"))
)
SPENT = Statement(
    update(_g)
    .where(_mine)
    .values(
        spent_since=_g.c.spent_since + given("segments"),
        balance_due=case(
            (
                and_(_g.c.balance >= 0, _g.c.spent_since + given("segments") > _g.c.balance),
                given("now"),
            ),
            (_g.c.balance_due > given("sooner"), given("sooner")),
            else_=_g.c.balance_due,
        ),
    )
)
"""Segments that were accepted; `sooner`: read again by then at the latest, and at once where more
was accepted than was left."""
_send = and_(_r.c.kind == word("send"), _r.c.account == given_text("of_account"))
RESTLESS = Statement(
    select(
        exists().where(_send, _r.c.ended_at.is_(None)),
        exists().where(
            _send,
            _r.c.started_at >= given("horizon"),
            or_(_r.c.ended_at >= given("began"), _r.c.id > given("of_request")),
        ),
    )
)
"""Was a send under way while the balance was read?"""
LAST_READING = Statement(
    select(func.max(_r.c.id), func.max(_r.c.ended_at)).where(
        _r.c.kind == word("balance"),
        _r.c.account == given_text("of_account"),
        _r.c.started_at == given("at"),
        _r.c.outcome == word("left"),
        _r.c.id != given("of_request"),
    )
)
"""The reading that the ledger starts from: its number, and when it was weighed."""
_billed = _r.join(t.attempt, t.attempt.c.request == _r.c.id).join(
    _m, _m.c.id == t.attempt.c.message
)
_under_way = select(_r.c.id).where(
    _send,
    _r.c.started_at >= given("horizon"),
    _r.c.outcome == word("accepted"),
    or_(
        and_(_r.c.started_at <= given("was_read"), _r.c.ended_at >= given("since")),
        _r.c.ended_at >= given("began"),
    ),
)
BLUR = Statement(  # joined, SQLite would look through every attempt that there ever was
    select(func.coalesce(func.sum(_m.c.segments), 0))
    .join_from(t.attempt, _m, _m.c.id == t.attempt.c.message)
    .where(t.attempt.c.request.in_(_under_way))
)
"""Segments accepted by sends that were under way while the last balance, or this one, was read:
nobody knows whether it counts them."""
_its = and_(_m.c.request == _r.c.id, _m.c.state == word(MessageState.uncertain))
DOUBTS = Statement(
    select(
        _r.c.id,
        func.sum(_m.c.segments),
        func.count(),
        func.sum(case((_its, 1), else_=0)),
        func.max(_r.c.ended_at),
    )
    .select_from(_billed)
    .where(
        _send,
        _r.c.started_at >= given("horizon"),
        _r.c.outcome.in_(_UNPROVED),
        or_(_r.c.ended_at > given("ripe"), _r.c.id > given("last")),
    )
    .group_by(_r.c.started_at, _r.c.id)  # by the index: grouped by id alone it would scan
    .order_by(_r.c.started_at, _r.c.id)
)
"""Sends that nobody knows the end of and the last reading may not have counted (it is known by
its number too: a clock may be set back): segments, messages, of which still
uncertain, and when they ended."""
_attempts = select(t.attempt.c.message).where(t.attempt.c.request == given("of_request"))
_receiver = func.coalesce(t.incident.c.receiver, "")
_began = select(_r.c.started_at).where(_r.c.id == given("of_request")).scalar_subquery()
OF_REQUEST = Statement(
    select(_m.c.id, _m.c.segments, _receiver, _m.c.person, _m.c.tries, _began)
    .select_from(_m.outerjoin(t.incident, t.incident.c.id == _m.c.incident))
    .where(
        _m.c.id.in_(_attempts),
        _m.c.request == given("of_request"),
        _m.c.state == word(MessageState.uncertain),
    )
    .order_by(_m.c.id)
    .with_for_update(of=_m)
)
KEEP = Statement(
    update(_m)
    .where(_m.c.id == given("of_id"), _m.c.state == word(MessageState.queued))
    .values(state=word(MessageState.held), reason=word(RESERVED), check_at=null())
)
KEPT_PEOPLE = Statement(
    select(_m.c.person)
    .distinct()
    .where(_m.c.state == word(MessageState.held), _m.c.reason == word(RESERVED))
    .order_by(_m.c.person)
)
_in_the_air = exists().where(_r.c.kind == word("send"), _r.c.ended_at.is_(None))
LEAST_KEPT = Statement(
    select(func.min(_m.c.segments)).where(
        _m.c.state == word(MessageState.held), _m.c.reason == word(RESERVED), ~_in_the_air
    )
)
"""The segments of the shortest that is held for the reserve; what is in the air is not yet taken
off what is left, so nobody looks before that has landed."""
USED = Statement(
    select(func.coalesce(func.sum(_m.c.segments), 0), func.min(_r.c.started_at))
    .select_from(_billed)
    .where(
        _send,
        _r.c.started_at >= given("first"),
        _r.c.started_at < given("until"),
        _r.c.outcome.in_([word("accepted"), *_UNPROVED]),
    )
)
"""Segments that this account took, or may have taken, in a time; when the first of them left."""
