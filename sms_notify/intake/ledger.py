"""The Ledger: the facts of one batch, updated by every decision, so that judging is one argument.

Every change goes through `_put`, which remembers what stood there: an input that raises is undone
to its mark and leaves nothing behind. `changes()` turns what is left into rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import orjson

from sms_notify.model import DAY, Alert, Lane, Level, Micros
from sms_notify.store.facts import (
    Audience,
    Facts,
    Incident,
    Occurrence,
    Telling,
    Unsent,
    Waiting,
)
from sms_notify.store.saving import INCIDENT_CHANGES, TELLING_CHANGES, TELLING_KEY, Changes
from sms_notify.store.sql import Statement

K = TypeVar("K")
V = TypeVar("V")

_ABSENT: Any = object()
HIGHEST_CODE = 99_999
CODE_RESTS: Micros = 7 * DAY
"""A code is given again this long after its incident ended (on-call rules, answers by SMS)."""

Pair = tuple[str, str]
TellingKey = tuple[int, str, str]


class Ledger:
    """What is known inside one judging transaction."""

    def __init__(self, facts: Facts, now: Micros) -> None:
        self.facts = facts
        self.now = now
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []
        self._numbers: dict[str, int] = dict(facts.counters)
        self._numbers["code"] = 0
        self._open = {
            found.group_key: found.id for found in facts.incidents.values() if not found.ended_at
        }
        self._incidents_of: dict[int, tuple[int, ...]] = {}
        for incident, alert in sorted(facts.members):
            self._incidents_of[alert] = (*self._incidents_of.get(alert, ()), incident)
        self._intake: dict[int, dict[str, Any]] = {}
        self._new_alerts: dict[int, Alert] = {}
        self._changed_alerts: dict[int, Occurrence] = {}
        self._seen: dict[int, None] = {}
        self._new_incidents: dict[int, None] = {}
        self._changed_incidents: dict[int, None] = {}
        self._members: dict[tuple[int, int], None] = {}
        self._ended_members: dict[int, None] = {}
        self._codes: dict[int, dict[str, Any]] = {}
        self._freed: dict[int, Micros] = {}
        self._new_tellings: dict[TellingKey, None] = {}
        self._changed_tellings: dict[TellingKey, None] = {}
        self._again: dict[tuple[int, int], int] = {}
        self._changed_audience: dict[tuple[int, str], None] = {}
        self._messages: dict[int, dict[str, Any]] = {}
        self._moves: dict[int, dict[str, Any]] = {}
        self._timers: dict[tuple[str, str], Micros | None] = {}
        self._events: dict[int, dict[str, Any]] = {}
        self._more: dict[int, tuple[Statement, dict[str, Any]]] = {}

    # -- undoing -------------------------------------------------------------------------------

    def mark(self) -> int:
        """A point to come back to."""
        return len(self._undo)

    def back_to(self, mark: int) -> None:
        """Forget every change since `mark`."""
        while len(self._undo) > mark:
            table, key, old = self._undo.pop()
            if old is _ABSENT:
                del table[key]
            else:
                table[key] = old

    def _put(self, table: dict[K, V], key: K, value: V) -> None:
        self._undo.append((table, key, table.get(key, _ABSENT)))
        table[key] = value

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        """Change one of the facts that an input asked for itself; undone like everything else."""
        self._put(table, key, value)

    def write(self, statement: Statement, **values: Any) -> None:
        """Run a statement of one's own with all else of this batch, after it, in this order."""
        self._put(self._more, len(self._more), (statement, values))

    def _next(self, name: str) -> int:
        self._put(self._numbers, name, self._numbers.get(name, 0) + 1)
        return self._numbers[name]

    # -- calls ---------------------------------------------------------------------------------

    def knows_call(self, source: str, key: str) -> bool:
        return (source, key) in self.facts.calls or any(
            row["source"] == source and row["key"] == key for row in self._intake.values()
        )

    def note_call(
        self, source: str, key: str | None, called_at: Micros, problem: str | None, body: bytes
    ) -> None:
        """Remember a call: for its key, or because something in it is bad (then with its body)."""
        row = {
            "source": source,
            "key": key,
            "called_at": called_at,
            "received_at": self.now,
            "status": "bad" if problem else "ok",
            "problem": problem,
            "body": body if problem else None,
        }
        number = self._next("intake")
        self._put(self._intake, number, {"id": number, **row})

    # -- occurrences ---------------------------------------------------------------------------

    def occurrence(self, source: str, fingerprint: str) -> Occurrence | None:
        """The latest occurrence of this thing, firing or ended."""
        return self.facts.occurrences.get((source, fingerprint))

    def begin(self, alert: Alert, starts_at: Micros) -> Occurrence:
        """A new occurrence; `alert` is kept as its text."""
        found = Occurrence(
            self._next("alert"), alert.source, alert.fingerprint, starts_at, alert.ended_at,
            False, alert.level, self.now,
        )  # fmt: skip
        self._put(self.facts.occurrences, (alert.source, alert.fingerprint), found)
        self._put(self._new_alerts, found.id, alert)
        self._put(self.facts.alerts, found.id, alert)
        return found

    def end(self, found: Occurrence, ended_at: Micros, *, unseen: bool = False) -> Occurrence:
        """The occurrence is over; `unseen`: nobody told us so."""
        ended = replace(found, ended_at=max(ended_at, found.starts_at), unseen=unseen)
        return self._change_occurrence(replace(ended, last_seen=self.now))

    def raise_level(self, found: Occurrence, level: Level) -> Occurrence:
        return self._change_occurrence(replace(found, level=level, last_seen=self.now))

    def _change_occurrence(self, found: Occurrence) -> Occurrence:
        self._put(self.facts.occurrences, (found.source, found.fingerprint), found)
        self._put(self._changed_alerts, found.id, found)
        return found

    def seen(self, found: Occurrence) -> None:
        """It still fires."""
        self._put(self._seen, found.id, None)

    def end_members(self, incident: int) -> None:
        """All firing members are over, and nobody told us when (`unseen`)."""
        self._put(self._ended_members, incident, None)
        for found in list(self.facts.occurrences.values()):
            if found.ended_at is None and incident in self.incidents_of(found.id):
                self.end(found, self.now, unseen=True)

    def alert(self, number: int) -> Alert | None:
        """The full alert, where it was loaded."""
        return self.facts.alerts.get(number)

    # -- incidents -----------------------------------------------------------------------------

    def open_incident(self, group_key: str) -> Incident | None:
        number = self._open.get(group_key)
        return self.facts.incidents[number] if number else None

    def incident(self, number: int) -> Incident | None:
        return self.facts.incidents.get(number)

    def add_incident(self, row: Incident) -> Incident:
        """A new incident (its id and code are given here)."""
        number = self._next("incident")
        code = self._give_code(incident=number) if row.ended_at is None else None
        made = replace(row, id=number, code=code)
        self._put(self.facts.incidents, number, made)
        self._put(self._new_incidents, number, None)
        if made.ended_at is None:
            self._put(self._open, made.group_key, number)
        return made

    def change_incident(self, number: int, **values: Any) -> Incident:
        """Some columns of an incident; each change raises its version."""
        old = self.facts.incidents[number]
        new = replace(old, version=old.version + 1, **values)
        self._put(self.facts.incidents, number, new)
        if number not in self._new_incidents:
            self._put(self._changed_incidents, number, None)
        if new.ended_at is not None and self._open.get(new.group_key) == number:
            self._put(self._open, new.group_key, 0)
            self._put(self._freed, number, self.now + CODE_RESTS)
        return new

    def incidents_of(self, alert: int) -> tuple[int, ...]:
        """The open incidents this occurrence is a member of."""
        return self._incidents_of.get(alert, ())

    def join(self, incident: int, alert: int) -> bool:
        """Make the occurrence a member; False if it is one already."""
        known = self._incidents_of.get(alert, ())
        if incident in known:
            return False
        self._put(self._incidents_of, alert, (*known, incident))
        self._put(self._members, (incident, alert), None)
        return True

    def _give_code(self, **holder: int) -> int | None:
        """The shortest free code, or None if all are taken."""
        index = self._numbers["code"]
        free = self.facts.free_codes
        code = free[index] if index < len(free) else self.facts.last_code + 1 + index - len(free)
        if code > HIGHEST_CODE:
            return None
        self._put(self._numbers, "code", index + 1)
        row = {"code": code, "incident": None, "message": None, "given_at": self.now}
        self._put(self._codes, code, {**row, "reusable_at": None, **holder})
        return code

    # -- tellings ------------------------------------------------------------------------------

    def telling(self, incident: int, person: str, news: str) -> Telling | None:
        return self.facts.tellings.get((incident, person, news))

    def tell(self, row: Telling) -> None:
        """Write what was decided about one person and one piece of news."""
        key = (row.incident, row.person, row.news)
        known = key in self.facts.tellings
        self._put(self.facts.tellings, key, row)
        if not known:
            self._put(self._new_tellings, key, None)
        elif key not in self._new_tellings:
            self._put(self._changed_tellings, key, None)

    def retell(self, row: Telling, **values: Any) -> None:
        """Change a telling that was loaded as waiting."""
        key = (row.incident, row.person, row.news)
        self._put(self.facts.tellings, key, replace(row, **values))
        if key not in self._new_tellings:
            self._put(self._changed_tellings, key, None)

    def said_again(self, incident: int, alert: int) -> None:
        """A duplicate: counted on the tellings of that news."""
        key = (incident, alert)
        self._put(self._again, key, self._again.get(key, 0) + 1)

    def heard(self, incident: int, person: str) -> Audience | None:
        return self.facts.audience.get((incident, person))

    def audience(self, incident: int) -> list[Audience]:
        """Everybody who was told, or is to be told, of this incident."""
        rows = self.facts.audience.items()
        return [row for key, row in sorted(rows) if key[0] == incident]

    def set_audience(self, row: Audience) -> None:
        self._put(self.facts.audience, (row.incident, row.person), row)
        self._put(self._changed_audience, (row.incident, row.person), None)

    # -- throttle and messages -----------------------------------------------------------------

    def recent(self, person: str, lane: Lane) -> list[Micros]:
        """When the messages of this lane were queued for the person, the latest first."""
        return self.facts.recent.get((person, lane), [])

    def held_since(self, person: str) -> Micros | None:
        """When the oldest news that is still held was decided."""
        return self.facts.held_since.get(person) or None

    def note_held(self, person: str) -> None:
        if not self.held_since(person):
            self._put(self.facts.held_since, person, self.now)

    def nothing_held(self, person: str) -> None:
        self._put(self.facts.held_since, person, 0)

    def forget_recent(self, person: str, lane: Lane, queued_at: Micros) -> None:
        """A message that is folded no longer counts."""
        left = list(self.recent(person, lane))
        if queued_at in left:
            left.remove(queued_at)
            self._put(self.facts.recent, (person, lane), left)

    def queue(self, row: dict[str, Any]) -> int:
        """A new message, queued now; returns its id."""
        number = self._next("message")
        self._put(self._messages, number, {**_BLANK_MESSAGE, **row, "id": number})
        key = (row["person"], row["lane"])
        if row["lane"] != Lane.free:
            self._put(self.facts.recent, key, [self.now, *self.facts.recent.get(key, [])])
        self.event("message", number, "queued", row["kind"])
        return number

    def give_message_code(self, message: int) -> int | None:
        return self._give_code(message=message)

    def move(
        self, message: Unsent, state: str, reason: str | None, expires_at: Micros | None = None
    ) -> None:
        """Move a message that waits to queued (with a new `expires_at`), held or folded."""
        row = {"of_id": message.id, "state": state, "reason": reason, "decided_at": self.now}
        row |= {"queued_at": self.now, "not_before": self.now, "expires_at": expires_at}
        self._put(self._moves, message.id, row)
        self.event("message", message.id, state, reason or "")

    def waiting(self, person: str) -> list[Waiting]:
        return self.facts.waiting.get(person, [])

    def unsent(self, person: str) -> list[Unsent]:
        return self.facts.unsent.get(person, [])

    # -- timers and history --------------------------------------------------------------------

    def set_timer(self, kind: str, key: str, due_at: Micros | None) -> None:
        """Set, move or (None) remove a timer."""
        self._put(self._timers, (kind, key), due_at)

    def event(self, about: str, about_id: int, what: str, detail: str = "") -> None:
        row = {"at": self.now, "about": about, "about_id": about_id, "what": what}
        self._put(self._events, len(self._events), {**row, "detail": detail})

    # -- what is to be written -----------------------------------------------------------------

    def changes(self) -> Changes:
        """Everything decided, as rows."""
        made = Changes()
        self._alert_rows(made)
        self._incident_rows(made)
        self._telling_rows(made)
        made.intake = list(self._intake.values())
        made.new_messages = self._messages
        made.moves = self._moves
        made.timers = self._timers
        made.events = list(self._events.values())
        made.more = list(self._more.values())
        made.counters = {
            name: value
            for name, value in self._numbers.items()
            if name != "code" and value != self.facts.counters.get(name)
        }
        return made

    def _alert_rows(self, made: Changes) -> None:
        final = {found.id: found for found in self.facts.occurrences.values()}
        for number, alert in self._new_alerts.items():
            found = self._changed_alerts.get(number) or final[number]
            made.new_alerts[number] = _alert_row(found, alert)
        for number, found in self._changed_alerts.items():
            if number not in self._new_alerts:
                row = {"of_id": number, "ended_at": found.ended_at, "unseen": found.unseen}
                made.ended_alerts[number] = {
                    **row, "level": int(found.level), "last_seen": found.last_seen,
                }  # fmt: skip
        skip = self._new_alerts.keys() | self._changed_alerts.keys()
        made.seen_alerts = {number: None for number in self._seen if number not in skip}

    def _incident_rows(self, made: Changes) -> None:
        for number in self._new_incidents:
            row = _row(self.facts.incidents[number])
            del row["code"]
            made.new_incidents[number] = row
        for number in self._changed_incidents:
            found = self.facts.incidents[number]
            row = {name: getattr(found, name) for name in INCIDENT_CHANGES}
            made.incidents[number] = {**row, "of_id": number, "level": int(found.level)}
        made.ended_members = set(self._ended_members)
        made.members = self._members
        made.codes = {code: {**row} for code, row in self._codes.items()}
        for code_row in made.codes.values():
            freed = self._freed.get(code_row["incident"] or 0)
            code_row["reusable_at"] = freed
        made.freed_codes = {n: at for n, at in self._freed.items() if n not in self._new_incidents}

    def _telling_rows(self, made: Changes) -> None:
        for key in self._new_tellings:
            row = _row(self.facts.tellings[key])
            row["again"] += self._again.get((key[0], row["alert"]), 0)
            made.new_tellings[key] = row
        for key in self._changed_tellings:
            telling = self.facts.tellings[key]
            row = {name: getattr(telling, name) for name in TELLING_CHANGES}
            made.tellings[key] = {
                **row,
                **{f"of_{name}": getattr(telling, name) for name in TELLING_KEY},
            }
        made.again = set(self._again)
        made.audience = {key: _row(self.facts.audience[key]) for key in self._changed_audience}


_BLANK_MESSAGE: dict[str, Any] = {
    "gateway": None,
    "incident": None,
    "state": "queued",
    "reason": None,
    "expires_at": None,
    "request": None,
    "provider_id": None,
    "sent_at": None,
    "check_at": None,
    "tries": 0,
    "resent": 0,
    "orphaned": 0,
    "follows": None,
    "once_key": None,
}


def _row(found: Incident | Telling | Audience) -> dict[str, Any]:
    """Its columns by name; dataclasses.asdict copies deeply and costs ten times as much."""
    return {name: getattr(found, name) for name in found.__slots__}


def _alert_row(found: Occurrence, alert: Alert) -> dict[str, Any]:
    return {
        "id": found.id,
        "source": found.source,
        "fingerprint": found.fingerprint,
        "starts_at": found.starts_at,
        "ended_at": found.ended_at,
        "unseen": found.unseen,
        "level": int(found.level),
        "name": alert.name,
        "summary": alert.summary,
        "labels": orjson.dumps(dict(alert.labels)).decode(),
        "annotations": orjson.dumps(dict(alert.annotations)).decode(),
        "last_seen": found.last_seen,
    }
