"""What became of all messages of a time, in few lines: how they ended, why, and what was done."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, literal_column, or_, select

from sms_notify.model import Micros
from sms_notify.store import tables as t
from sms_notify.store.engine import Store
from sms_notify.store.outbox import LOST, given
from sms_notify.store.sql import Statement
from sms_notify.store.tables import word

MOST_EVENTS = 200
"""So many changes of the gateways are listed, the latest."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Messages that stand alike. `sent_again`: sends after the first that may have been taken."""

    state: str
    reason: str
    gateway: str
    messages: int
    sms: int
    sent_again: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Requests of one kind that ended alike; `messages` went with them."""

    gateway: str
    host: str
    outcome: str
    why: str
    requests: int


@dataclass(frozen=True, slots=True)
class Did:
    """What happened to messages on the way, beside being claimed and sent."""

    what: str
    times: int


@dataclass(frozen=True, slots=True)
class Turned:
    """A change of a gateway: down, up, topped_up, forbidden_word, …"""

    at: Micros
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class Sums:
    """All of it, since a moment."""

    messages: tuple[Ended, ...]
    requests: tuple[Asked, ...]
    done: tuple[Did, ...]
    gateways: tuple[Turned, ...]

    @property
    def total(self) -> int:
        return sum(each.messages for each in self.messages)


_m, _r, _e = t.message, t.request, t.event
_empty: ColumnElement[str] = literal_column("''")
_ORDINARY = [word(each) for each in ("queued", "claimed", "sent", "delivered", "late")]
_may_be_taken = or_(
    _r.c.outcome.is_(None),
    _r.c.outcome.in_([word(each) for each in ("accepted", "uncertain", LOST)]),
)
_sends = (
    select(func.count())
    .select_from(t.attempt.join(_r, _r.c.id == t.attempt.c.request))
    .where(t.attempt.c.message == _m.c.id, _may_be_taken)
    .correlate(_m)
    .scalar_subquery()
)
_once = _m.c.resent + _m.c.orphaned == literal_column("0")
_again = case((_once, literal_column("0")), (_sends > 1, _sends - 1), else_=literal_column("0"))
"""Asked only of the few of which a send was without an answer: that nobody knows what became of it
does not mean that there was another."""
_ended_as = (_m.c.state, func.coalesce(_m.c.reason, _empty), func.coalesce(_m.c.gateway, _empty))
_MESSAGES = Statement(
    select(*_ended_as, func.count(), func.sum(_m.c.segments), func.sum(_again))
    .where(func.coalesce(_m.c.queued_at, _m.c.decided_at) >= given("since"))
    .group_by(*_ended_as)
)
_taken = _r.c.outcome == word("accepted")
_said = case(
    (and_(_taken, _r.c.answer.like(literal_column("'%)'"))), word("failover")),
    (and_(_taken, _r.c.answer.like(literal_column("'said_already%'"))), word("said_already")),
    (_taken, _empty),
    else_=func.coalesce(_r.c.answer, _empty),
)
"""What was taken after other hosts could not be reached names them at its end."""
_came_to = (
    _r.c.gateway,
    func.coalesce(_r.c.host, _empty),
    func.coalesce(_r.c.outcome, word("open")),
    _said,
)
_REQUESTS = Statement(
    select(*_came_to, func.count())
    .where(_r.c.started_at >= given("since"), _r.c.kind == word("send"))
    .group_by(*_came_to)
)
_DONE = Statement(
    select(_e.c.what, func.count())
    .where(_e.c.about == word("message"), _e.c.at >= given("since"), _e.c.what.not_in(_ORDINARY))
    .group_by(_e.c.what)
)
_TURNS = Statement(
    select(_e.c.at, _e.c.what, _e.c.detail)
    .where(_e.c.about == word("gateway"), _e.c.at >= given("since"))
    .order_by(_e.c.id.desc())
    .limit(MOST_EVENTS)
)


def sums(store: Store, since: Micros) -> Sums:
    """Everything since then. Raises StoreUnavailable."""
    with store.reading() as tx:
        messages = [Ended(*row[:3], *map(int, row[3:])) for row in tx.all(_MESSAGES, since=since)]
        requests = _requests(tx.all(_REQUESTS, since=since))
        done = [Did(row[0], int(row[1])) for row in tx.all(_DONE, since=since)]
        turns = [Turned(*row) for row in tx.all(_TURNS, since=since)]
    return Sums(
        messages=tuple(sorted(messages, key=lambda each: (-each.messages, each.state))),
        requests=requests,
        done=tuple(sorted(done, key=lambda each: (-each.times, each.what))),
        gateways=tuple(reversed(turns)),
    )


def _requests(rows: list[tuple[str, str, str, str, int]]) -> tuple[Asked, ...]:
    """Of an answer only the word for what happened counts: the rest differs from case to case."""
    counts: dict[tuple[str, str, str, str], int] = {}
    for gateway, host, outcome, said, times in rows:
        key = (gateway, host, outcome, said.partition(" ")[0])
        counts[key] = counts.get(key, 0) + int(times)
    return tuple(Asked(*key, requests=times) for key, times in sorted(counts.items()))
