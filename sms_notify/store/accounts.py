"""The SQL of accounts: which are down, and whose turn it is to probe one."""

from __future__ import annotations

from sqlalchemy import bindparam, case, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite takes the same words

from sms_notify.model import MessageState
from sms_notify.store import tables as t
from sms_notify.store.outbox import given, given_text, in_state
from sms_notify.store.sql import Statement, among
from sms_notify.store.tables import word

_m = t.message

ACCOUNT_COLUMNS = (
    "account", "circuit", "reason", "changed_at", "failing_since", "probes", "probe_at",
    "last_ok_at",
)  # fmt: skip
_account = select(*[t.gateway.c[name] for name in ACCOUNT_COLUMNS])
ACCOUNTS = Statement(_account.where(among(t.gateway.c.account, "accounts")))
ONE_ACCOUNT = Statement(
    _account.where(t.gateway.c.account == given_text("of_account")).with_for_update()
)
LAST_OK = Statement(
    select(t.gateway.c.last_ok_at).where(t.gateway.c.account == given_text("of_account"))
)
NEW_ACCOUNT = Statement(
    upsert(t.gateway)
    .inline()
    .values(
        account=given_text("account"), circuit=word("closed"), reason=literal(""),
        changed_at=given("changed_at"),
    )
    .on_conflict_do_nothing()
)  # fmt: skip
SET_ACCOUNT = Statement(
    update(t.gateway)
    .where(t.gateway.c.account == given_text("of_account"))
    .values({name: bindparam(f"to_{name}") for name in ACCOUNT_COLUMNS[1:]})
)
TAKE_PROBE = Statement(
    update(t.gateway)
    .where(
        t.gateway.c.account == given_text("of_account"),
        t.gateway.c.circuit == word("open"),
        t.gateway.c.probe_at <= given("now"),
    )
    .values(probe_at=given("until"))
)
"""One probe at a time, across processes: who changes the row has it, until its lease is over."""
RELEASE = Statement(
    update(_m)
    .where(in_state(MessageState.queued), _m.c.tries > 0, _m.c.not_before > given("now"))
    .values(
        not_before=given("now"),
        tries=case((_m.c.tries > given("fewer"), given("fewer")), else_=_m.c.tries),
    )
)
"""The account works again: what backed off need not wait any longer."""
