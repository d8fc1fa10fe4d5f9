"""Writing what a batch decided: ends before inserts, keys sorted, one executemany a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import Table, and_, bindparam, delete, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from sms_notify.model import MessageState, Micros, sources_of
from sms_notify.store import tables as t
from sms_notify.store.facts import Audience, Incident, Telling
from sms_notify.store.heartbeats import sign
from sms_notify.store.sql import Row, Statement, Transaction, among, item, json_set, rows
from sms_notify.store.tables import word

Values = dict[str, Any]
V = TypeVar("V")


@dataclass(slots=True)
class Changes:
    """What a batch changes, by table: new rows in the order of their columns, others by name."""

    counters: dict[str, int] = field(default_factory=dict)
    intake: list[Values] = field(default_factory=list)
    new_alerts: dict[int, Row] = field(default_factory=dict)
    ended_alerts: dict[int, Values] = field(default_factory=dict)
    seen_alerts: dict[int, None] = field(default_factory=dict)  # only last_seen moved
    ended_members: set[int] = field(default_factory=set)  # incidents all of whose members ended
    new_incidents: dict[int, Incident] = field(default_factory=dict)
    incidents: dict[int, Values] = field(default_factory=dict)
    seen_incidents: set[int] = field(default_factory=set)  # only last_seen moved
    members: dict[tuple[int, int], None] = field(default_factory=dict)
    codes: dict[int, Values] = field(default_factory=dict)
    freed_codes: dict[int, Micros] = field(default_factory=dict)  # incident → reusable_at
    new_tellings: dict[tuple[int, str, str], Telling] = field(default_factory=dict)
    tellings: dict[tuple[int, str, str], Telling] = field(default_factory=dict)
    again: set[tuple[int, int]] = field(default_factory=set)  # (incident, alert): said again
    audience: dict[tuple[int, str], Audience] = field(default_factory=dict)
    new_messages: dict[int, Values] = field(default_factory=dict)
    moves: dict[int, Values] = field(default_factory=dict)  # id → state, reason, decided_at
    timers: dict[tuple[str, str], Micros | None] = field(default_factory=dict)  # None: delete
    events: list[Row] = field(default_factory=list)
    more: list[tuple[Statement, Values]] = field(default_factory=list)  # in this order, last
    signs: dict[str, Micros] = field(default_factory=dict)  # heartbeat → when; after all else


def _insert(table: Table) -> Statement:
    return Statement(insert(table).values({c.name: bindparam(c.name) for c in table.columns}))


def _insert_own(table: Table) -> Statement:
    names = [c.name for c in table.columns if c.name != "id"]
    return Statement(insert(table).values({name: bindparam(name) for name in names}))


def _replace(table: Table) -> Statement:
    """Insert, or overwrite the row of that key."""
    values: Values = {c.name: bindparam(c.name) for c in table.columns}
    keys = [c.name for c in table.primary_key.columns]
    lite, pg = sqlite.insert(table).values(values), postgresql.insert(table).values(values)
    others = [c.name for c in table.columns if c.name not in keys]
    return Statement(
        {
            "sqlite": lite.on_conflict_do_update(
                index_elements=keys, set_={n: lite.excluded[n] for n in others}
            ),
            "postgresql": pg.on_conflict_do_update(
                index_elements=keys, set_={n: pg.excluded[n] for n in others}
            ),
        }
    )


def _change(table: Table, names: tuple[str, ...], key: tuple[str, ...] = ("id",)) -> Statement:
    found = and_(*[table.c[name] == bindparam(f"of_{name}") for name in key])
    return Statement(update(table).where(found).values({n: bindparam(n) for n in names}))


INCIDENT_CHANGES = (
    "state", "level", "step", "round", "firing", "members", "max_told", "last_seen", "acked_by",
    "acked_at", "muted_until", "ended_at", "end_reason", "version", "stepped_at",
    "rests_until", "waits_from",
    "mutes",
)  # fmt: skip

_COUNTER = _change(t.counter, ("value",), ("name",))
_TOUCH = Statement(update(t.counter).values(value=t.counter.c.value))
_END_ALERT = _change(t.alert, ("ended_at", "unseen", "level", "last_seen"))
_SEEN = Statement(
    update(t.alert)
    .where(among(t.alert.c.id, "ids"), t.alert.c.last_seen < bindparam("now"))
    .values(last_seen=bindparam("now"))
)
_END_MEMBERS = Statement(
    update(t.alert)
    .where(
        t.alert.c.ended_at.is_(None),
        t.alert.c.id.in_(select(t.member.c.alert).where(among(t.member.c.incident, "ids"))),
    )
    .values(ended_at=bindparam("now"), unseen=True)
)
_SEEN_INCIDENT = Statement(
    update(t.incident)
    .where(among(t.incident.c.id, "ids"))
    .values(last_seen=bindparam("now"), version=t.incident.c.version + 1)
)
_INCIDENT = _change(t.incident, INCIDENT_CHANGES)
_FREE_CODE = _change(t.code, ("reusable_at",), ("incident",))
_told = rows("told")
_TELLINGS = Statement(
    update(t.telling)
    .where(
        t.telling.c.incident == item(_told, 0, number=True),
        t.telling.c.person == item(_told, 1),
        t.telling.c.news == item(_told, 2),
    )
    .values(
        verdict=item(_told, 3), reason=item(_told, 4), at=item(_told, 5, number=True),
        message=item(_told, 6, number=True), again=item(_told, 7, number=True),
        hold_until=item(_told, 8, number=True),
    )
)  # fmt: skip
"""Many in one: a digest may carry many thousands of them, and a shared store takes 0.1 ms for each
that is changed alone, while every alert waits for the lock."""
TOLD_AT_ONCE = 5_000
AGAIN_AT_ONCE = 500
"""Pairs, each with a row for everybody who was told. A server that takes more than 5 s for one
statement is cut off (watching.py), and would be each time the same is tried again, for ever: as
with a webhook of 18,000 alerts that twelve people had been told of."""
_pairs = rows("pairs")
_any_incident = func.coalesce(t.telling.c.incident, 0)
"""Found by the alert: PostgreSQL, before it has looked, takes an incident for as small as one."""
_AGAIN = Statement(
    update(t.telling)
    .where(
        tuple_(_any_incident, t.telling.c.alert).in_(
            select(item(_pairs, 0, number=True), item(_pairs, 1, number=True)).select_from(_pairs)
        )
    )
    .values(again=t.telling.c.again + 1)
)
_AUDIENCE = _replace(t.audience)
_CODE = _replace(t.code)
_TIMER = _replace(t.timer)
_NO_TIMER = Statement(
    delete(t.timer).where(t.timer.c.kind == bindparam("kind"), t.timer.c.key == bindparam("key"))
)
_INSERT_INTAKE = _insert(t.intake)
_INSERT_ALERT = _insert(t.alert)
_INSERT_INCIDENT = _insert(t.incident)
_INSERT_MEMBER = _insert(t.member)
_INSERT_TELLING = _insert(t.telling)
_INSERT_MESSAGE = _insert(t.message)
_INSERT_EVENT = _insert_own(t.event)


def _move(target: MessageState) -> Statement:
    allowed = [word(state) for state in (*sources_of(target), target)]  # or decided anew
    return Statement(
        update(t.message)
        .where(t.message.c.id == bindparam("of_id"), t.message.c.state.in_(allowed))
        .values(
            state=word(target),
            reason=bindparam("reason"),
            decided_at=bindparam("decided_at"),
            queued_at=func.coalesce(t.message.c.queued_at, bindparam("queued_at")),
            not_before=bindparam("not_before"),
            expires_at=func.coalesce(bindparam("expires_at"), t.message.c.expires_at),
        )
    )


_MOVES = {
    state: _move(state) for state in (MessageState.queued, MessageState.held, MessageState.folded)
}


def _sorted(table: Mapping[Any, V]) -> list[V]:
    return [table[key] for key in sorted(table)]


def _in_parts(values: Sequence[V], most: int) -> Iterator[Sequence[V]]:
    for start in range(0, len(values), most):
        yield values[start : start + most]


def save(tx: Transaction, changes: Changes, now: Micros) -> None:
    """Write all of it: what ends first, so that a new occurrence finds its unique key free."""
    _save_ends(tx, changes, now)
    _save_new(tx, changes)
    _save_tellings(tx, changes)
    _save_timers(tx, changes)
    tx.rows(_INSERT_EVENT, changes.events)
    for statement, some in groupby(changes.more, key=lambda each: each[0]):
        tx.many(statement, [values for _statement, values in some])
    sign(tx, changes.signs)
    counters = [{"of_name": n, "value": v} for n, v in sorted(changes.counters.items())]
    tx.many(_COUNTER, counters)
    tx.tells = bool(changes.new_messages or changes.moves or changes.timers)


def touch(tx: Transaction) -> None:
    """Write what is there: a commit that says whether it could be stored."""
    tx.run(_TOUCH)


def _save_ends(tx: Transaction, changes: Changes, now: Micros) -> None:
    tx.many(_END_ALERT, _sorted(changes.ended_alerts))
    if changes.ended_members:
        tx.run(_END_MEMBERS, ids=json_set(sorted(changes.ended_members)), now=now)
    if changes.seen_alerts:
        tx.run(_SEEN, ids=json_set(sorted(changes.seen_alerts)), now=now)
    if changes.seen_incidents:
        tx.run(_SEEN_INCIDENT, ids=json_set(sorted(changes.seen_incidents)), now=now)
    tx.many(_INCIDENT, _sorted(changes.incidents))
    freed = sorted(changes.freed_codes.items())
    tx.many(_FREE_CODE, [{"of_incident": incident, "reusable_at": at} for incident, at in freed])
    for state, statement in _MOVES.items():
        moved = [changes.moves[key] for key in sorted(changes.moves)]
        tx.many(statement, [row for row in moved if row["state"] == state])


def _save_new(tx: Transaction, changes: Changes) -> None:
    tx.many(_INSERT_INTAKE, changes.intake)
    tx.rows(_INSERT_ALERT, _sorted(changes.new_alerts))
    opened = _sorted(changes.new_incidents)
    tx.rows(_INSERT_INCIDENT, [row[:-1] for row in opened])  # its code has a table of its own
    tx.rows(_INSERT_MEMBER, sorted(changes.members))
    tx.many(_INSERT_MESSAGE, _sorted(changes.new_messages))
    tx.many(_CODE, _sorted(changes.codes))


def _save_tellings(tx: Transaction, changes: Changes) -> None:
    for some in _in_parts(sorted(changes.again), AGAIN_AT_ONCE):
        tx.run(_AGAIN, pairs=json_set(some))
    for told in _in_parts(_sorted(changes.tellings), TOLD_AT_ONCE):
        rows_of = [
            (one.incident, one.person, one.news, one.verdict, one.reason, one.at, one.message,
             one.again, one.hold_until)
            for one in told
        ]  # fmt: skip
        tx.run(_TELLINGS, told=json_set(rows_of))
    tx.rows(_INSERT_TELLING, _sorted(changes.new_tellings))
    tx.rows(_AUDIENCE, _sorted(changes.audience))


def _save_timers(tx: Transaction, changes: Changes) -> None:
    """In the order of their keys whether they are set or go: so does whoever settles sends."""
    in_order = sorted(changes.timers.items())
    for goes, some in groupby(in_order, key=lambda each: each[1] is None):
        if goes:
            tx.many(_NO_TIMER, [{"kind": kind, "key": key} for (kind, key), _due in some])
        else:
            tx.rows(_TIMER, [(kind, key, due) for (kind, key), due in some])
