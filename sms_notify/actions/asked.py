"""The Inputs of actions on incidents that are named by a code or an id: commands and the API."""

from __future__ import annotations

from dataclasses import dataclass

from sms_notify.actions import acting
from sms_notify.actions.acting import Actor, Did
from sms_notify.intake import Ledger, Rules
from sms_notify.intake.tally import Tally
from sms_notify.intake.telling import Teller
from sms_notify.model import Micros
from sms_notify.store.facts import Incident, Keys


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of it for each incident that the number means; none: it means none."""

    dids: tuple[Did, ...]
    tally: Tally


class _OnIncidents:
    """`number` is a code (of an incident, or of a digest: all that is open of it), else an id."""

    alerts = 1

    def __init__(self, rules: Rules, number: int, by: Actor) -> None:
        self.rules = rules
        self.number = number
        self.by = by

    def wants(self, now: Micros) -> Keys:
        people = set(self.rules.config.people)
        return Keys(codes={self.number}, incidents={self.number}, people=people)

    def judge(self, ledger: Ledger, now: Micros) -> Answered:
        tally = Tally()
        teller = Teller(ledger, self.rules, tally)
        dids = tuple(self.act(teller, incident) for incident in self._meant(ledger))
        return Answered(dids, tally)

    def act(self, teller: Teller, incident: Incident) -> Did:
        raise NotImplementedError

    def _meant(self, ledger: Ledger) -> list[Incident]:
        found = ledger.facts.coded.get(self.number)
        numbers = found.incidents if found else (self.number,)
        known = [ledger.incident(number) for number in numbers]
        return [incident for incident in known if incident is not None]


class Acknowledge(_OnIncidents):
    """Somebody takes it."""

    def act(self, teller: Teller, incident: Incident) -> Did:
        return acting.acknowledge(teller, incident, self.by)


class Escalate(_OnIncidents):
    """Somebody passes it on."""

    def act(self, teller: Teller, incident: Incident) -> Did:
        return acting.escalate(teller, incident, self.by)


class Mute(_OnIncidents):
    """Somebody silences it for a while."""

    def __init__(self, rules: Rules, number: int, by: Actor, lasts: Micros) -> None:
        super().__init__(rules, number, by)
        self.lasts = min(lasts, rules.config.replies.max_mute)

    def act(self, teller: Teller, incident: Incident) -> Did:
        return acting.mute(teller, incident, self.lasts, self.by)
