"""Somebody acknowledged, and it fires on: both who did and who is on call now hear of it again.

After `ack_timeout` the answer holds no longer: the incident is open again, its present step waits
for an answer from then on, and reminders go on, one each `ack_timeout`, until somebody acknowledges
anew or it ends.
"""

from __future__ import annotations

from sms_notify.config.durations import format_duration
from sms_notify.escalation.handoffs import JUST_TOLD
from sms_notify.escalation.standing import standing
from sms_notify.intake.answering import ACK_TIMEOUT, reopen
from sms_notify.intake.ending import shown_of
from sms_notify.intake.news import News
from sms_notify.intake.rules import thaw_steps
from sms_notify.intake.telling import Teller
from sms_notify.model import Kind
from sms_notify.store.facts import Incident


def remind(teller: Teller, incident: Incident) -> None:
    """What an `ack_timeout` timer is for."""
    ledger, timeout = teller.ledger, incident.ack_timeout
    if timeout is None:
        return
    later = ledger.now + timeout
    if incident.muted_until is not None and incident.muted_until > ledger.now:
        ledger.set_timer(ACK_TIMEOUT, str(incident.id), incident.muted_until)
        return
    times, before = ledger.facts.answers[standing].reminded.get(incident.id, (0, frozenset()))
    acker = {incident.acked_by} if incident.acked_by else before
    why = f"not over {format_duration(timeout)} after {incident.acked_by} took it"
    incident = reopen(ledger, incident, why)
    ledger.set_timer(ACK_TIMEOUT, str(incident.id), later)
    if incident.firing > 0:
        _tell(teller, incident, acker, times + 1)


def _tell(teller: Teller, incident: Incident, acker: set[str], times: int) -> None:
    """An acker who is nobody of ours (a user of Zabbix) is not asked again."""
    news = [News(f"remind:{times}", incident.level)]
    shown = shown_of(teller, incident)
    on_call = teller.rules.people(thaw_steps(incident.steps), 0, teller.ledger.now)
    ours = [one for one in sorted(acker) if one in teller.rules.config.people]
    for person in dict.fromkeys((*ours, *on_call)):
        heard = teller.ledger.heard(incident.id, person)
        if heard is not None and teller.ledger.now - heard.told_at < JUST_TOLD:
            continue  # by a step, a moment ago
        teller.tell(incident, person, Kind.reminder, news, shown=shown)
