"""What is done to one incident, and what came of it for whoever asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sms_notify.escalation import next_step
from sms_notify.intake import answering, muting
from sms_notify.intake.telling import Teller
from sms_notify.model import IncidentState, Micros
from sms_notify.store.facts import Incident


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, a person of ours or the name of a token, and `how`: `by SMS`, `over the API`."""

    name: str
    how: str


class Came(StrEnum):
    """What came of an action on one incident."""

    done = "done"
    again = "again"  # the same person did it before
    taken = "taken"  # somebody else has acknowledged it
    over = "over"  # it has ended


@dataclass(frozen=True, slots=True)
class Did:
    """What came of it, and the incident as it is now."""

    came: Came
    incident: Incident


def acknowledge(teller: Teller, incident: Incident, by: Actor) -> Did:
    """The chain ends, and what is only an event is over with that."""
    standing = _not_open(teller, incident, by)
    if standing is not None:
        return standing
    found = answering.acknowledge(teller.ledger, incident, by.name, by.how)
    return Did(Came.done, found)


def escalate(teller: Teller, incident: Incident, by: Actor) -> Did:
    """The next step now. A mute ends by it, and so does an acknowledgement of `by`; an incident
    that another acknowledged stays theirs, and nothing is done."""
    standing = _not_open(teller, incident, by)
    if standing is not None and standing.came is not Came.again:
        return standing
    why = f"{by.how} by {by.name}"
    incident = answering.reopen(teller.ledger, incident, f"escalated {why}")
    incident = muting.unmute(teller.ledger, incident, f"{by.name} who escalated {by.how}")
    return Did(Came.done, next_step(teller, incident, f"escalated {why}"))


def mute(teller: Teller, incident: Incident, lasts: Micros, by: Actor) -> Did:
    """Hold its news for `lasts`; the caller bounds that."""
    if incident.ended_at is not None:
        return Did(Came.over, incident)
    until = teller.ledger.now + lasts
    return Did(Came.done, muting.mute(teller.ledger, incident, until, f"{by.name} {by.how}"))


def _not_open(teller: Teller, incident: Incident, by: Actor) -> Did | None:
    """What keeps an incident from being acted on, or None."""
    if incident.state == IncidentState.ended or incident.ended_at is not None:
        return Did(Came.over, incident)
    if answering.may_acknowledge(incident):
        return None
    return Did(Came.again if incident.acked_by == by.name else Came.taken, incident)
