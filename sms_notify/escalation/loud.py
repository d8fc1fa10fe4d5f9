"""Nobody answered, and nobody is left: said where it cannot be overlooked."""

from __future__ import annotations

from collections.abc import Collection

from sms_notify.intake import Notice
from sms_notify.intake.telling import Teller
from sms_notify.model import Level
from sms_notify.store.facts import Incident

_ZH = "无人应答: {name} 通知完{steps}仍无人确认"
_EN = "NO ANSWER: {name} was told to all of {steps}, nobody acknowledged"


def unanswered(teller: Teller, incident: Incident, why: str, *, besides: Collection[str]) -> None:
    """A chain is over: in the history, in the log, a metric, and one SMS to the operator.

    `besides`: who is paged as the last resort now and need not hear it twice.
    """
    ledger, rules = teller.ledger, teller.rules
    ledger.event("incident", incident.id, "unanswered", why)
    teller.tally.unanswered.append(incident.id)
    said = _EN if rules.config.site.language == "en" else _ZH
    text = said.format(name=incident.name, steps=incident.receiver)
    key = f"unanswered:{incident.id}:{ledger.now}"
    notice = Notice(rules, key, text, Level(incident.level), besides=besides)
    teller.tally.messages += notice.judge(ledger, ledger.now).messages
