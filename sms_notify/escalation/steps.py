"""The chain of one incident: who is told when nobody answered."""

from __future__ import annotations

from sms_notify.intake.ending import shown_of
from sms_notify.intake.rules import thaw_steps
from sms_notify.intake.telling import News, Teller
from sms_notify.model import IncidentState, Kind
from sms_notify.store.facts import Incident


def next_step(teller: Teller, incident: Incident, why: str) -> Incident:
    """Go on to the next step, after the last to the root receiver; only for what is open.

    The Ledger must hold everybody who may be on call (`Keys.people`) and the incident's alerts
    (`Keys.incidents`). `why` is kept in the history.
    """
    if incident.state != IncidentState.open:
        return incident
    steps = thaw_steps(incident.steps)
    step = incident.step + 1
    now = teller.ledger.now
    told = {heard.person for heard in teller.ledger.audience(incident.id)}
    people = [person for person in teller.rules.people(steps, step, now) if person not in told]
    news = [News(f"step:{incident.round}.{step}", incident.level)]
    if step < len(steps):
        incident = teller.ledger.change_incident(incident.id, step=step)
    teller.ledger.event("incident", incident.id, "next_step", why)
    if not people:
        teller.ledger.event("incident", incident.id, "unreachable", "nobody is left to be told")
    for person in people:
        if not teller.ledger.telling(incident.id, person, news[0].key):
            shown = shown_of(teller, incident)
            teller.tell(incident, person, Kind.escalated, news, shown=shown)
    return incident
