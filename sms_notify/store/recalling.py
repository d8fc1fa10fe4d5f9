"""What a code means, and what was sent to somebody: the facts for whoever answers."""

from __future__ import annotations

from sqlalchemy import func, or_, select, union_all

from sms_notify.model import DAY, PAGE_KINDS, Micros
from sms_notify.store import tables as t
from sms_notify.store.facts import Coded, Facts, Keys
from sms_notify.store.outbox import given
from sms_notify.store.sql import Statement, Transaction, among, json_set
from sms_notify.store.tables import word

REMEMBERED: Micros = DAY
"""An SMS older than this is answered no more."""

_m, _t, _c, _i = t.message, t.telling, t.code, t.incident
_CODED = Statement(
    union_all(
        select(_c.c.code, _c.c.incident, _c.c.message).where(
            among(_c.c.code, "codes"), _c.c.incident.is_not(None)
        ),
        select(_c.c.code, _t.c.incident, _c.c.message)
        .distinct()
        .join_from(_c, _t, _t.c.message == _c.c.message)
        .where(among(_c.c.code, "codes")),
    )
)
_left = (
    among(_m.c.person, "people"),
    _m.c.queued_at > given("queued_since"),
    func.coalesce(_m.c.sent_at, _m.c.queued_at) > given("since"),
    _m.c.request.is_not(None),  # it may have left
    _m.c.kind.in_([word(kind) for kind in sorted(PAGE_KINDS)]),
)
_when = func.coalesce(_m.c.sent_at, _m.c.queued_at)
_wanted = or_(_i.c.ended_at.is_(None), among(_i.c.id, "coded"))
_sent = union_all(
    select(_m.c.person, _m.c.incident.label("incident"), _when.label("at"))
    .join_from(_m, _i, _i.c.id == _m.c.incident)
    .where(*_left, _wanted),
    select(_m.c.person, _t.c.incident, _when)
    .select_from(_m.join(_t, _t.c.message == _m.c.id).join(_i, _i.c.id == _t.c.incident))
    .where(*_left, _wanted),
).subquery()
_SENT = Statement(
    select(_sent.c.person, _sent.c.incident, func.max(_sent.c.at)).group_by(
        _sent.c.person, _sent.c.incident
    )
)


def recall(tx: Transaction, keys: Keys, facts: Facts, now: Micros) -> set[int]:
    """Fill `coded` and `recalled`; the incidents that are to be loaded for them."""
    found: dict[int, tuple[set[int], int | None]] = {}
    if keys.codes:
        for code, incident, message in tx.all(_CODED, codes=json_set(sorted(keys.codes))):
            found.setdefault(code, (set(), message))[0].add(incident)
    facts.coded = {code: Coded(tuple(sorted(some)), of) for code, (some, of) in found.items()}
    coded = {incident for each in facts.coded.values() for incident in each.incidents}
    if keys.recall:
        since = now - REMEMBERED
        for person, incident, at in tx.all(
            _SENT, people=json_set(sorted(keys.recall)), since=since,
            queued_since=since - DAY, coded=json_set(sorted(coded)),
        ):  # fmt: skip
            facts.recalled[person, incident] = at
    return coded | {incident for _person, incident in facts.recalled}
