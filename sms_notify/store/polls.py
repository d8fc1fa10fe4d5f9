"""The SQL of polling: whose turn it is, what was fetched, and what may have been lost."""

from __future__ import annotations

from sqlalchemy import case, delete, exists, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite takes the same words

from sms_notify.model import MessageState
from sms_notify.store import tables as t
from sms_notify.store.outbox import LOST, given, given_text
from sms_notify.store.sql import Statement, among
from sms_notify.store.tables import word

PAGE, CUT, UNREADABLE = "page", "cut", "unreadable"
"""Outcomes of a poll whose answer holds entries: whole; not whole; given up for now."""

_g, _m, _r, _t = t.gateway, t.message, t.request, t.turn
_polls = _r.c.kind.in_([word("reports"), word("replies")])
# in the words of the partial index, to be found by it
_unapplied = _polls & _r.c.applied_at.is_(None)
_pages = _r.c.outcome.in_([word(PAGE), word(CUT), word(UNREADABLE)])

TURNS = Statement(
    select(_t.c.account, _t.c.kind, _t.c.polled_at, _t.c.poll_at, _t.c.owner, _t.c.until).where(
        among(_t.c.account, "accounts")
    )
)
NEW_TURN = Statement(
    upsert(_t)
    .inline()
    .values(account=given_text("account"), kind=given_text("kind"))
    .on_conflict_do_nothing()
)
_own_turn = (_t.c.account == given_text("of_account"), _t.c.kind == given_text("of_kind"))
TAKE_TURN = Statement(
    update(_t)
    .where(
        *_own_turn,
        func.coalesce(_t.c.polled_at, -1) == given("seen"),
        or_(_t.c.until.is_(None), _t.c.until <= given("now")),
    )
    .values(owner=given_text("to_owner"), until=given("to_until"), polled_at=given("now"))
)
"""Of those who saw the same last poll, one is the poller."""
END_TURN = Statement(
    update(_t)
    .where(*_own_turn, _t.c.owner == given_text("of_owner"))
    .values(
        owner=literal(None), until=literal(None), polled_at=given("asked"), poll_at=given("next")
    )
)
ASK = Statement(
    insert(_r)
    .values(
        gateway=given_text("gateway"), account=given_text("account"), kind=given_text("kind"),
        owner=given_text("owner"), lease_until=given("lease_until"), started_at=given("started_at"),
    )
    .returning(_r.c.id)
)  # fmt: skip
# given up because its owner died, but for an answer that arrives after all
_open = or_(_r.c.ended_at.is_(None), (_r.c.outcome == word(LOST)) & _r.c.answer.is_(None))
_asked = (
    _r.c.kind == given_text("of_kind"),
    _r.c.id == given("of_request"),
    _r.c.account == given_text("of_account"),
    _r.c.started_at == given("of_start"),
)
FORGET = Statement(delete(_r).where(*_asked, _open))
KEEP = Statement(
    update(_r)
    .where(*_asked, _open)
    .values(
        ended_at=given("now"), outcome=given_text("came"), answer=given_text("said"),
        host=given_text("of_host"), applied_at=given("applied"),
    )
)  # fmt: skip
KNOWN = Statement(select(_r.c.id).where(*_asked))
KEEP_FOUND = Statement(
    insert(_r).values(
        gateway=given_text("gateway"), account=given_text("account"), kind=given_text("kind"),
        owner=given_text("owner"), lease_until=given("started_at"), started_at=given("started_at"),
        ended_at=given("now"), outcome=given_text("came"), answer=given_text("said"),
    )
)  # fmt: skip
"""A page found beside a store that does not know of its poll."""
UNANSWERED = Statement(
    update(_r)
    .where(_r.c.ended_at.is_(None), _r.c.lease_until <= given("now"), _polls)
    .values(ended_at=given("now"), outcome=word(LOST))
    .returning(_r.c.account, _r.c.kind, _r.c.started_at)
)
PAGES = Statement(
    select(_r.c.id, _r.c.account, _r.c.outcome, _r.c.answer, _r.c.ended_at, _r.c.kind)
    .where(_unapplied, _pages)
    .order_by(  # by the few of the index: by id alone it would scan all
        case((_r.c.outcome == word(UNREADABLE), 1), else_=0), _r.c.started_at, _r.c.id
    )
    .limit(given("most"))
)
"""Those given up come last: however many they are, they keep no other from being applied."""
APPLIED = Statement(
    update(_r)
    .where(_r.c.id == given("of_request"))
    .values(applied_at=given("now"), outcome=word(PAGE))
)
SHORT = Statement(update(_r).where(_r.c.id == given("of_request")).values(outcome=word(LOST)))
"""Applied as far as it went; the rest of it may be lost."""
GIVE_UP = Statement(
    update(_r)
    .where(_r.c.id == given("of_request"), _r.c.applied_at.is_(None))
    .values(outcome=word(UNREADABLE))
)
TROUBLES = Statement(
    select(_r.c.account, _r.c.kind, _r.c.outcome, func.count(), func.max(_r.c.started_at))
    .where(_unapplied, _r.c.outcome.is_not(None))
    .group_by(_r.c.account, _r.c.kind, _r.c.outcome)
    .order_by(_r.c.account, _r.c.kind, _r.c.outcome)
)
SILENT = Statement(
    select(_g.c.account, _g.c.silent_at).where(_g.c.silent_at.is_not(None)).order_by(_g.c.account)
)
NEXT_LOST = Statement(select(func.min(_r.c.lease_until)).where(_r.c.ended_at.is_(None), _polls))
MISSING = Statement(
    select(_m.c.id)
    .where(
        _m.c.state.in_([word("sent"), word("uncertain")]),
        _m.c.state == word(MessageState.sent),
        _m.c.check_at <= given("now"),
    )
    .order_by(_m.c.check_at, _m.c.id)
    .limit(given("most"))
)
NEXT_MISSING = Statement(
    select(func.min(_m.c.check_at)).where(
        _m.c.state.in_([word("sent"), word("uncertain")]), _m.c.state == word(MessageState.sent)
    )
)
_waits = _m.c.state.in_([word("sending"), word("uncertain"), word("sent")])
OUTSTANDING = Statement(
    select(
        or_(
            exists().where(
                _m.c.state.in_([word("sent"), word("uncertain")]), _m.c.check_at.is_not(None)
            ),
            exists().where(_m.c.queued_at > given("since"), _waits),
        )
    )
)
"""Is a report of anything to be expected?"""
_heard = (
    exists()
    .where(t.audience.c.incident == t.incident.c.id, t.audience.c.told_at > given("since"))
    .correlate(t.incident)
)
AWAITED = Statement(select(exists().where(t.incident.c.ended_at.is_(None), _heard)))
"""Is a reply to be expected: was anybody told lately of an incident that is open?"""
REPORTED = Statement(
    update(_g)
    .where(_g.c.account == given_text("of_account"))
    .values(
        last_report_at=given("now"),
        reported_to=given("to"),
        silent_at=literal(None),
    )
)
SILENCED = Statement(
    update(_g).where(_g.c.account == given_text("of_account")).values(silent_at=given("now"))
)
