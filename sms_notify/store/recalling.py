"""What a code means, and what was sent to somebody: the facts for whoever answers."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, cast, func, null, or_, select, union_all

from sms_notify.model import DAY, PAGE_KINDS, Micros
from sms_notify.store import tables as t
from sms_notify.store.facts import Coded, Facts, Keys
from sms_notify.store.outbox import given
from sms_notify.store.sql import Row, Statement, Transaction, among, json_set
from sms_notify.store.tables import word

REMEMBERED: Micros = DAY
"""An SMS older than this is answered no more."""

_m, _t, _c, _i = t.message, t.telling, t.code, t.incident
_when = func.coalesce(_m.c.sent_at, _m.c.queued_at)
_CODED = Statement(
    union_all(
        select(
            _c.c.code, _c.c.incident, _c.c.message, cast(null(), Text), cast(null(), BigInteger)
        ).where(among(_c.c.code, "codes"), _c.c.incident.is_not(None)),
        select(_c.c.code, _t.c.incident, _c.c.message, _m.c.person, _when)
        .distinct()
        .select_from(_c.join(_m, _m.c.id == _c.c.message).join(_t, _t.c.message == _m.c.id))
        .where(among(_c.c.code, "codes"), _m.c.request.is_not(None)),
    )
)
_left = (
    among(_m.c.person, "people"),
    _m.c.queued_at > given("queued_since"),
    _when > given("since"),
    _m.c.request.is_not(None),  # it may have left
    _m.c.kind.in_([word(kind) for kind in sorted(PAGE_KINDS)]),
)
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
    if keys.codes:
        found: dict[int, list[Row]] = {}
        for row in tx.all(_CODED, codes=json_set(sorted(keys.codes))):
            found.setdefault(row[0], []).append(row)
        for code, some in found.items():
            facts.coded[code] = Coded(tuple(row[1] for row in some), *some[0][2:])
    coded = {incident for each in facts.coded.values() for incident in each.incidents}
    if keys.recall:
        since = now - REMEMBERED
        for person, incident, at in tx.all(
            _SENT, people=json_set(sorted(keys.recall)), since=since,
            queued_since=since - DAY, coded=json_set(sorted(coded)),
        ):  # fmt: skip
            facts.recalled[person, incident] = at
    return coded | {incident for _person, incident in facts.recalled}
