"""Taking jobs under a lease, with what the store knows of their incidents; and settling them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from sms_notify.model import SECOND, IncidentState, Micros
from sms_notify.store import Store, jobs
from sms_notify.store.sql import Transaction, json_set

LEASE: Micros = 60 * SECOND
"""Longer than all the calls of one job, each with its own patience."""


TELLING = (jobs.ACKNOWLEDGE, jobs.SILENCE)


@dataclass(frozen=True, slots=True)
class Member:
    """One alert of the incident that fires, as far as we know."""

    alert: int
    fingerprint: str
    event: str
    """Its id as a Zabbix event; "" if it has none."""
    last_seen: Micros


@dataclass(frozen=True, slots=True)
class Subject:
    """The incident that a job is about, open."""

    id: int
    source: str
    state: str
    acked_by: str
    acked_at: Micros | None
    since: Micros
    """When the present step began: an acknowledgement in Zabbix before that is an old one."""
    members: tuple[Member, ...] = ()
    silences: frozenset[str] = frozenset()
    """Our own."""

    @property
    def acknowledged(self) -> bool:
        return self.state == IncidentState.acknowledged


@dataclass(frozen=True, slots=True)
class Job:
    """One claimed job; `subject` None: the incident has ended."""

    id: int
    kind: str
    incident: int
    payload: Mapping[str, Any]
    tries: int
    made_at: Micros
    subject: Subject | None


class State(StrEnum):
    """What a job comes to."""

    waiting = "waiting"  # again, after `wait`
    done = "done"
    failed = "failed"
    dropped = "dropped"  # nothing is to be done any more


@dataclass(frozen=True, slots=True)
class Done:
    """A job after its call. `answer` is kept and shown; `follow` is a job that comes after it.

    `wakes` names the kinds of timers of the incident that waited for this.
    """

    job: Job
    state: State
    answer: str = ""
    wait: Micros = 0
    follow: Mapping[str, Any] | None = None
    wakes: Sequence[str] = field(default=())


def claim(store: Store, kinds: Collection[str], owner: str, now: Micros, most: int) -> list[Job]:
    """Take what is due under a lease. Raises StoreUnavailable."""
    with store.writing() as tx:
        rows = tx.all(jobs.DUE, now=now, kinds=json_set(sorted(kinds)), most=most)
        if not rows:
            return []
        ids = json_set(sorted(row[0] for row in rows))
        tx.run(jobs.CLAIM, ids=ids, owner=owner, until=now + LEASE)
        subjects = _subjects(tx, {row[2] for row in rows})
    return [
        Job(
            id=row[0], kind=row[1], incident=row[2], payload=orjson.loads(row[3]), tries=row[4] + 1,
            made_at=row[5], subject=subjects.get(row[2]),
        )
        for row in rows
    ]  # fmt: skip


def settle(store: Store, owner: str, done: Sequence[Done], now: Micros) -> None:
    """Write what they came to; a job that somebody else holds by now is left alone."""
    with store.writing() as tx:
        for each in sorted(done, key=lambda one: one.job.id):
            if _settle(tx, owner, each, now):
                _go_on(tx, each, now)


def next_due(store: Store) -> dict[str, Micros]:
    """When the next job of each kind is due."""
    with store.reading() as tx:
        return {row[0]: row[1] for row in tx.all(jobs.NEXT)}


def _settle(tx: Transaction, owner: str, done: Done, now: Micros) -> bool:
    again = done.state is State.waiting
    return tx.run(
        jobs.SETTLE, of_id=done.job.id, owner=owner, of_try=done.job.tries,
        to_state=done.state.value, to_next=now + done.wait, to_answer=done.answer or None,
        to_ended=None if again else now,
    ) > 0  # fmt: skip


def _go_on(tx: Transaction, done: Done, now: Micros) -> None:
    job = done.job
    if job.kind in TELLING and done.state in (State.done, State.failed):
        detail = f"{job.kind}: {done.state.value} {done.answer}".strip()
        tx.run(jobs.TOLD, now=now, incident=job.incident, detail=detail)
    if done.follow is not None:
        tx.run(
            jobs.NEW, once_key=f"watch:{job.id}", kind=jobs.WATCH, incident=job.incident,
            payload=orjson.dumps(done.follow).decode(), now=now,
        )  # fmt: skip
    if done.wakes:
        kinds = json_set(sorted(done.wakes))
        tx.run(jobs.WAKE, of_key=str(job.incident), kinds=kinds, now=now)


def _subjects(tx: Transaction, incidents: set[int]) -> dict[int, Subject]:
    ids = json_set(sorted(incidents))
    members: dict[int, list[Member]] = {}
    for incident, alert, fingerprint, labels, last_seen in tx.all(jobs.MEMBERS, ids=ids):
        event = fingerprint if _is_event(fingerprint, labels) else ""
        members.setdefault(incident, []).append(Member(alert, fingerprint, event, last_seen))
    silences: dict[int, set[str]] = {}
    for incident, payload in tx.all(jobs.WATCHES, ids=ids):
        silences.setdefault(incident, set()).update(orjson.loads(payload)["silences"])
    return {
        row[0]: Subject(
            id=row[0], source=row[1], state=row[2], acked_by=row[3] or "", acked_at=row[4],
            since=row[5] or row[6], members=tuple(members.get(row[0], ())),
            silences=frozenset(silences.get(row[0], ())),
        )
        for row in tx.all(jobs.INCIDENTS, ids=ids)
    }  # fmt: skip


def _is_event(fingerprint: str, labels: str) -> bool:
    """Is it known by the id of a Zabbix event? (A digest may consist of digits too.)"""
    found: object = orjson.loads(labels).get("eventid")
    return found == fingerprint and fingerprint.isdecimal()
