"""What waits for people: news that is held, and messages that have not left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    union_all,
)

from sms_notify.model import Level, Micros
from sms_notify.store import tables as t
from sms_notify.store.engine import Store
from sms_notify.store.facts import Facts, Keys, Telling, Unsent, Waiting
from sms_notify.store.shared import Same, places, shared
from sms_notify.store.sql import Row, Statement, Transaction, among, json_set
from sms_notify.store.stories import in_full
from sms_notify.store.tables import word

SAMPLE = 8
"""Alerts kept in full for each name in a digest; the others are only counted."""

_now: Any = bindparam("now", type_=BigInteger)
_untold = t.telling.c.message.is_(None)
IS_HELD = and_(t.telling.c.verdict == word("held"), _untold, t.telling.c.hold_until.is_(None))
LET_GO = and_(_untold, t.telling.c.hold_until <= _now)
HELD_ON = and_(_untold, t.telling.c.hold_until > _now)

_sample = (
    select(func.min(t.member.c.alert))
    .where(t.member.c.incident == t.telling.c.incident)
    .scalar_subquery()
)
_WAITING = (
    select(
        *[t.telling.c[name] for name in Telling._fields],
        func.coalesce(t.alert.c.name, t.incident.c.name),
        func.coalesce(t.alert.c.level, t.incident.c.level),
        or_(t.incident.c.ended_at.is_not(None), t.alert.c.ended_at.is_not(None)),
        t.incident.c.state == word("acknowledged"),
        func.coalesce(t.telling.c.alert, _sample),
    )
    .join(t.incident, t.incident.c.id == t.telling.c.incident)
    .outerjoin(t.alert, t.alert.c.id == t.telling.c.alert)
)
_HELD = Statement(  # two indexes; what is held until later is in neither range
    union_all(
        _WAITING.where(among(t.telling.c.person, "people"), IS_HELD),
        _WAITING.where(among(t.telling.c.person, "people"), LET_GO),
    )
)
_IN_MESSAGES = Statement(_WAITING.where(among(t.telling.c.message, "ids")))
_not_sent = t.message.alias("not_sent")


def _not_sent_in(state: str) -> Select[tuple[int]]:
    """No index by `|| ''`: SQLite may look through all that the person was ever sent, and what is
    in one of these states has an index of its own and is little."""
    person = _not_sent.c.person.concat("")
    return select(_not_sent.c.id).where(_not_sent.c.state == word(state), among(person, "people"))


_UNSENT = Statement(
    select(*[t.message.c[name] for name in Unsent.__slots__])
    .where(
        t.message.c.id.in_(union_all(_not_sent_in("queued"), _not_sent_in("held"))),
        t.message.c.state.in_([word("queued"), word("held")]),  # still, once the row is locked
    )
    .order_by(t.message.c.id)
    .with_for_update(skip_locked=True)  # a sender may be claiming it (PostgreSQL)
)


_count = select(t.telling.c.person, func.count()).group_by(t.telling.c.person)
_HELD_PIECES = Statement(union_all(_count.where(IS_HELD), _count.where(LET_GO)))
_inside = (
    select(func.count())
    .where(t.telling.c.message == t.message.c.id)
    .correlate(t.message)
    .scalar_subquery()
)
_unsent = select(t.message.c.person, _inside)
_UNSENT_PIECES = Statement(  # not by person: SQLite would look through all that was ever sent
    union_all(*[_unsent.where(t.message.c.state == word(state)) for state in ("queued", "held")])
)

_WAITING_ALIKE = places((*Telling._fields, "name"), "person", "verdict", "reason", "at", "name")
_UNSENT_ALIKE = places(
    Unsent.__slots__, "person", "phone", "kind", "lane", "state", "decided_at", "reason"
)


def waiting(tx: Transaction, keys: Keys, facts: Facts, now: Micros) -> None:
    """The held news and unsent messages of the people that are judged again."""
    people = json_set(sorted(keys.waiting))
    same: Same = {}
    found = [_one_waiting(row, same) for row in tx.each(_HELD, people=people, now=now)]
    for row in tx.each(_UNSENT, people=people):
        unsent = _one_unsent(row, same)
        facts.unsent.setdefault(unsent.person, []).append(unsent)
    ids = [unsent.id for some in facts.unsent.values() for unsent in some]
    if ids:
        inside = tx.each(_IN_MESSAGES, ids=json_set(ids))
        found += [_one_waiting(row, same) for row in inside]
    for news in found:
        facts.waiting.setdefault(news.telling.person, []).append(news)
    in_full(tx, facts, _samples(found, keys.labels))


def pieces(store: Store, now: Micros) -> dict[str, int]:
    """How much waits for each person: what would be loaded to judge them again."""
    found: dict[str, int] = {}
    with store.reading() as tx:
        for person, number in (*tx.all(_HELD_PIECES, now=now), *tx.all(_UNSENT_PIECES)):
            found[person] = found.get(person, 0) + number
    return found


def _one_waiting(row: Row, same: Same) -> Waiting:
    values = shared(row, _WAITING_ALIKE, same)
    name, level, ended, acked, sample = values[-5:]
    telling = Telling._make(values[:-5])
    return Waiting(telling, name, Level(level), bool(ended), bool(acked), sample)


def _one_unsent(row: Row, same: Same) -> Unsent:
    values = shared(row, _UNSENT_ALIKE, same)
    values[5] = Level(values[5])
    return Unsent(*values)


def _samples(found: Iterable[Waiting], whole: set[str]) -> set[int]:
    """The alerts to show: at most SAMPLE for each person, name and level; all for `whole`."""
    seen: dict[tuple[str, str, Level], set[int]] = {}
    for news in found:
        some = seen.setdefault((news.telling.person, news.name, news.level), set())
        shown = not news.ended or news.telling.news == "end"
        room = len(some) < SAMPLE or news.telling.person in whole
        if news.sample is not None and shown and room:
            some.add(news.sample)
    return {alert for some in seen.values() for alert in some}
