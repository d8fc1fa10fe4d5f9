"""What is known of those who reply: which SMS were read, who is ignored or was answered enough."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, func, insert, select

from sms_notify.model import DAY, HOUR, MINUTE, PAGE_KINDS, Micros
from sms_notify.store import tables as t
from sms_notify.store.outbox import given, given_text
from sms_notify.store.polls import CUT, PAGE, UNREADABLE
from sms_notify.store.sql import Statement, Transaction, among, item, json_set, rows
from sms_notify.store.tables import word

WRONG, LOCKED = "wrong_code", "locked"
"""Results of a reply: it named no code of its sender; and that was once too often."""
WRONG_WITHIN: Micros = 10 * MINUTE
LOCKED_FOR: Micros = HOUR

ReplyKey = tuple[str, str, str]
"""Account, inbound id, phone."""

_r, _m, _q = t.reply, t.message, t.request
_keys, _pairs = rows("keys"), rows("pairs")
_SEEN = Statement(
    select(_r.c.account, _r.c.inbound_id, _r.c.phone).join_from(
        _keys,
        _r,
        and_(
            _r.c.account == item(_keys, 0),
            _r.c.inbound_id == item(_keys, 1),
            _r.c.phone == item(_keys, 2),
        ),
    )
)
_WAITING = Statement(
    select(_q.c.id).where(
        among(_q.c.id, "ids"),
        _q.c.applied_at.is_(None),
        _q.c.outcome.in_([word(PAGE), word(CUT), word(UNREADABLE)]),
    )
)
_WRONG = Statement(
    select(_r.c.phone, _r.c.result, _r.c.at)
    .where(
        among(_r.c.phone, "phones"),
        _r.c.at > given("since"),
        _r.c.result.in_([word(WRONG), word(LOCKED)]),
    )
    .order_by(_r.c.at)
)
_of_phone = and_(_m.c.person == item(_pairs, 0), _m.c.phone == item(_pairs, 1))
_page = t.message.alias("page")
_last_page = (
    select(func.coalesce(func.max(_page.c.queued_at), given("since")))
    .where(
        _page.c.person == item(_pairs, 0),
        _page.c.phone == item(_pairs, 1),
        _page.c.queued_at > given("since"),
        _page.c.kind.in_([word(kind) for kind in sorted(PAGE_KINDS)]),
    )
    .correlate(_pairs)
    .scalar_subquery()
)
_ANSWERED = Statement(
    select(_m.c.phone, func.count())
    .join_from(_pairs, _m, _of_phone)
    .where(_m.c.kind == word("answer"), _m.c.queued_at > given("since"))
    .where(_m.c.queued_at > _last_page)
    .group_by(_m.c.phone)
)
REPLY = Statement(
    insert(_r).values(
        {
            name: given_text(name)
            for name in ("account", "inbound_id", "phone", "text", "person", "action", "result")
        }
        | {name: given(name) for name in ("request", "at")}
    )
)


@dataclass(slots=True)
class Replying:
    """The answer to the question; judging updates it as it decides."""

    seen: dict[ReplyKey, bool] = field(default_factory=dict)
    waiting: dict[int, bool] = field(default_factory=dict)  # pages still to be applied
    wrong: dict[str, list[Micros]] = field(default_factory=dict)  # phone → when
    locked: dict[str, Micros] = field(default_factory=dict)  # phone → since when it is ignored
    answered: dict[str, int] = field(default_factory=dict)  # phone → answers since its last page


def replying(tx: Transaction, wanted: set[Any]) -> Replying:
    """A Question of judging; `wanted` holds `("reply", account, id, phone)`, `("page", request)`,
    `("phone", person, phone, now)`."""
    found = Replying()
    keys = [each[1:] for each in wanted if each[0] == "reply"]
    if keys:
        seen = tx.all(_SEEN, keys=json_set(sorted(keys)))
        found.seen = {(row[0], row[1], row[2]): True for row in seen}
    pages = sorted(each[1] for each in wanted if each[0] == "page")
    found.waiting = {row[0]: True for row in tx.all(_WAITING, ids=json_set(pages))}
    phones = sorted(each[1:] for each in wanted if each[0] == "phone")
    if phones:
        _of_phones(tx, found, phones, max(each[2] for each in phones))
    return found


def _of_phones(tx: Transaction, found: Replying, phones: list[Any], now: Micros) -> None:
    numbers = json_set(sorted({phone for _person, phone, _now in phones}))
    for phone, result, at in tx.all(_WRONG, phones=numbers, since=now - LOCKED_FOR):
        if result == LOCKED:
            found.locked[phone] = at
        elif at > now - WRONG_WITHIN:
            found.wrong.setdefault(phone, []).append(at)
    pairs = json_set([person, phone] for person, phone, _now in phones)
    found.answered = {row[0]: row[1] for row in tx.all(_ANSWERED, pairs=pairs, since=now - DAY)}
