"""Telling the source that somebody answered: as a job, decided with the answer itself.

What Zabbix is told comes back from it as an update of the event. `Echo` knows it again: it is no
news to whoever answered, and to nobody of the incident in which it was answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import orjson

from sms_notify.intake.ledger import Ledger
from sms_notify.model import Alert
from sms_notify.sources.zabbix import update_of
from sms_notify.store import jobs
from sms_notify.store.facts import Incident

IN_ZABBIX = "in Zabbix"
"""How it was acknowledged where Zabbix said so itself."""

KINDS = {"zabbix": jobs.ACKNOWLEDGE, "alertmanager": jobs.SILENCE}
_ZH = {"by SMS": "短信确认", "by command": "命令行确认", "over the API": "接口确认"}


def tell_source(ledger: Ledger, incident: Incident, who: str, how: str) -> None:
    """Queue it with all else of this batch; whether it is wanted, the configuration says then."""
    kind = KINDS.get(incident.source)
    if kind is None or how == IN_ZABBIX:
        return
    ledger.write(
        jobs.NEW,
        once_key=f"ack:{incident.id}:{incident.acked_at}",
        kind=kind,
        incident=incident.id,
        payload=orjson.dumps({"who": who, "how": how}).decode(),
        now=ledger.now,
    )


def phrase(language: str, how: str) -> str:
    """`短信确认`: how it was answered, in the words of the texts."""
    if language == "en":
        return f"acknowledged {how}".strip()
    return _ZH.get(how, "确认")


def words(language: str, who: str, how: str) -> str:
    """`张伟 短信确认`: what the source is told."""
    return f"{who} {phrase(language, how)}"


@dataclass(frozen=True, slots=True)
class Echo:
    """Our own words, back from Zabbix: who had answered, in which incidents, how."""

    who: str = ""
    incidents: frozenset[int] = frozenset()
    said: str = ""

    def is_news_to(self, incident: int, person: str) -> bool:
        return not (self.who and (incident in self.incidents or person == self.who))

    def as_said(self, alert: Alert) -> Alert:
        """The update as whoever answered would have made it in Zabbix."""
        if not self.who or update_of(alert) is None:
            return alert
        spoken = {"update_user": self.who, "update_message": self.said}
        return replace(alert, annotations={**alert.annotations, **spoken})


NO_ECHO = Echo()


def may_echo(alerts: Iterable[Alert]) -> set[str]:
    """The events that were acknowledged with words: they may be ours."""
    updates = ((a, update_of(a)) for a in alerts if "update" in a.annotations)
    return {a.fingerprint for a, said in updates if said and said.acknowledged and said.message}


def echo_of(
    alerts: Sequence[Alert],
    told: Mapping[str, Sequence[tuple[int, str, str]]],
    language: str,
) -> Echo:
    """Whose answer the updates of a call are, of what was `told` to Zabbix (jobs.said)."""
    for alert in alerts:
        update = update_of(alert)
        if update is None or not update.acknowledged:
            continue
        for _incident, who, how in told.get(alert.fingerprint, ()):
            if " ".join(update.message.split()) == " ".join(words(language, who, how).split()):
                all_of_it = frozenset(incident for incident, _who, _how in told[alert.fingerprint])
                return Echo(who, all_of_it, phrase(language, how))
    return NO_ECHO
