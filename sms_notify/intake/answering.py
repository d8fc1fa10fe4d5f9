"""The one place where an incident becomes acknowledged, and open again, with what waits for that.

Whoever calls this holds the judging lock, so of two who answer one is first: the other finds the
incident taken (`may_acknowledge`) and hears by whom.
"""

from __future__ import annotations

from sms_notify.intake.ledger import Ledger
from sms_notify.intake.rules import thaw_steps
from sms_notify.intake.telling_source import tell_source
from sms_notify.model import IncidentState, Micros
from sms_notify.store.facts import Incident


def may_acknowledge(incident: Incident, now: Micros) -> bool:
    """It is open, or its last answer is so old that a reminder of it is out: it is taken anew."""
    if incident.state == IncidentState.open:
        return True
    if incident.state != IncidentState.acknowledged or incident.ack_timeout is None:
        return False
    return incident.acked_at is None or now >= incident.acked_at + incident.ack_timeout


def acknowledge(ledger: Ledger, incident: Incident, who: str, how: str) -> Incident:
    """`who` (a person of ours, or a name from elsewhere) takes the incident, `how` ("by SMS").

    The chain ends; if it still fires after its `ack_timeout`, a reminder goes out. The source is
    told, unless it told us. Changes nothing and returns the incident as it is where
    `may_acknowledge` says no.
    """
    if not may_acknowledge(incident, ledger.now):
        return incident
    key = str(incident.id)
    ledger.set_timer("step", key, None)
    if incident.ack_timeout is not None:
        ledger.set_timer("ack_timeout", key, ledger.now + incident.ack_timeout)
    ledger.event("incident", incident.id, "acknowledged", f"{how} by {who}")
    state = IncidentState.acknowledged.value
    acked = ledger.change_incident(incident.id, state=state, acked_by=who, acked_at=ledger.now)
    tell_source(ledger, acked, who, how)
    return acked


def reopen(ledger: Ledger, incident: Incident, why: str) -> Incident:
    """An acknowledged incident is nobody's again: its present step waits for an answer from now.

    Changes nothing where it is not acknowledged.
    """
    if incident.state != IncidentState.acknowledged:
        return incident
    key = str(incident.id)
    ledger.set_timer("ack_timeout", key, None)
    ledger.event("incident", incident.id, "reopened", why)
    state = IncidentState.open.value
    incident = ledger.change_incident(incident.id, state=state, acked_by=None, acked_at=None)
    steps = thaw_steps(incident.steps)
    wait = steps[incident.step].wait if incident.step < len(steps) else None
    if wait is None:
        return incident
    ledger.set_timer("step", key, ledger.now + wait)
    return ledger.change_incident(incident.id, stepped_at=ledger.now, waits_from=ledger.now)
