"""Reading the store for people: messages, incidents and decisions as they may be shown outside.

Phones leave this module masked, moments as local time with its offset. Lists come latest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    bindparam,
    cast,
    literal_column,
    select,
)

from sms_notify.model import IncidentState, Level, MessageState, Micros, mask_phone
from sms_notify.store import tables as t
from sms_notify.store.engine import Store
from sms_notify.store.shown import (
    AlertShown,
    EventShown,
    IncidentShown,
    MessageShown,
    TellingShown,
)
from sms_notify.store.sql import Row, Statement, Transaction, among, json_set
from sms_notify.store.summing import Sums, sums

MOST = 1000
"""The longest list that is read at once."""

MOST_OF_ONE = 500
"""So many alerts, decisions and events of one incident are shown."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages; None does not filter. `before` is an id: the page after the last one."""

    state: MessageState | None = None
    person: str | None = None
    incident: int | None = None
    before: int | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents; None does not filter."""

    state: IncidentState | None = None
    before: int | None = None
    limit: int = 100


class Reader:
    """Asks the store; each method raises StoreUnavailable when that cannot be read."""

    def __init__(self, store: Store, zone: ZoneInfo) -> None:
        self._store = store
        self._zone = zone

    @property
    def zone(self) -> ZoneInfo:
        """In which times are shown."""
        return self._zone

    def sums(self, span: Micros) -> tuple[Micros, Sums]:
        """Since when, and what became of all messages since then."""
        since = self._store.now() - span
        return since, sums(self._store, since)

    def messages(self, wanted: MessageFilter) -> list[MessageShown]:
        """The messages that match, the latest first, each with its history."""
        with self._store.reading() as tx:
            rows = tx.all(_messages(wanted.state, _given(wanted)), **_values(wanted))
            return self._messages(tx, rows)

    def message(self, number: int) -> MessageShown | None:
        """One message by its id."""
        with self._store.reading() as tx:
            rows = tx.all(_MESSAGE, ids=json_set([number]))
            return next(iter(self._messages(tx, rows)), None)

    def messages_by_id(self, numbers: Iterable[int]) -> list[MessageShown]:
        """These messages, in the order of their ids."""
        with self._store.reading() as tx:
            return self._messages(tx, tx.all(_MESSAGE, ids=json_set(numbers)))

    def incidents(self, wanted: IncidentFilter) -> list[IncidentShown]:
        """The incidents that match, the latest first."""
        with self._store.reading() as tx:
            rows = tx.all(_incidents(wanted.state, _given(wanted)), **_values(wanted))
            return [self._incident(row) for row in rows]

    def incident(self, code_or_id: int) -> IncidentShown | None:
        """The incident that has this code, else the one with this id, with all that was decided."""
        with self._store.reading() as tx:
            row = tx.one(_INCIDENT_BY_CODE, number=code_or_id)
            row = row or tx.one(_INCIDENT_BY_ID, number=code_or_id)
            return None if row is None else self._whole_incident(tx, row)

    def source_words(self) -> list[dict[str, str]]:
        """The labels of the latest alerts, for `check`: which level words are in use."""
        import orjson

        with self._store.reading() as tx:
            return [orjson.loads(row[0]) for row in tx.all(_LABELS)]

    def _messages(self, tx: Transaction, rows: Sequence[Row]) -> list[MessageShown]:
        events: dict[int, list[EventShown]] = {}
        for about, at, what, detail in self._events(tx, "message", [row[0] for row in rows]):
            events.setdefault(about, []).append(EventShown(self._at(at), what, detail))
        return [self._message(row, tuple(events.get(row[0], ()))) for row in rows]

    def _message(self, row: Row, events: tuple[EventShown, ...]) -> MessageShown:
        said = dict(zip(_MESSAGE_NAMES, row, strict=True))
        return MessageShown(
            **said
            | {
                "level": Level(said["level"]).name,
                "phone": mask_phone(said["phone"]),
                "decided_at": self._at(said["decided_at"]),
                "queued_at": self._at_or_none(said["queued_at"]),
                "sent_at": self._at_or_none(said["sent_at"]),
                "events": events,
            }
        )

    def _incident(self, row: Row, **more: Any) -> IncidentShown:
        said = dict(zip(_INCIDENT_NAMES, row, strict=True))
        moments = ("opened_at", "last_seen", "answer_until", "acknowledged_at", "ended_at")
        shown: dict[str, Any] = {name: self._at_or_none(said[name]) for name in moments}
        shown |= {"step": said["step"] + 1, "round": min(said["round"] + 1, said["rounds"])}
        return IncidentShown(**said | shown | {"level": Level(said["level"]).name} | more)

    def _whole_incident(self, tx: Transaction, row: Row) -> IncidentShown:
        number = row[0]
        events = self._events(tx, "incident", [number])
        return self._incident(
            row,
            alerts=tuple(
                AlertShown(name, Level(level).name, said, self._at(start), self._at_or_none(end))
                for name, level, said, start, end in tx.all(_ALERTS, number=number)
            ),
            tellings=tuple(self._telling(telling) for telling in tx.all(_TELLINGS, number=number)),
            events=tuple(EventShown(self._at(at), what, detail) for _, at, what, detail in events),
        )

    def _telling(self, row: Row) -> TellingShown:
        person, news, verdict, reason, at, message, again, hold_until = row
        until = None if message is not None else self._at_or_none(hold_until)
        return TellingShown(person, news, verdict, reason, self._at(at), message, again, until)

    def _events(self, tx: Transaction, about: str, numbers: Sequence[int]) -> list[Row]:
        return tx.all(_EVENTS, about=about, ids=json_set(numbers)) if numbers else []

    def _at(self, moment: Micros) -> str:
        return local_time(moment, self._zone)

    def _at_or_none(self, moment: Micros | None) -> str | None:
        return None if moment is None else self._at(moment)


def local_time(moment: Micros, zone: ZoneInfo) -> str:
    """`2026-11-22T21:01:56+08:00`."""
    at = (_EPOCH + timedelta(microseconds=moment)).astimezone(zone)
    return at.isoformat(timespec="seconds")


def _given(wanted: MessageFilter | IncidentFilter) -> frozenset[str]:
    names = {each.name for each in fields(wanted)} - {"limit", "state"}
    return frozenset(name for name in names if getattr(wanted, name) is not None)


def _values(wanted: MessageFilter | IncidentFilter) -> dict[str, Any]:
    given = {name: getattr(wanted, name) for name in _given(wanted)}
    return {**given, "limit": max(1, min(wanted.limit, MOST))}


_MESSAGE_COLUMNS: dict[str, ColumnElement[Any]] = {
    each.name: t.message.c[each.name]
    for each in fields(MessageShown)
    if each.name not in ("code", "events")
}
_MESSAGE_NAMES = (*_MESSAGE_COLUMNS, "code")
_RENAMED = {"acknowledged_by": "acked_by", "acknowledged_at": "acked_at"}
_answer_until = (
    select(t.timer.c.due_at)
    .where(t.timer.c.kind == t.word("step"), t.timer.c.key == cast(t.incident.c.id, Text()))
    .scalar_subquery()
)
_INCIDENT_COLUMNS: dict[str, ColumnElement[Any]] = {
    each.name: _answer_until
    if each.name == "answer_until"
    else t.incident.c[_RENAMED.get(each.name, each.name)]
    for each in fields(IncidentShown)
    if each.name not in ("code", "alerts", "tellings", "events")
}
_INCIDENT_NAMES = (*_INCIDENT_COLUMNS, "code")

_ANY_MESSAGE = select(*_MESSAGE_COLUMNS.values(), t.code.c.code).outerjoin_from(
    t.message, t.code, t.code.c.incident == t.message.c.incident
)
_ANY_INCIDENT = select(*_INCIDENT_COLUMNS.values(), t.code.c.code).outerjoin_from(
    t.incident, t.code, t.code.c.incident == t.incident.c.id
)


@lru_cache(maxsize=128)
def _messages(state: MessageState | None, given: frozenset[str]) -> Statement:
    """One statement for each combination of filters, so that each can use its index."""
    chosen = _ANY_MESSAGE
    if state is not None:
        chosen = chosen.where(t.message.c.state == t.word(state))
    if "person" in given:
        chosen = chosen.where(t.message.c.person == bindparam("person", type_=Text()))
    if "incident" in given:
        chosen = chosen.where(t.message.c.incident == bindparam("incident", type_=BigInteger()))
    number: ColumnElement[int] = t.message.c.id
    if state in (MessageState.held, MessageState.queued):
        # a plain id would be walked through for its order, past a million rows of other states
        number = number + literal_column("0")
    return _latest(chosen, number, given)


@lru_cache(maxsize=32)
def _incidents(state: IncidentState | None, given: frozenset[str]) -> Statement:
    chosen = _ANY_INCIDENT
    if state is not None:
        chosen = chosen.where(t.incident.c.state == t.word(state))
    if state in (IncidentState.open, IncidentState.acknowledged):
        chosen = chosen.where(t.incident.c.ended_at.is_(None))
    return _latest(chosen, t.incident.c.id, given)


def _latest(chosen: Select[Any], number: ColumnElement[int], given: frozenset[str]) -> Statement:
    if "before" in given:
        chosen = chosen.where(number < bindparam("before", type_=BigInteger()))
    return Statement(chosen.order_by(number.desc()).limit(bindparam("limit", type_=BigInteger())))


_number: Any = bindparam("number", type_=BigInteger())
_MESSAGE = Statement(_ANY_MESSAGE.where(among(t.message.c.id, "ids")).order_by(t.message.c.id))
_INCIDENT_BY_CODE = Statement(_ANY_INCIDENT.where(t.code.c.code == _number))
_INCIDENT_BY_ID = Statement(_ANY_INCIDENT.where(t.incident.c.id == _number))
_EVENTS = Statement(
    select(t.event.c.about_id, t.event.c.at, t.event.c.what, t.event.c.detail)
    .where(t.event.c.about == bindparam("about", type_=Text()), among(t.event.c.about_id, "ids"))
    .order_by(t.event.c.id)
    .limit(MOST * 10)
)
_ALERTS = Statement(
    select(
        t.alert.c.name,
        t.alert.c.level,
        t.alert.c.summary,
        t.alert.c.starts_at,
        t.alert.c.ended_at,
    )
    .join_from(t.member, t.alert, t.alert.c.id == t.member.c.alert)
    .where(t.member.c.incident == _number)
    .order_by(t.alert.c.level.desc(), t.alert.c.id)
    .limit(MOST_OF_ONE)
)
_TELLINGS = Statement(
    select(
        t.telling.c.person,
        t.telling.c.news,
        t.telling.c.verdict,
        t.telling.c.reason,
        t.telling.c.at,
        t.telling.c.message,
        t.telling.c.again,
        t.telling.c.hold_until,
    )
    .where(t.telling.c.incident == _number)
    .order_by(t.telling.c.at, t.telling.c.person, t.telling.c.news)
    .limit(MOST_OF_ONE)
)
_LABELS = Statement(select(t.alert.c.labels).order_by(t.alert.c.id.desc()).limit(2 * MOST))
