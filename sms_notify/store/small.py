"""What is little or rare, in one journey to the database: counters, codes, circuits, overrides, and
which calls and keys are known already."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from sms_notify.model import Micros
from sms_notify.store import tables as t
from sms_notify.store.facts import Facts, Keys
from sms_notify.store.overrides import override_of
from sms_notify.store.sql import Statement, Transaction, among, item, json_set, rows
from sms_notify.store.tables import word

FREE_CODES = 50


def _number(column: Any) -> Any:
    return cast(column, t.ID)


_none = literal("", Text())
_no_moment, _no_word = cast(null(), BigInteger), cast(null(), Text)
_blank = (_no_moment, _no_moment, _no_word, _no_word)

_free = select(t.code.c.code).where(t.FREE).order_by(t.code.c.code).limit(FREE_CODES).subquery()
_open = select(word("open"), t.gateway.c.account, _number(0), *_blank).where(
    t.gateway.c.circuit == word("open")
)
_o = t.override
_overrides = select(
    word("override"), _o.c.schedule, _o.c.id, _o.c.start_at, _o.c.end_at, _o.c.who, _o.c.instead_of
).where(_o.c.gone_at.is_(None), _o.c.end_at > bindparam("now", type_=BigInteger))
_pairs = rows("pairs")
_known = and_(t.intake.c.source == item(_pairs, 0), t.intake.c.key == item(_pairs, 1))
_calls = select(
    word("call"), t.intake.c.source, _number(0), _no_moment, _no_moment, t.intake.c.key, _no_word
).join_from(_pairs, t.intake, _known)
_once = select(word("once"), t.message.c.once_key, _number(0), *_blank).where(
    among(t.message.c.once_key, "keys")
)
_SMALL = Statement(
    union_all(
        select(word("counter"), t.counter.c.name, _number(t.counter.c.value), *_blank),
        select(word("code"), _none, _number(_free.c.code), *_blank),
        select(word("last_code"), _none, func.coalesce(func.max(t.code.c.code), 9), *_blank),
        _open,
        _overrides,
        _calls,
        _once,
    )
)


def small(tx: Transaction, keys: Keys, facts: Facts, now: Micros) -> None:
    """Fill what the rest of Facts has no statement of its own for."""
    calls, once = json_set(keys.calls), json_set(sorted(keys.once))
    for what, name, number, *more in tx.all(_SMALL, now=now, pairs=calls, keys=once):
        if what == "counter":
            facts.counters[name] = number
        elif what == "code":
            facts.free_codes.append(number)
        elif what == "last_code":
            facts.last_code = number
        elif what == "override":
            facts.overrides[number] = override_of((number, name, *more))
        elif what == "call":
            facts.calls.add((name, more[2]))
        elif what == "once":
            facts.once.add(name)
        else:
            facts.open_circuits.add(name)
    facts.free_codes.sort()
    facts.overrides = dict(sorted(facts.overrides.items()))
