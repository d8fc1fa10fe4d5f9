"""What a report writes: itself, the id that it teaches a send, who is asked instead."""

from __future__ import annotations

from sqlalchemy import or_, update
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite takes the same words

from sms_notify.model import MessageState
from sms_notify.store import tables as t
from sms_notify.store.outbox import given, given_text
from sms_notify.store.sql import Statement
from sms_notify.store.tables import word

_m, _a = t.message, t.attempt

_report = upsert(t.report).values(
    {name: given(name) for name in ("status", "message", "request", "at")}
    | {name: given_text(name) for name in ("account", "provider_id", "phone")}
)
REPORT = Statement(
    _report.inline().on_conflict_do_update(
        index_elements=["account", "provider_id", "phone", "status"],
        set_={"times": t.report.c.times + 1},
    )
)
"""A report that is new; one that somebody else has stored meanwhile is counted."""
_one = (
    t.report.c.account == given_text("of_account"),
    t.report.c.provider_id == given_text("of_id"),
    t.report.c.phone == given_text("of_phone"),
    t.report.c.status == given("of_status"),
)
AGAIN = Statement(update(t.report).where(*_one).values(times=t.report.c.times + 1))
MATCHED = Statement(update(t.report).where(*_one).values(message=given("to_message")))
TEACH = Statement(
    update(_a)
    .where(
        _a.c.request == given("of_request"),
        or_(_a.c.message == given("of_message"), _a.c.provider_id.is_(None)),
    )
    .values(provider_id=given_text("provider"))
)
"""A request learns its id; the other phones of it keep one that they have."""
TELL_BY = Statement(
    update(t.telling)
    .where(t.telling.c.message == given("of_message"))
    .values(message=given("to_message"))
)
CODE_OF = Statement(
    update(t.code)
    .where(t.code.c.message == given("of_message"))
    .values(message=given("to_message"))
)
STOP_WAITING = Statement(
    update(_m)
    .where(_m.c.id == given("of_id"), _m.c.state == word(MessageState.sent))
    .values(check_at=None)
)
