"""Muting one incident for everybody until a moment, and taking that back.

News of it is held meanwhile and what still burns at the end is told in one digest. Its end is told
at once, and a member of a higher level ends the mute: a muted warning never hides that it became
critical.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, bindparam, update

from sms_notify.config.durations import format_duration
from sms_notify.intake.ledger import Ledger
from sms_notify.model import MINUTE, Micros
from sms_notify.store import tables as t
from sms_notify.store.facts import Incident
from sms_notify.store.sql import Statement

MUTED = "muted by hand"

_until = bindparam("until", type_=BigInteger)
_SHORTEN = Statement(
    update(t.telling)
    .where(
        t.telling.c.incident == bindparam("of_incident", type_=BigInteger),
        t.telling.c.reason == bindparam("of_reason", type_=Text),
        t.telling.c.message.is_(None),
        t.telling.c.hold_until > _until,
    )
    .values(hold_until=_until)
)


def mute(ledger: Ledger, incident: Incident, until: Micros, who: str) -> Incident:
    """Hold the news of an open incident for everybody until `until`; also moves an earlier mute.

    Wants `Keys.incidents` to hold it. The caller bounds `until` (`replies.max_mute`).
    """
    if until <= ledger.now:
        return unmute(ledger, incident, who)
    span = -(-(until - ledger.now) // MINUTE) * MINUTE
    ledger.event("incident", incident.id, "muted", f"for {format_duration(span)} by {who}")
    return _set(ledger, incident, until)


def unmute(ledger: Ledger, incident: Incident, who: str) -> Incident:
    """Tell what was held, now; nothing happens where nothing is muted."""
    if incident.muted_until is None or incident.muted_until <= ledger.now:
        return incident
    ledger.event("incident", incident.id, "unmuted", f"by {who}")
    return _set(ledger, incident, None)


def _set(ledger: Ledger, incident: Incident, until: Micros | None) -> Incident:
    """Also what is held by an earlier mute goes when the new one ends."""
    ends = ledger.now if until is None else until
    if incident.muted_until is not None and ends < incident.muted_until:
        ledger.write(_SHORTEN, of_incident=incident.id, of_reason=MUTED, until=ends)
        for heard in ledger.audience(incident.id):
            ledger.judge_again(heard.person, ends)
    return ledger.change_incident(incident.id, muted_until=until)
