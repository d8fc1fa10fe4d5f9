"""The chain of one incident: who is told when nobody answered, and what is done when all were."""

from __future__ import annotations

from dataclasses import dataclass

from sms_notify import oncall
from sms_notify.config import Step
from sms_notify.escalation.loud import unanswered
from sms_notify.intake.chain import begin, over
from sms_notify.intake.ending import shown_of
from sms_notify.intake.news import News
from sms_notify.intake.rules import thaw_steps
from sms_notify.intake.telling import Teller
from sms_notify.model import IncidentState, Kind
from sms_notify.store.facts import Incident


@dataclass(frozen=True, slots=True)
class Place:
    """A step of a round, and who is there now."""

    round: int
    step: int
    people: tuple[str, ...]


def next_step(teller: Teller, incident: Incident, why: str) -> Incident:
    """Go on to the next step at which somebody is there; only for what is open.

    After the last step of the last round it is the turn of the root receiver, and the operator is
    told, once; the incident stays open. The Ledger must hold everybody who may be on call
    (`Keys.people`) and the incident's alerts (`Keys.incidents`). `why` is kept in the history.
    """
    if incident.state != IncidentState.open:
        return incident
    if over(incident):
        teller.ledger.event("incident", incident.id, "unreachable", f"nobody is left: {why}")
        return incident
    place = _next_place(teller, incident)
    if place is None:
        return _end_of_chain(teller, incident, why)
    said = f"step {place.step + 1}, round {place.round + 1}: {why}"
    teller.ledger.event("incident", incident.id, "next_step", said)
    incident = begin(teller.ledger, incident, place.step, place.round)
    _page(teller, incident, place)
    return incident


def _next_place(teller: Teller, incident: Incident) -> Place | None:
    """The steps that mean nobody take no time; a whole round of them is the end of the chain."""
    steps = thaw_steps(incident.steps)
    count = len(steps)
    at = incident.round * count + incident.step + 1
    for number in range(at, min(at + count, incident.rounds * count)):
        round_, step = divmod(number, count)
        _warn_of_gone(teller, incident, steps[step])
        people = teller.rules.whom(steps[step].to, teller.ledger.now)
        if people:
            return Place(round_, step, people)
        said = f"nobody is there for step {step + 1}"
        teller.ledger.event("incident", incident.id, "skipped", said)
    return None


def _warn_of_gone(teller: Teller, incident: Incident, step: Step) -> None:
    """The steps stay as they were when it opened, whatever a reload takes away."""
    for name in step.to:
        if not oncall.knows(teller.rules.config, name):
            said = f"{name} is no longer configured"
            teller.ledger.event("incident", incident.id, "skipped", said)


def _page(teller: Teller, incident: Incident, place: Place) -> None:
    news = [News(f"step:{place.round}.{place.step}", incident.level)]
    shown = shown_of(teller, incident)
    for person in place.people:
        if not teller.ledger.telling(incident.id, person, news[0].key):
            teller.tell(incident, person, Kind.escalated, news, shown=shown)


def _end_of_chain(teller: Teller, incident: Incident, why: str) -> Incident:
    """The last resort: whoever the root receiver names and was not told yet, and the operator."""
    ledger, now = teller.ledger, teller.ledger.now
    count = len(thaw_steps(incident.steps))
    told = {heard.person for heard in ledger.audience(incident.id)}
    people = tuple(one for one in teller.rules.root_people(now) if one not in told)
    place = Place(incident.round, count, people)
    incident = begin(ledger, incident, incident.step, incident.rounds)
    if not people:
        ledger.event("incident", incident.id, "unreachable", "nobody is left to be told")
    _page(teller, incident, place)
    unanswered(teller, incident, why, besides=people)
    return incident
