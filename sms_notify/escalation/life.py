"""Does it still burn? The source is asked before somebody is told again, where that is configured.

A job asks (errands/asking.py); the timer waits for it at most PATIENCE and is woken by the answer.
No answer is "it burns": a question must never cost a page.
"""

from __future__ import annotations

from typing import Any

import orjson

from sms_notify.intake import Rules
from sms_notify.intake.answering import acknowledge
from sms_notify.intake.news import News
from sms_notify.intake.telling import Teller
from sms_notify.intake.telling_source import IN_ZABBIX
from sms_notify.model import MINUTE, SECOND, Decision, IncidentState, Micros, Verdict
from sms_notify.store import jobs
from sms_notify.store.facts import Incident
from sms_notify.upstream import Life

PATIENCE: Micros = 5 * SECOND
FRESH: Micros = 30 * SECOND
"""An answer is good for so long."""
ASK_AGAIN: Micros = 5 * MINUTE
"""While it is suppressed in the source."""


def asks_first(teller: Teller, incident: Incident, kind: str) -> bool:
    """Ask the source before the timer `kind` (step, repeat, ack_timeout) of this incident fires?

    True: nothing is told now; where it is to come again, the timer was set anew. Wants the answers
    to `jobs.latest` for the incident.
    """
    if not _can_ask(teller.rules, incident):
        return False
    ledger, key = teller.ledger, str(incident.id)
    asked = ledger.facts.answers[jobs.latest].get(incident.id)
    if asked is None or asked[0] + FRESH < ledger.now:
        _ask(teller, incident, kind, asked)
        return True
    made_at, ended_at, state, answer = asked
    if ended_at is None:
        if made_at + PATIENCE > ledger.now:
            ledger.set_timer(kind, key, made_at + PATIENCE)
            return True
        ledger.event("incident", incident.id, "no_sign_of_life", "no answer: told all the same")
        return False
    return state == "done" and _is_settled(teller, incident, kind, orjson.loads(answer))


def _can_ask(rules: Rules, incident: Incident) -> bool:
    if incident.event:
        return False
    upstream = rules.config.upstream
    known = {"zabbix": upstream.zabbix, "alertmanager": upstream.alertmanager}
    return known.get(incident.source) is not None


def _ask(teller: Teller, incident: Incident, kind: str, before: jobs.Asked | None) -> None:
    """The question knows the answer before it: what is known to be suppressed is no news."""
    ledger = teller.ledger
    answer = orjson.loads(before[3]) if before and before[3] else {}
    payload = {"timers": [kind], "before": answer.get("life", "")}
    ledger.write(
        jobs.NEW,
        once_key=f"alive:{incident.id}:{ledger.now}",
        kind=jobs.ALIVE,
        incident=incident.id,
        payload=orjson.dumps(payload).decode(),
        now=ledger.now,
    )
    ledger.set_timer(kind, str(incident.id), ledger.now + PATIENCE)


def _is_settled(teller: Teller, incident: Incident, kind: str, answer: dict[str, Any]) -> bool:
    """What was answered leaves nobody to be told. (What is over was ended with the answer.)"""
    ledger = teller.ledger
    if answer["acked_by"] and incident.state == IncidentState.open:
        acknowledge(ledger, incident, answer["acked_by"], IN_ZABBIX)
        return True
    if answer["life"] == Life.suppressed:
        _suppressed(teller, incident, kind, answer)
        return True
    if incident.firing == 0:  # all that is known is over; a truncated body told of more
        ledger.set_timer(kind, str(incident.id), ledger.now + ASK_AGAIN)
        return True
    ledger.change_incident(incident.id, last_seen=ledger.now)
    return False


def _suppressed(teller: Teller, incident: Incident, kind: str, answer: dict[str, Any]) -> None:
    """A verdict for everybody who heard of it, when that begins; asked again later."""
    ledger = teller.ledger
    ledger.set_timer(kind, str(incident.id), ledger.now + ASK_AGAIN)
    if answer["before"] == Life.suppressed:
        return
    decision = Decision(Verdict.suppressed, f"silenced or in maintenance in {incident.source}")
    news = [News(f"suppressed:{ledger.now}", incident.level)]
    for heard in ledger.audience(incident.id):
        teller.write(incident, heard.person, news, decision)
    by = ", ".join(answer["by"])
    ledger.event("incident", incident.id, "suppressed", f"{incident.source} {by}".strip())
