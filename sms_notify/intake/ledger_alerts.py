"""The half of the Ledger that is about alerts: calls, occurrences, incidents and their codes."""

from __future__ import annotations

from typing import Any

from sms_notify.intake.rows import Pending
from sms_notify.intake.undo import Undo
from sms_notify.model import DAY, Alert, Level, Micros
from sms_notify.store.facts import Facts, Incident, Occurrence
from sms_notify.store.sql import Statement

HIGHEST_CODE = 99_999
CODE_RESTS: Micros = 7 * DAY
"""A code is given again this long after its incident ended: late answers still mean it."""


class AlertLedger(Undo):
    """What came in, what is on, and what is written of it."""

    def __init__(self, facts: Facts, now: Micros) -> None:
        super().__init__()
        self.facts = facts
        self.now = now
        self.pending = Pending()
        self._numbers: dict[str, int] = dict(facts.counters)
        self._numbers["code"] = 0
        self._open = {
            found.group_key: found.id for found in facts.incidents.values() if not found.ended_at
        }
        self._incidents_of: dict[int, tuple[int, ...]] = {}
        for incident, alert in sorted(facts.members):
            self._incidents_of[alert] = (*self._incidents_of.get(alert, ()), incident)
        self._members: dict[int, list[tuple[str, str]]] | None = None
        self._calls = dict.fromkeys(facts.calls)

    def write(self, statement: Statement, **values: Any) -> None:
        """Run a statement of one's own with all else of this batch, after it, in this order."""
        self.put(self.pending.more, len(self.pending.more), (statement, values))

    def _next(self, name: str) -> int:
        self.put(self._numbers, name, self._numbers.get(name, 0) + 1)
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
            self.put(self._calls, (source, key), None)
        number = self._next("intake")
        self.put(self.pending.intake, number, {"id": number, **row})

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
        self.put(self.facts.occurrences, (alert.source, alert.fingerprint), found)
        self.put(self.pending.new_alerts, found.id, alert)
        return found

    def end(self, found: Occurrence, ended_at: Micros, *, unseen: bool = False) -> Occurrence:
        """The occurrence is over; `unseen`: nobody told us so."""
        at = max(ended_at, found.starts_at)
        ended = found._replace(ended_at=at, unseen=unseen, last_seen=self.now)
        return self._change_occurrence(ended)

    def raise_level(self, found: Occurrence, level: Level) -> Occurrence:
        return self._change_occurrence(found._replace(level=level, last_seen=self.now))

    def _change_occurrence(self, found: Occurrence) -> Occurrence:
        self.put(self.facts.occurrences, (found.source, found.fingerprint), found)
        self.put(self.pending.changed_alerts, found.id, found)
        return found

    def seen(self, found: Occurrence) -> None:
        """It still fires."""
        self.put(self.pending.seen, found.id, None)

    def end_members(self, incident: int) -> None:
        """All firing members are over, and nobody told us when (`unseen`)."""
        self.put(self.pending.ended_members, incident, None)
        for key in self._members_of(incident):
            found = self.facts.occurrences.get(key)
            if found and found.ended_at is None and incident in self.incidents_of(found.id):
                self.end(found, self.now, unseen=True)

    def _members_of(self, incident: int) -> list[tuple[str, str]]:
        """The occurrences that may be its members; all are looked through once for many."""
        if self._members is None:
            self._members = {}
            for key, found in self.facts.occurrences.items():
                for number in self.incidents_of(found.id):
                    self._members.setdefault(number, []).append(key)
        return self._members.get(incident, [])

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
        self.put(self.facts.incidents, number, made)
        self.put(self.pending.new_incidents, number, None)
        if made.ended_at is None:
            self.put(self._open, made.group_key, number)
        return made

    def change_incident(self, number: int, **values: Any) -> Incident:
        """Some columns of an incident; each change raises its version."""
        old = self.facts.incidents[number]
        new = old._replace(version=old.version + 1, **values)
        self.put(self.facts.incidents, number, new)
        if number not in self.pending.new_incidents:
            self.put(self.pending.changed_incidents, number, None)
        if new.ended_at is not None and self._open.get(new.group_key) == number:
            self.put(self._open, new.group_key, 0)
            self.put(self.pending.freed, number, self.now + CODE_RESTS)
        return new

    def seen_incident(self, number: int) -> Incident:
        """It fires on as we know it: nothing changes but when it was seen last."""
        old = self.facts.incidents[number]
        new = old._replace(version=old.version + 1, last_seen=self.now)
        self.put(self.facts.incidents, number, new)
        self.put(self.pending.seen_incidents, number, None)
        return new

    def incidents_of(self, alert: int) -> tuple[int, ...]:
        """The open incidents this occurrence is a member of."""
        return self._incidents_of.get(alert, ())

    def join(self, incident: int, alert: int) -> bool:
        """Make the occurrence a member; False if it is one already."""
        known = self._incidents_of.get(alert, ())
        if incident in known:
            return False
        self._members = None
        self.put(self._incidents_of, alert, (*known, incident))
        self.put(self.pending.members, (incident, alert), None)
        return True

    def _give_code(self, **values: int) -> int | None:
        """The shortest free code, or None if all are taken."""
        index = self._numbers["code"]
        free = self.facts.free_codes
        code = free[index] if index < len(free) else self.facts.last_code + 1 + index - len(free)
        if code > HIGHEST_CODE:
            return None
        self.put(self._numbers, "code", index + 1)
        row = {"code": code, "incident": None, "message": None, "given_at": self.now}
        self.put(self.pending.codes, code, {**row, "reusable_at": None, **values})
        return code
