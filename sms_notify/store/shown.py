"""Messages, incidents and decisions as they may be shown outside: masked, in local time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EventShown:
    """One line of a history."""

    at: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class MessageShown:
    """One SMS. `code` is its incident's; `units` are UTF-16 units, `segments` billed SMS; `follows`
    is the message that did not arrive at an earlier phone of this person.
    """

    id: int
    state: str
    reason: str | None
    kind: str
    level: str
    person: str
    phone: str
    text: str
    units: int
    segments: int
    incident: int | None
    code: int | None
    gateway: str | None
    follows: int | None
    decided_at: str
    queued_at: str | None
    sent_at: str | None
    tries: int
    resent: int
    events: tuple[EventShown, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertShown:
    """One member of an incident."""

    name: str
    level: str
    summary: str
    starts_at: str
    ended_at: str | None


@dataclass(frozen=True, slots=True)
class TellingShown:
    """What was decided about telling one person one piece of news, and why.

    `until`: it is not told before; None where nothing but room is waited for, and once it is told.
    """

    person: str
    news: str
    verdict: str
    reason: str
    at: str
    message: int | None
    again: int
    until: str | None = None


@dataclass(frozen=True, slots=True)
class IncidentShown:
    """One incident; alerts, decisions and events only where one incident is asked for.

    `step` and `round` count from 1; `answer_until` is when the present step is looked at next: if
    nobody has acknowledged it and its SMS has left, the next step begins then.
    """

    id: int
    code: int | None
    state: str
    level: str
    name: str
    receiver: str
    source: str
    firing: int
    members: int
    opened_at: str
    last_seen: str
    step: int
    round: int
    rounds: int
    answer_until: str | None
    acknowledged_by: str | None
    acknowledged_at: str | None
    ended_at: str | None
    end_reason: str | None
    alerts: tuple[AlertShown, ...] = ()
    tellings: tuple[TellingShown, ...] = ()
    events: tuple[EventShown, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedShown:
    """One text for later. `state`: waiting, done (told), cancelled."""

    id: int
    state: str
    due_at: str
    text: str
    to: str
    level: str
    key: str
    made_at: str
    ended_at: str | None
