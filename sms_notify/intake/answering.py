"""The one place where an incident becomes acknowledged, and open again, with what waits for that.

Whoever calls this holds the judging lock, so of two who answer one is first: the other finds the
incident taken (`may_acknowledge`) and hears by whom.
"""

from __future__ import annotations

from sms_notify.intake.chain import STEP, begin_again
from sms_notify.intake.ledger import Ledger
from sms_notify.intake.telling_source import tell_source
from sms_notify.model import IncidentState
from sms_notify.store.facts import Incident

ACK_TIMEOUT = "ack_timeout"


def may_acknowledge(incident: Incident) -> bool:
    """Nobody has it: it is open, if only since the last answer timed out."""
    return incident.state == IncidentState.open


def acknowledge(ledger: Ledger, incident: Incident, who: str, how: str) -> Incident:
    """`who` (a person of ours, or a name from elsewhere) takes the incident, `how` ("by SMS").

    The chain ends, and so does an event, at once; what still fires after its `ack_timeout` is
    open again. The source is told, unless it told us. Changes nothing and returns the incident as
    it is where somebody has it.
    """
    if not may_acknowledge(incident):
        return incident
    key = str(incident.id)
    ledger.set_timer(STEP, key, None)
    timeout = incident.ack_timeout
    ledger.set_timer(ACK_TIMEOUT, key, None if timeout is None else ledger.now + timeout)
    if incident.event:
        ledger.set_timer("stale", key, ledger.now)
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
    ledger.set_timer(ACK_TIMEOUT, str(incident.id), None)
    ledger.event("incident", incident.id, "reopened", why)
    state = IncidentState.open.value
    incident = ledger.change_incident(incident.id, state=state, acked_by=None, acked_at=None)
    return begin_again(ledger, incident)
