"""Something that flaps burns again: its end, not told yet, was none."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, null, select, update

from sms_notify.intake.ledger import Ledger
from sms_notify.model import Verdict
from sms_notify.store import tables as t
from sms_notify.store.sql import Statement

_its = t.member.c.alert == bindparam("of_alert", type_=BigInteger)
_heard = (  # by whom, so that the whole key is known: an incident may have thousands of tellings
    select(t.audience.c.person)
    .join_from(t.member, t.audience, t.audience.c.incident == t.member.c.incident)
    .where(_its)
)
_NO_END = Statement(
    update(t.telling)
    .where(
        t.telling.c.incident.in_(select(t.member.c.incident).where(_its)),
        t.telling.c.person.in_(_heard),
        t.telling.c.news == t.word("end"),
        t.telling.c.verdict == t.word(Verdict.flapping),
        t.telling.c.message.is_(None),
    )
    .values(hold_until=null())
)


def burns_again(ledger: Ledger, alert: int) -> None:
    """Tell no more of the ends that are held of the occurrence before."""
    ledger.write(_NO_END, of_alert=alert)
