"""One SMS that an operator asks for, to see that it arrives."""

from __future__ import annotations

from sms_notify.intake.ledger import Ledger
from sms_notify.intake.rules import Rules
from sms_notify.intake.tally import Tally
from sms_notify.model import MINUTE, Kind, Lane, Level, Micros
from sms_notify.store.facts import Keys

LASTS: Micros = 10 * MINUTE
"""Later than this nobody looks at the phone any more."""


class Trial:
    """The Input for a test SMS: no limit counts it, it is sent once and never again."""

    alerts = 1

    def __init__(self, rules: Rules, person: str, phone: str, text: str) -> None:
        """`phone` in E.164; `person` is who it belongs to, or stands for somebody unknown."""
        self.rules = rules
        self.person = person
        self.phone = phone
        self.text = text

    def wants(self, now: Micros) -> Keys:
        return Keys()

    def judge(self, ledger: Ledger, now: Micros) -> Tally:
        text = self.rules.texts.notice(self.text)
        row = {
            "person": self.person, "phone": self.phone, "kind": Kind.test.value,
            "level": int(Level.info), "lane": Lane.free.value, "text": text.text,
            "units": text.units, "segments": text.segments, "decided_at": now, "queued_at": now,
            "not_before": now, "expires_at": now + LASTS,
        }  # fmt: skip
        tally = Tally()
        tally.messages.append(ledger.queue(row))
        return tally
