"""The facts that judging needs, loaded for a whole batch in a fixed number of statements.

What is one row of a table is a tuple with names, as the drivers give and take it: to make and to
change a frozen dataclass of so many fields took a tenth of judging (measured).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from sms_notify.config.schedules import Override
from sms_notify.model import Alert, Level, Micros
from sms_notify.store.sql import Transaction

Question = Callable[[Transaction, set[Any]], Any]
"""Loads facts that only some inputs need: all that the batch wants of them in one go."""


@dataclass(slots=True)
class Keys:
    """What a batch of inputs wants to know. Sets are united over the batch."""

    alerts: set[tuple[str, str]] = field(default_factory=set)  # (source, fingerprint)
    groups: set[str] = field(default_factory=set)  # incident keys
    ending: set[str] = field(default_factory=set)  # incident keys that may end: with their alerts
    calls: set[tuple[str, str]] = field(default_factory=set)  # (source, key of the call)
    people: set[str] = field(default_factory=set)  # whose throttle to read
    incidents: set[int] = field(default_factory=set)  # with a sample of their alerts
    bare: set[int] = field(default_factory=set)  # incidents without their alerts
    waiting: set[str] = field(default_factory=set)  # people whose held news is judged again
    labels: set[str] = field(default_factory=set)  # of `waiting`: with the labels of all alerts
    once: set[str] = field(default_factory=set)  # `once_key` of messages
    codes: set[int] = field(default_factory=set)  # with the incidents that they mean
    recall: set[str] = field(default_factory=set)  # people: what was sent to them in the last day

    asked: dict[Question, set[Any]] = field(default_factory=dict)
    standby: Collection[str] = ()
    """Whose throttle to read where overrides are in force; not copied, it may be everybody."""

    def unite(self, other: Keys) -> None:
        """Add all of `other`."""
        for name in SETS:
            if more := getattr(other, name):
                getattr(self, name).update(more)
        if other.standby and other.standby is not self.standby:
            self.standby = {*self.standby, *other.standby} if self.standby else other.standby
        for question, wanted in other.asked.items():
            self.asked.setdefault(question, set()).update(wanted)


SETS = tuple(each.name for each in fields(Keys) if each.name not in ("asked", "standby"))


class Asking:
    """An answer to a Question that needs more facts loaded: what it found out is not known before
    the transaction."""

    keys: Keys


class Occurrence(NamedTuple):
    """One row of `alert`, without its texts."""

    id: int
    source: str
    fingerprint: str
    starts_at: Micros
    ended_at: Micros | None
    unseen: bool
    level: Level
    last_seen: Micros
    flaps_until: Micros | None = None
    starts: tuple[Micros, ...] = ()
    """When the same thing began lately, this time with it: does it flap?"""


class Incident(NamedTuple):
    """One row of `incident`, with its code."""

    id: int
    group_key: str
    receiver: str
    source: str
    state: str
    level: Level
    name: str
    steps: str
    step: int
    round: int
    firing: int
    members: int
    max_told: int
    opened_at: Micros
    last_seen: Micros
    acked_by: str | None
    acked_at: Micros | None
    muted_until: Micros | None
    ended_at: Micros | None
    end_reason: str | None
    event: bool
    repeat_every: Micros | None
    version: int
    rounds: int = 1
    ack_timeout: Micros | None = None
    stepped_at: Micros | None = None
    rests_until: Micros | None = None
    waits_from: Micros | None = None
    mutes: str | None = None
    code: int | None = None


class Telling(NamedTuple):
    """One row of `telling`: what was decided about one person and one piece of news."""

    incident: int
    person: str
    news: str
    alert: int | None
    verdict: str
    reason: str
    at: Micros
    message: int | None
    again: int = 0
    hold_until: Micros | None = None


class Audience(NamedTuple):
    """What one person was told of one incident: at most which level, when, how many repeats."""

    incident: int
    person: str
    level: int
    told_at: Micros
    repeats: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """One piece of news that has not left: held (message None), or in a message not yet claimed."""

    telling: Telling
    name: str
    level: Level
    ended: bool  # the alert, or its whole incident, is over
    acked: bool
    sample: int | None  # the id of an alert to show for it


@dataclass(frozen=True, slots=True)
class Unsent:
    """A message that waits: `queued` for too long, or `held`."""

    id: int
    person: str
    phone: str
    kind: str
    lane: str
    level: Level
    incident: int | None
    state: str
    decided_at: Micros
    queued_at: Micros | None
    resent: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Coded:
    """What a code means: one incident, or all that a digest told of, which left for `person`."""

    incidents: tuple[int, ...]
    message: int | None = None
    person: str | None = None
    sent_at: Micros | None = None


@dataclass(slots=True)
class Facts:
    """All that a batch knows; the Ledger works on these and never asks the store again."""

    counters: dict[str, int] = field(default_factory=dict)
    free_codes: list[int] = field(default_factory=list)
    last_code: int = 9
    open_circuits: set[str] = field(default_factory=set)
    overrides: dict[int, Override] = field(default_factory=dict)  # of the store, not over
    calls: set[tuple[str, str]] = field(default_factory=set)
    occurrences: dict[tuple[str, str], Occurrence] = field(default_factory=dict)
    incidents: dict[int, Incident] = field(default_factory=dict)
    members: set[tuple[int, int]] = field(default_factory=set)
    tellings: dict[tuple[int, str, str], Telling] = field(default_factory=dict)
    audience: dict[tuple[int, str], Audience] = field(default_factory=dict)
    recent: dict[tuple[str, str], list[Micros]] = field(default_factory=dict)
    held_since: dict[str, Micros] = field(default_factory=dict)
    held_until: dict[str, Micros] = field(default_factory=dict)  # the next end of a hold to come
    waiting: dict[str, list[Waiting]] = field(default_factory=dict)
    unsent: dict[str, list[Unsent]] = field(default_factory=dict)
    alerts: dict[int, Alert] = field(default_factory=dict)
    of_incident: dict[int, list[int]] = field(default_factory=dict)  # firing first
    once: set[str] = field(default_factory=set)  # the keys that have a message already
    coded: dict[int, Coded] = field(default_factory=dict)
    recalled: dict[tuple[str, int], Micros] = field(default_factory=dict)
    """(person, incident) → when an SMS that speaks of it last left for a phone of that person."""
    answers: dict[Question, Any] = field(default_factory=dict)  # to Keys.asked
