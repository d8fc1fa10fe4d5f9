"""A clock that was set back: what waits for a moment of the old clock would wait an hour too long.

Once a minute the moment is noted in the store. Who finds a later one there than its own moves
everything that waits by the difference, and notes its own: so it is done once, by whoever comes
first, also after a restart.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, case, select, update
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite takes the same words

from sms_notify.model import DAY, SECOND, MessageState, Micros
from sms_notify.store import tables as t
from sms_notify.store.outbox import given, in_state
from sms_notify.store.sql import Statement, Transaction
from sms_notify.store.tables import word
from sms_notify.store.timers import of_no_wall_clock

BACK: Micros = 10 * SECOND
"""A moment that is less than this in the future is another machine's, not another time."""

_name = t.counter.c.name == word("moment")
_NOTED = Statement(select(t.counter.c.value).where(_name).with_for_update())
_NOTE = Statement(update(t.counter).where(_name).values(value=given("now")))
_FIRST = Statement(
    upsert(t.counter).values(name=word("moment"), value=given("now")).on_conflict_do_nothing()
)


def _moved(column: Column[Any], *conditions: ColumnElement[bool]) -> Statement:
    """What lay ahead when the old clock was last noted lies as far ahead now; the rest is due."""
    moved = case((column > given("noted"), column - given("by")), else_=given("now"))
    return Statement(
        update(column.table).where(column > given("now"), *conditions).values({column: moved})
    )


def _ahead(column: Column[Any], *conditions: ColumnElement[bool]) -> Statement:
    """The same, but what was set by the new clock meanwhile stays."""
    where = (column > given("noted"), *conditions)
    return Statement(update(column.table).where(*where).values({column: column - given("by")}))


def _past(column: Column[Any], *conditions: ColumnElement[bool]) -> Statement:
    """What was past by the old clock is so long past by the new one, too: waits count from it."""
    return Statement(
        update(column.table)
        .where(column > given("now"), *conditions)
        .values({column: column - given("by")})
    )


_i = t.incident
_open = _i.c.ended_at.is_(None)
_m, _r, _g = t.message, t.request, t.gateway
_queued = in_state(MessageState.queued)
_MOVES = (
    _past(t.telling.c.at, t.telling.c.incident.in_(select(_i.c.id).where(_open))),
    _past(_i.c.waits_from, _open),
    _past(_i.c.stepped_at, _open),
    _past(_m.c.sent_at, _m.c.queued_at > given("now") - DAY),
    _moved(_m.c.not_before, _queued),
    _ahead(_m.c.check_at, _m.c.state.in_([word("sent"), word("uncertain")])),
    _ahead(_m.c.expires_at, _queued),
    _ahead(_r.c.lease_until, _r.c.ended_at.is_(None)),
    _moved(_g.c.probe_at),
    _moved(_g.c.balance_due),
    _moved(t.turn.c.until),
    _moved(t.turn.c.polled_at),
    _moved(t.turn.c.poll_at),
    _ahead(t.timer.c.due_at, of_no_wall_clock),
    _moved(t.heartbeat.c.due_at),
    _ahead(t.job.c.next_at, t.job.c.ended_at.is_(None)),
    _ahead(t.job.c.lease_until, t.job.c.ended_at.is_(None)),
)


def note(tx: Transaction, now: Micros) -> Micros:
    """Note the moment; by how much the clock was set back since another was noted, mostly 0."""
    row = tx.one(_NOTED)
    if row is None:
        tx.run(_FIRST, now=now)
        return 0
    noted: Micros = row[0]
    tx.run(_NOTE, now=now)
    if noted <= now + BACK:
        return 0
    for statement in _MOVES:
        tx.run(statement, now=now, noted=noted, by=noted - now)
    return noted - now
