"""The SQL of the words that a gateway does not carry."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite takes the same words

from sms_notify.store import tables as t
from sms_notify.store.engine import Store
from sms_notify.store.outbox import given, given_text
from sms_notify.store.sql import Statement
from sms_notify.store.tables import word

_f, _m = t.forbidden, t.message

WORDS = Statement(
    select(_f.c.word, _f.c.rule).where(_f.c.account == given_text("of_account")).order_by(_f.c.word)
)
_remember = upsert(_f).values(
    account=given_text("account"), word=given_text("word"), rule=given_text("rule"),
    first_at=given("now"), last_at=given("now"), times=1,
)  # fmt: skip
REMEMBER = Statement(
    _remember.on_conflict_do_update(
        index_elements=["account", "word"],
        set_={"rule": _remember.excluded.rule, "last_at": _remember.excluded.last_at,
              "times": _f.c.times + 1},
    )
)  # fmt: skip
TEXT_OF = Statement(
    select(
        _m.c.text, _m.c.units, _m.c.segments, _m.c.kind, _m.c.level,
        select(func.count()).where(t.telling.c.message == _m.c.id).scalar_subquery(),
    ).where(_m.c.id == given("of_id"))
)  # fmt: skip
"""A message's text, and how many pieces of news it carries."""
REFUSALS = Statement(
    select(func.count())
    .select_from(t.attempt.join(t.request, t.request.c.id == t.attempt.c.request))
    .where(t.attempt.c.message == given("of_id"), t.request.c.outcome == word("forbidden_word"))
)
"""How often a gateway refused a message for a word."""
RETEXT = Statement(
    update(_m)
    .where(_m.c.id == given("of_id"), _m.c.state == word("queued"))
    .values(text=given_text("to_text"), units=given("to_units"), segments=given("to_segments"))
)
_LIST = Statement(
    select(_f.c.account, _f.c.word, _f.c.rule, _f.c.first_at, _f.c.last_at, _f.c.times)
    .order_by(_f.c.last_at.desc(), _f.c.account, _f.c.word)
)  # fmt: skip
_FORGET = Statement(delete(_f).where(_f.c.word == given_text("of_word")))


def listed(store: Store) -> list[dict[str, Any]]:
    """Every word that a gateway refused, the latest first: account, word, rule, moments, times."""
    names = ("account", "word", "rule", "first_at", "last_at", "times")
    with store.reading() as tx:
        return [dict(zip(names, row, strict=True)) for row in tx.all(_LIST)]


def forget(store: Store, forgotten: str) -> bool:
    """Write it again as it is, with every account; False if it was not known."""
    with store.writing() as tx:
        return tx.run(_FORGET, of_word=forgotten) > 0
