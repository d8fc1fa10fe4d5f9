"""The Ledger: the facts of one batch, updated by every decision, so that judging is one argument.

Every change goes through `_put`, which remembers what stood there: an input that raises is undone
to its mark and leaves nothing behind. `changes()` turns what is left into rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from sms_notify.intake.rows import Pending, changes
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
from sms_notify.store.saving import Changes
from sms_notify.store.sql import Statement

K = TypeVar("K")
V = TypeVar("V")

_ABSENT: Any = object()
HIGHEST_CODE = 99_999
CODE_RESTS: Micros = 7 * DAY
"""A code is given again this long after its incident ended (on-call rules, answers by SMS)."""

Pair = tuple[str, str]


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
        self._people_of: dict[int, tuple[str, ...]] = {}
        for incident, person in facts.audience:
            self._people_of[incident] = (*self._people_of.get(incident, ()), person)
        self._calls = dict.fromkeys(facts.calls)
        self._once: dict[str, None] = {}
        self._whom: dict[tuple[int, str], list[str]] | None = None
        self.pending = Pending()
        self._added: dict[str, int] = {"messages": 0, "segments": 0}

    # -- undoing -------------------------------------------------------------------------------

    def mark(self) -> int:
        """A point to come back to."""
        return len(self._undo)

    def back_to(self, mark: int) -> None:
        """Forget every change since `mark`."""
        while len(self._undo) > mark:
            table, key, old = self._undo.pop()
            if old is _ABSENT:
                table.pop(key, None)
            else:
                table[key] = old

    def keep(self) -> None:
        """An input is judged: nobody comes back to before it."""
        self._undo.clear()

    def _put(self, table: dict[K, V], key: K, value: V) -> None:
        self._undo.append((table, key, table.get(key, _ABSENT)))
        table[key] = value

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        """Change one of the facts that an input asked for itself; undone like everything else."""
        self._put(table, key, value)

    def drop(self, table: dict[K, V], key: K) -> None:
        """Take one of the facts out."""
        self._undo.append((table, key, table.pop(key)))

    def write(self, statement: Statement, **values: Any) -> None:
        """Run a statement of one's own with all else of this batch, after it, in this order."""
        self._put(self.pending.more, len(self.pending.more), (statement, values))

    def _next(self, name: str) -> int:
        self._put(self._numbers, name, self._numbers.get(name, 0) + 1)
        return self._numbers[name]

    def number(self, name: str) -> int:
        """The next id of a table whose ids the writer gives."""
        return self._next(name)

    # -- calls ---------------------------------------------------------------------------------

    def knows_call(self, source: str, key: str) -> bool:
        return (source, key) in self._calls

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
        if key is not None:
            self._put(self._calls, (source, key), None)
        number = self._next("intake")
        self._put(self.pending.intake, number, {"id": number, **row})

    # -- occurrences ---------------------------------------------------------------------------

    def occurrence(self, source: str, fingerprint: str) -> Occurrence | None:
        """The latest occurrence of this thing, firing or ended."""
        return self.facts.occurrences.get((source, fingerprint))

    def begin(
        self,
        alert: Alert,
        starts_at: Micros,
        *,
        flaps_until: Micros | None = None,
        starts: tuple[Micros, ...] = (),
    ) -> Occurrence:
        """A new occurrence; `alert` is kept as its text."""
        found = Occurrence(
            self._next("alert"), alert.source, alert.fingerprint, starts_at, alert.ended_at,
            False, alert.level, self.now, flaps_until, (*starts, starts_at),
        )  # fmt: skip
        self._put(self.facts.occurrences, (alert.source, alert.fingerprint), found)
        self._put(self.pending.new_alerts, found.id, alert)
        return found

    def end(self, found: Occurrence, ended_at: Micros, *, unseen: bool = False) -> Occurrence:
        """The occurrence is over; `unseen`: nobody told us so."""
        at = max(ended_at, found.starts_at)
        ended = found._replace(ended_at=at, unseen=unseen, last_seen=self.now)
        return self._change_occurrence(ended)

    def raise_level(self, found: Occurrence, level: Level) -> Occurrence:
        return self._change_occurrence(found._replace(level=level, last_seen=self.now))

    def _change_occurrence(self, found: Occurrence) -> Occurrence:
        self._put(self.facts.occurrences, (found.source, found.fingerprint), found)
        self._put(self.pending.changed_alerts, found.id, found)
        return found

    def seen(self, found: Occurrence) -> None:
        """It still fires."""
        self._put(self.pending.seen, found.id, None)

    def end_members(self, incident: int) -> None:
        """All firing members are over, and nobody told us when (`unseen`)."""
        self._put(self.pending.ended_members, incident, None)
        for found in list(self.facts.occurrences.values()):
            if found.ended_at is None and incident in self.incidents_of(found.id):
                self.end(found, self.now, unseen=True)

    def alert(self, number: int) -> Alert | None:
        """The full alert, where it was loaded."""
        return self.facts.alerts.get(number) or self.pending.new_alerts.get(number)

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
        made = row._replace(id=number, code=code)
        self._put(self.facts.incidents, number, made)
        self._put(self.pending.new_incidents, number, None)
        if made.ended_at is None:
            self._put(self._open, made.group_key, number)
        return made

    def change_incident(self, number: int, **values: Any) -> Incident:
        """Some columns of an incident; each change raises its version."""
        old = self.facts.incidents[number]
        new = old._replace(version=old.version + 1, **values)
        self._put(self.facts.incidents, number, new)
        if number not in self.pending.new_incidents:
            self._put(self.pending.changed_incidents, number, None)
        if new.ended_at is not None and self._open.get(new.group_key) == number:
            self._put(self._open, new.group_key, 0)
            self._put(self.pending.freed, number, self.now + CODE_RESTS)
        return new

    def seen_incident(self, number: int) -> Incident:
        """It fires on as we know it: nothing changes but when it was seen last."""
        old = self.facts.incidents[number]
        new = old._replace(version=old.version + 1, last_seen=self.now)
        self._put(self.facts.incidents, number, new)
        self._put(self.pending.seen_incidents, number, None)
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
        self._put(self.pending.members, (incident, alert), None)
        return True

    def _give_code(self, **values: int) -> int | None:
        """The shortest free code, or None if all are taken."""
        index = self._numbers["code"]
        free = self.facts.free_codes
        code = free[index] if index < len(free) else self.facts.last_code + 1 + index - len(free)
        if code > HIGHEST_CODE:
            return None
        self._put(self._numbers, "code", index + 1)
        row = {"code": code, "incident": None, "message": None, "given_at": self.now}
        self._put(self.pending.codes, code, {**row, "reusable_at": None, **values})
        return code

    # -- tellings ------------------------------------------------------------------------------

    def telling(self, incident: int, person: str, news: str) -> Telling | None:
        return self.facts.tellings.get((incident, person, news))

    def told_to(self, incident: int, news: str) -> Iterator[Telling]:
        """What was decided about one piece of news, for each person it was decided about."""
        if self._whom is None:  # few batches ask
            self._whom = {}
            for number, person, key in self.facts.tellings:
                self._whom.setdefault((number, key), []).append(person)
        for person in self._whom.get((incident, news), ()):
            row = self.telling(incident, person, news)
            if row is not None:  # it may have been undone
                yield row

    def tell(self, row: Telling) -> None:
        """Write what was decided about one person and one piece of news."""
        key = (row.incident, row.person, row.news)
        known = key in self.facts.tellings
        self._put(self.facts.tellings, key, row)
        if not known:
            self._put(self.pending.new_tellings, key, None)
            if self._whom is not None:
                self._whom.setdefault((row.incident, row.news), []).append(row.person)
        elif key not in self.pending.new_tellings:
            self._put(self.pending.changed_tellings, key, None)

    def retell(self, row: Telling, **values: Any) -> None:
        """Change a telling that was loaded as waiting."""
        key = (row.incident, row.person, row.news)
        self._put(self.facts.tellings, key, row._replace(**values))
        if key not in self.pending.new_tellings:
            self._put(self.pending.changed_tellings, key, None)

    def said_again(self, incident: int, alert: int) -> None:
        """A duplicate: counted on the tellings of that news."""
        key = (incident, alert)
        self._put(self.pending.again, key, self.pending.again.get(key, 0) + 1)

    def heard(self, incident: int, person: str) -> Audience | None:
        return self.facts.audience.get((incident, person))

    def audience(self, incident: int) -> list[Audience]:
        """Everybody who was told, or is to be told, of this incident."""
        people = sorted(self._people_of.get(incident, ()))
        return [self.facts.audience[incident, person] for person in people]

    def set_audience(self, row: Audience) -> None:
        key = (row.incident, row.person)
        if key not in self.facts.audience:
            known = self._people_of.get(row.incident, ())
            self._put(self._people_of, row.incident, (*known, row.person))
        self._put(self.facts.audience, key, row)
        self._put(self.pending.changed_audience, key, None)

    # -- throttle and messages -----------------------------------------------------------------

    def recent(self, person: str, lane: Lane) -> list[Micros]:
        """When the messages of this lane were queued for the person, the latest first."""
        return self.facts.recent.get((person, lane), [])

    def held_since(self, person: str) -> Micros | None:
        """Since when the oldest news waits for room; what may not be told yet does not count."""
        return self.facts.held_since.get(person) or None

    def note_held(self, person: str, until: Micros | None = None) -> None:
        """News is held for this person: for room, or until a moment."""
        if until is not None:
            known = self.facts.held_until.get(person)
            self._put(self.facts.held_until, person, min(until, known or until))
        elif not self.held_since(person):
            self._put(self.facts.held_since, person, self.now)

    def set_held_since(self, person: str, since: Micros | None) -> None:
        """Since when the oldest news waits for room, after it was judged again; None: none does."""
        self._put(self.facts.held_since, person, since or 0)

    def forget_recent(self, person: str, lane: Lane, queued_at: Micros) -> None:
        """A message that is folded no longer counts."""
        left = list(self.recent(person, lane))
        if queued_at in left:
            left.remove(queued_at)
            self._put(self.facts.recent, (person, lane), left)

    def queue(self, row: dict[str, Any]) -> int:
        """A new message, queued now; returns its id, which the row may have been given before."""
        number = row.get("id") or self._next("message")
        self._put(self.pending.messages, number, {**_BLANK_MESSAGE, **row, "id": number})
        if once_key := row.get("once_key"):
            self._put(self._once, once_key, None)
        key = (row["person"], row["lane"])
        if row["lane"] != Lane.free:
            self._put(self.facts.recent, key, [self.now, *self.facts.recent.get(key, [])])
        self._put(self._added, "messages", self._added["messages"] + 1)
        self._put(self._added, "segments", self._added["segments"] + int(row["segments"]))
        self.event("message", number, "queued", row["kind"])
        return number

    @property
    def added(self) -> tuple[int, int]:
        """How many messages this batch queued for everybody, and their segments."""
        return self._added["messages"], self._added["segments"]

    def queues(self, once_key: str) -> bool:
        """Is a message of this key made in this batch already?"""
        return once_key in self._once

    def give_message_code(self, message: int) -> int | None:
        """A code of its own for a digest; nobody answers it after a day, so it rests from then."""
        return self._give_code(message=message, reusable_at=self.now + DAY + CODE_RESTS)

    def move(
        self, message: Unsent, state: str, reason: str | None, expires_at: Micros | None = None
    ) -> None:
        """Move a message that waits to queued (with a new `expires_at`), held or folded."""
        row = {"of_id": message.id, "state": state, "reason": reason, "decided_at": self.now}
        row |= {"queued_at": self.now, "not_before": self.now, "expires_at": expires_at}
        self._put(self.pending.moves, message.id, row)
        self.event("message", message.id, state, reason or "")

    def waiting(self, person: str) -> list[Waiting]:
        return self.facts.waiting.get(person, [])

    def unsent(self, person: str) -> list[Unsent]:
        return self.facts.unsent.get(person, [])

    def alive(self, heartbeat: str, at: Micros) -> None:
        """A sign of life of a heartbeat; the latest counts."""
        latest = max(at, self.pending.signs.get(heartbeat, at))
        self._put(self.pending.signs, heartbeat, latest)

    # -- timers and history --------------------------------------------------------------------

    def set_timer(self, kind: str, key: str, due_at: Micros | None) -> None:
        """Set, move or (None) remove a timer."""
        self._put(self.pending.timers, (kind, key), due_at)

    def set_digest(self, person: str, due_at: Micros | None) -> None:
        """What is held for a person is judged again then, or when a hold ends before that."""
        until = self.facts.held_until.get(person)
        moments = [each for each in (due_at, until) if each is not None]
        self.set_timer("digest", person, min(moments, default=None))

    def judge_again(self, person: str, by: Micros) -> None:
        """What is held for a person is judged again at `by` at the latest."""
        self.set_digest(person, self.now if self.held_since(person) else by)

    def event(self, about: str, about_id: int, what: str, detail: str = "") -> None:
        row = (self.now, about, about_id, what, detail)
        self._put(self.pending.events, len(self.pending.events), row)

    def changes(self) -> Changes:
        """Everything decided, as rows."""
        return changes(self.facts, self.pending, self._numbers)


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
