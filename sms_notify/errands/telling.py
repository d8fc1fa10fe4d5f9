"""Telling the source of an answer: acknowledge the event in Zabbix, silence it in Alertmanager.

Both may be done twice: Zabbix takes a second acknowledgement, and a silence carries a mark by which
one that was made before a crash is found again.
"""

from __future__ import annotations

from sms_notify.config import Config
from sms_notify.errands.job import Done, Job, State, Subject
from sms_notify.intake.telling_source import words
from sms_notify.model import DAY, MINUTE, SECOND, Micros
from sms_notify.store import jobs
from sms_notify.upstream import AlertmanagerApi, Came, Sources, Told, ZabbixApi, exact
from sms_notify.upstream.matchers import Matcher

GIVEN_UP_AFTER: Micros = DAY
FIRST_WAIT: Micros = 5 * SECOND
LONGEST_WAIT: Micros = 10 * MINUTE
MOST_ALERTS = 1_000
MOST_SILENCES = 50

NOT_WANTED = "not configured"
OVERTAKEN = "no longer acknowledged by that answer"


def tell(sources: Sources, config: Config, job: Job, now: Micros) -> Done:
    """Do one job of telling; network only."""
    subject, upstream = job.subject, config.upstream
    if subject is None:
        return Done(job, State.dropped, "the incident has ended")
    if not subject.acknowledged or subject.acked_at != job.made_at:
        return Done(job, State.dropped, OVERTAKEN)
    said = words(config.site.language, job.payload["who"], job.payload["how"])
    zabbix, other = upstream.zabbix, upstream.alertmanager
    if job.kind == jobs.ACKNOWLEDGE and sources.zabbix and zabbix and zabbix.acknowledges:
        return _acknowledge(sources.zabbix, job, subject, said, now)
    if job.kind == jobs.SILENCE and sources.alertmanager and other and other.silence:
        until = now + other.silence
        return _silence(sources.alertmanager, job, subject, said, now, until)
    return Done(job, State.dropped, NOT_WANTED)


def _acknowledge(api: ZabbixApi, job: Job, subject: Subject, said: str, now: Micros) -> Done:
    events = [member.event for member in subject.members if member.event]
    if not events:
        return Done(job, State.dropped, "no event id in the messages of this incident")
    return _after(job, api.acknowledge(events, said), now)


def _silence(
    api: AlertmanagerApi, job: Job, subject: Subject, said: str, now: Micros, until: Micros
) -> Done:
    """Silence what burns of the incident, named by the labels that Alertmanager itself has."""
    mark = f"(sms-notify {subject.id}.{job.made_at})"
    told = api.silences(mark)
    held = api.held() if told.came is Came.done else None
    if held is None or held.told.came is not Came.done:
        return _after(job, held.told if held else told, now)
    known = [held.labels.get(member.fingerprint) for member in subject.members]
    labels = [each for each in known if each]
    wanted = exact(labels) if 0 < len(labels) <= MOST_ALERTS else []
    if told.ids and len(told.ids) == len(wanted or told.ids):  # made before a crash
        return _silenced(job, told.ids, until)
    for left in told.ids:  # not all were made
        api.expire(left)
    if not labels:
        return Done(job, State.dropped, "Alertmanager has none of its alerts any more")
    if not 0 < len(wanted) <= MOST_SILENCES:
        return Done(job, State.failed, f"too_many {len(labels)} alerts")
    return _make(api, job, wanted, f"ACK! {said} {mark}", now, until)


def _make(
    api: AlertmanagerApi,
    job: Job,
    wanted: list[list[Matcher]],
    comment: str,
    now: Micros,
    until: Micros,
) -> Done:
    made: list[str] = []
    for matchers in wanted:
        one = api.silence(matchers, now, until, job.payload["who"], comment)
        if one.came is not Came.done:
            return _after(job, one, now)
        made += one.ids
    return _silenced(job, tuple(made), until)


def _silenced(job: Job, silences: tuple[str, ...], until: Micros) -> Done:
    follow = {"silences": list(silences), "until": until, "acked_at": job.made_at}
    return Done(job, State.done, f"silenced: {', '.join(silences)}", follow=follow)


def _after(job: Job, told: Told, now: Micros) -> Done:
    """Done, refused for good, or again later: for a day."""
    answer = " ".join(filter(None, (told.reason, told.detail)))
    if told.came is Came.done:
        return Done(job, State.done, "told")
    wait = min(LONGEST_WAIT, FIRST_WAIT << min(job.tries - 1, 10))
    if told.came is Came.refused or now + wait > job.made_at + GIVEN_UP_AFTER:
        return Done(job, State.failed, answer)
    return Done(job, State.waiting, answer, wait)
