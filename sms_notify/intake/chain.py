"""Where an incident stands in its chain: which step has begun, and until when it is looked at."""

from __future__ import annotations

from sms_notify.intake.ledger import Ledger
from sms_notify.intake.rules import thaw_steps
from sms_notify.model import Micros
from sms_notify.store.facts import Incident

STEP = "step"


def wait_of(incident: Incident) -> Micros | None:
    """How long an answer to the present step is waited for; None: nothing comes after it."""
    if over(incident):
        return None
    steps = thaw_steps(incident.steps)
    return steps[incident.step].wait if incident.step < len(steps) else None


def over(incident: Incident) -> bool:
    """Every step of every round was gone through, and nobody answered."""
    return incident.round >= incident.rounds


def begin(ledger: Ledger, incident: Incident, step: int, round_: int) -> Incident:
    """This step begins now; its wait begins when the first SMS about it has left.

    No SMS can have left earlier than now, so there is nothing to look at before the wait is over.
    """
    incident = ledger.change_incident(
        incident.id,
        step=step,
        round=round_,
        stepped_at=ledger.now,
        rests_until=None,
        waits_from=None,
    )
    wait = wait_of(incident)
    ledger.set_timer(STEP, str(incident.id), None if wait is None else ledger.now + wait)
    return incident


def begin_again(ledger: Ledger, incident: Incident) -> Incident:
    """An answer does not hold any more: the present step is waited for from now.

    A chain that was over goes on with its last step.
    """
    last = min(incident.round, incident.rounds - 1)
    incident = begin(ledger, incident, incident.step, last)
    return ledger.change_incident(incident.id, waits_from=ledger.now)
