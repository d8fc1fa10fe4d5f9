"""What each person was sent lately, and since when and until when the rest is held."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, cast, func, null, select, union_all

from sms_notify.model import Micros
from sms_notify.store import tables as t
from sms_notify.store.facts import Facts
from sms_notify.store.sql import Statement, Transaction, among, item, json_set, rows
from sms_notify.store.tables import word
from sms_notify.store.waiting import HELD_ON, IS_HELD, LET_GO

_names = rows("names")
_no_moment = cast(null(), BigInteger)
_recent = select(
    t.message.c.person, t.message.c.lane, t.message.c.queued_at, _no_moment, _no_moment
).where(
    among(t.message.c.person, "people"),
    t.message.c.queued_at > bindparam("since", type_=BigInteger),
    t.message.c.state.not_in([word("folded"), word("expired")]),
    t.message.c.lane != word("free"),
)


def _first(moment: Any, which: Any) -> Any:
    """The first entry of an index for each person, however much is held."""
    mine = t.telling.c.person == item(_names, 0)
    return select(func.min(moment)).where(mine, which).correlate(_names).scalar_subquery()


_held = select(
    item(_names, 0),
    cast(null(), Text),
    _first(t.telling.c.at, IS_HELD),
    _first(t.telling.c.hold_until, LET_GO),
    _first(t.telling.c.hold_until, HELD_ON),
)
_PEOPLE = Statement(union_all(_recent, _held))


def people(
    tx: Transaction, wanted: Iterable[str], facts: Facts, now: Micros, memory: Micros
) -> None:
    """Fill `recent` of the last `memory` µs, the newest first, `held_since` and `held_until`."""
    listed = sorted(wanted)
    asked = {"people": json_set(listed), "names": json_set([person] for person in listed)}
    for person, lane, at, let_go, held_on in tx.each(_PEOPLE, **asked, now=now, since=now - memory):
        if lane is not None:
            facts.recent.setdefault((person, lane), []).append(at)
            continue
        oldest = min((each for each in (at, let_go) if each), default=None)
        if oldest:
            facts.held_since[person] = oldest
        if held_on:
            facts.held_until[person] = held_on
    for moments in facts.recent.values():
        moments.sort(reverse=True)  # as a rule they come in the order of their index
