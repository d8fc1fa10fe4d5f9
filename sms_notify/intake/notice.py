"""What sms-notify has to say about itself, once: to the operator, or to those it concerns."""

from __future__ import annotations

from collections.abc import Collection

from sms_notify.intake.ledger import Ledger
from sms_notify.intake.rules import Rules
from sms_notify.intake.tally import Tally
from sms_notify.intake.telling import message_row
from sms_notify.model import Kind, Lane, Level, Micros
from sms_notify.store.facts import Keys


class Notice:
    """The Input for one text of our own; the same `key` is told once, however often it is said.

    `to`: people of the configuration; nobody is the operator.
    """

    alerts = 1

    def __init__(
        self,
        rules: Rules,
        key: str,
        text: str,
        level: Level = Level.warning,
        to: tuple[str, ...] = (),
        *,
        besides: Collection[str] = (),
    ) -> None:
        """`besides`: operators who hear of it otherwise."""
        self.rules = rules
        self.to = to
        self.besides = frozenset(besides)
        self.key = key
        self.text = text
        self.level = level

    def wants(self, now: Micros) -> Keys:
        return Keys(once={self._key_of(person) for person in self.rules.config.people})

    def judge(self, ledger: Ledger, now: Micros) -> Tally:
        tally = Tally()
        text = self.rules.texts.notice(self.text)
        for person in self.to or self.rules.as_of(ledger.facts).operators(now):
            key = self._key_of(person)
            if key in ledger.facts.once or ledger.queues(key) or person in self.besides:
                continue
            row = message_row(ledger, self.rules, person, text)
            row |= {"kind": Kind.notice.value, "level": int(self.level), "once_key": key}
            row |= {"lane": Lane.free.value}
            row["expires_at"] = now + self.rules.config.delivery.expires
            tally.messages.append(ledger.queue(row))
        return tally

    def _key_of(self, person: str) -> str:
        return f"{self.key}:{person}"
