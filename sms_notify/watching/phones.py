"""A phone that takes no more SMS: several failed reports in a row, told the operator once."""

from __future__ import annotations

from collections.abc import Sequence

from sms_notify.intake import Ledger, Notice, Rules
from sms_notify.intake.tally import Tally
from sms_notify.model import Level, Micros, mask_phone
from sms_notify.store import proofs, timers
from sms_notify.store.facts import Keys
from sms_notify.store.proofs import PHONE_TIMER, Phone
from sms_notify.watching.words import words

IN_A_ROW = 3


class LookAtPhones:
    """The Input for phones of which a report said that an SMS did not arrive."""

    def __init__(self, rules: Rules, phones: Sequence[str]) -> None:
        self.rules = rules
        self.phones = tuple(phones)

    @property
    def alerts(self) -> int:
        return len(self.phones)

    def wants(self, now: Micros) -> Keys:
        due = {(PHONE_TIMER, phone) for phone in self.phones}
        people = self.rules.config.people  # an override may make any of them the operator
        wanted = {(phone, who) for phone in self.phones for who in people}
        return Keys(asked={proofs.phones: wanted, timers.as_set: due})

    def judge(self, ledger: Ledger, now: Micros) -> Tally:
        tally = Tally()
        for phone in self.phones:
            if (PHONE_TIMER, phone) not in ledger.facts.answers[timers.as_set]:
                continue
            ledger.set_timer(PHONE_TIMER, phone, None)
            known: Phone | None = ledger.facts.answers[proofs.phones].get(phone)
            if known is not None and known.failed >= IN_A_ROW:
                tally.messages += self._tell(ledger, phone, known)
        return tally

    def _tell(self, ledger: Ledger, phone: str, known: Phone) -> list[int]:
        """Once, until a message to it is delivered: which one was the last is in the key."""
        people = self.rules.config.people.values()
        person = next((each.name for each in people if phone in each.phones), "")
        said = words(self.rules.config)["phone"].format(
            person=person, phone=mask_phone(phone), times=IN_A_ROW
        )
        ledger.facts.once |= known.told
        key = proofs.phone_key(phone, known.since)
        return Notice(self.rules, key, said, Level.warning).judge(ledger, ledger.now).messages
