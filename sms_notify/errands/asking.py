"""Asking the source what still burns: before somebody is paged again, and while it is silenced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from sms_notify.errands.job import Done, Job, Member, State, Subject
from sms_notify.intake import Over
from sms_notify.model import MINUTE, SECOND, Micros
from sms_notify.upstream import Came, Held, Life, Looked, Sight, Sources

WATCH_EVERY: Micros = 15 * SECOND
AFTER_END: Micros = SECOND
WATCHED_LONGER: Micros = 5 * MINUTE
"""Past the end of a silence: an alert that ended in its last moments tells nobody."""

Sights = Mapping[int, Sight]
"""By the number of the alert."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the look for one job came to, with what is over."""

    done: Done
    over: list[Over] = field(default_factory=list)


def ask(sources: Sources, jobs: Sequence[Job], now: Micros) -> list[Found]:
    """One call a source for all of them; network only."""
    asked = [job for job in jobs if job.subject is not None]
    over = [job for job in jobs if job.subject is None]
    sights = _zabbix(sources, asked) | _alertmanager(sources, asked, now)
    ended = [Found(Done(job, State.dropped, "the incident has ended")) for job in over]
    return ended + [_answered(job, sights.get(job.id)) for job in asked]


def watch(sources: Sources, jobs: Sequence[Job], now: Micros) -> list[Found]:
    """See whether silenced alerts are over; take away the silences of incidents that are."""
    api = sources.alertmanager
    if api is None:
        return [Found(Done(job, State.dropped, "not configured")) for job in jobs]
    open_jobs = [job for job in jobs if _is_silenced(job)]
    others = [job for job in jobs if not _is_silenced(job)]
    held = api.held() if open_jobs else None
    found = [_watched(job, held, now) for job in open_jobs if held is not None]
    return found + [_unsilence(sources, job, now) for job in others]


def _is_silenced(job: Job) -> bool:
    """It is still acknowledged by the answer that silenced it."""
    subject = job.subject
    acked_at = job.payload["acked_at"]
    return subject is not None and subject.acknowledged and subject.acked_at == acked_at


def _watched(job: Job, held: Held, now: Micros) -> Found:
    subject = job.subject
    if subject is None or held.told.came is not Came.done:
        wait = Done(job, State.waiting, held.told.reason, WATCH_EVERY)
        expired = now > job.payload["until"] + WATCHED_LONGER
        return Found(Done(job, State.done, "the silence is over") if expired else wait)
    sights = {m.alert: held.sight(m.fingerprint, m.last_seen, now) for m in subject.members}
    over = _over(subject.members, sights)
    if over:
        return Found(Done(job, State.waiting, "ended", AFTER_END), over)
    if now > job.payload["until"] + WATCHED_LONGER:
        return Found(Done(job, State.done, "the silence is over"))
    return Found(Done(job, State.waiting, "still burning", WATCH_EVERY))


def _unsilence(sources: Sources, job: Job, now: Micros) -> Found:
    api = sources.alertmanager
    if api is None or now > job.payload["until"]:
        return Found(Done(job, State.done, "the silence is over"))
    for silence in job.payload["silences"]:
        told = api.expire(silence)
        if told.came is Came.later:
            return Found(Done(job, State.waiting, told.reason, WATCH_EVERY))
        if told.came is Came.refused:
            return Found(Done(job, State.failed, f"{told.reason} {told.detail}".strip()))
    return Found(Done(job, State.done, "taken away"))


def _zabbix(sources: Sources, jobs: Sequence[Job]) -> dict[int, Sights]:
    """By job; a job whose source did not answer is not in it."""
    asked = [job for job in jobs if job.subject and job.subject.source == "zabbix"]
    events = sorted({m.event for job in asked for m in _members(job) if m.event}, key=int)
    if sources.zabbix is None or not events:
        return {}
    looked: Looked = sources.zabbix.look(events)
    if looked.told.came is not Came.done:
        return {}
    unknown = Sight(Life.unknown)
    return {
        job.id: {m.alert: looked.found.get(m.event, unknown) for m in _members(job)}
        for job in asked
    }


def _alertmanager(sources: Sources, jobs: Sequence[Job], now: Micros) -> dict[int, Sights]:
    asked = [job for job in jobs if job.subject and job.subject.source == "alertmanager"]
    if sources.alertmanager is None or not asked:
        return {}
    held = sources.alertmanager.held()
    if held.told.came is not Came.done:
        return {}
    return {
        job.id: {m.alert: held.sight(m.fingerprint, m.last_seen, now) for m in _members(job)}
        for job in asked
    }


def _members(job: Job) -> tuple[Member, ...]:
    return job.subject.members if job.subject else ()


def _answered(job: Job, sights: Sights | None) -> Found:
    """An answer, or none: whoever waited for it goes on at once."""
    subject, wakes = job.subject, job.payload["timers"]
    if sights is None or subject is None:
        return Found(Done(job, State.failed, "", wakes=wakes))
    left = [sight for sight in sights.values() if sight.life is not Life.gone]
    answer = {
        "life": _life(left, subject).value,
        "by": sorted({name for sight in left for name in sight.by})[:10],
        "acked_by": _acked_by(left, subject),
        "before": job.payload["before"],
    }
    text = orjson.dumps(answer).decode()
    return Found(Done(job, State.done, text, wakes=wakes), _over(subject.members, sights))


def _life(left: Iterable[Sight], subject: Subject) -> Life:
    """Of the whole incident: one alert that burns is enough to page."""
    lives = {_of_one(sight, subject) for sight in left}
    for life in (Life.burns, Life.unknown, Life.suppressed):
        if life in lives:
            return life
    return Life.gone


def _of_one(sight: Sight, subject: Subject) -> Life:
    """A silence of ours is because somebody answered, not because nobody wants to know."""
    ours = sight.life is Life.suppressed and sight.by and set(sight.by) <= subject.silences
    return Life.burns if ours else sight.life


def _acked_by(left: Sequence[Sight], subject: Subject) -> str:
    """Who acknowledged all of it in Zabbix since the present step began, or ""."""
    acked = [sight.acked_by for sight in left if sight.acked_at > subject.since]
    return acked[-1] if left and len(acked) == len(left) else ""


def _over(members: Iterable[Member], sights: Sights) -> list[Over]:
    return [
        Over(member.alert, member.fingerprint, sights[member.alert].ended_at)
        for member in members
        if sights[member.alert].life is Life.gone
    ]
