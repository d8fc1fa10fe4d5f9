"""The Ledger: the facts of one batch, updated by every decision, so that judging is one argument.

This half is about people: who was told what, who waits for what, and which messages they get.
`changes()` turns all that was decided into rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sms_notify.intake.ledger_alerts import CODE_RESTS, AlertLedger
from sms_notify.intake.rows import changes
from sms_notify.model import DAY, Lane, Micros
from sms_notify.store.facts import Audience, Facts, Telling, Unsent, Waiting
from sms_notify.store.saving import Changes


class Ledger(AlertLedger):
    """What is known inside one judging transaction."""

    def __init__(self, facts: Facts, now: Micros) -> None:
        super().__init__(facts, now)
        self._people_of: dict[int, tuple[str, ...]] = {}
        for incident, person in facts.audience:
            self._people_of[incident] = (*self._people_of.get(incident, ()), person)
        self._once: dict[str, None] = {}
        self._whom: dict[tuple[int, str], list[str]] | None = None
        self._added: dict[str, int] = {"messages": 0, "segments": 0}

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
        self.put(self.facts.tellings, key, row)
        if not known:
            self.put(self.pending.new_tellings, key, None)
            if self._whom is not None:
                self._whom.setdefault((row.incident, row.news), []).append(row.person)
        elif key not in self.pending.new_tellings:
            self.put(self.pending.changed_tellings, key, None)

    def retell(self, row: Telling, **values: Any) -> None:
        """Change a telling that was loaded as waiting."""
        key = (row.incident, row.person, row.news)
        self.put(self.facts.tellings, key, row._replace(**values))
        if key not in self.pending.new_tellings:
            self.put(self.pending.changed_tellings, key, None)

    def said_again(self, incident: int, alert: int) -> None:
        """A duplicate: counted on the tellings of that news."""
        key = (incident, alert)
        self.put(self.pending.again, key, self.pending.again.get(key, 0) + 1)

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
            self.put(self._people_of, row.incident, (*known, row.person))
        self.put(self.facts.audience, key, row)
        self.put(self.pending.changed_audience, key, None)

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
            self.put(self.facts.held_until, person, min(until, known or until))
        elif not self.held_since(person):
            self.put(self.facts.held_since, person, self.now)

    def set_held_since(self, person: str, since: Micros | None) -> None:
        """Since when the oldest news waits for room, after it was judged again; None: none does."""
        self.put(self.facts.held_since, person, since or 0)

    def forget_recent(self, person: str, lane: Lane, queued_at: Micros) -> None:
        """A message that is folded no longer counts."""
        left = list(self.recent(person, lane))
        if queued_at in left:
            left.remove(queued_at)
            self.put(self.facts.recent, (person, lane), left)

    def queue(self, row: dict[str, Any]) -> int:
        """A new message, queued now; returns its id, which the row may have been given before."""
        number = row.get("id") or self._next("message")
        self.put(self.pending.messages, number, {**_BLANK_MESSAGE, **row, "id": number})
        if once_key := row.get("once_key"):
            self.put(self._once, once_key, None)
        key = (row["person"], row["lane"])
        if row["lane"] != Lane.free:
            self.put(self.facts.recent, key, [self.now, *self.facts.recent.get(key, [])])
        self.put(self._added, "messages", self._added["messages"] + 1)
        self.put(self._added, "segments", self._added["segments"] + int(row["segments"]))
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
        self.put(self.pending.moves, message.id, row)
        self.event("message", message.id, state, reason or "")

    def waiting(self, person: str) -> list[Waiting]:
        return self.facts.waiting.get(person, [])

    def unsent(self, person: str) -> list[Unsent]:
        return self.facts.unsent.get(person, [])

    def alive(self, heartbeat: str, at: Micros) -> None:
        """A sign of life of a heartbeat; the latest counts."""
        latest = max(at, self.pending.signs.get(heartbeat, at))
        self.put(self.pending.signs, heartbeat, latest)

    # -- timers and history --------------------------------------------------------------------

    def set_timer(self, kind: str, key: str, due_at: Micros | None) -> None:
        """Set, move or (None) remove a timer."""
        self.put(self.pending.timers, (kind, key), due_at)

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
        self.put(self.pending.events, len(self.pending.events), row)

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
