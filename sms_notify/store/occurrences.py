"""Loading what is known of the things that a batch speaks of.

Of each its latest occurrence, how often it began lately, its incidents, and who was told of it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    union_all,
)

from sms_notify.model import DAY, Level, Micros
from sms_notify.store import tables as t
from sms_notify.store.facts import Facts, Keys, Occurrence, Telling
from sms_notify.store.sql import Row, Statement, Transaction, among, item, json_set, rows

_pairs = rows("pairs")
_latest = (
    select(func.max(t.alert.c.starts_at))
    .where(t.alert.c.source == item(_pairs, 0), t.alert.c.fingerprint == item(_pairs, 1))
    .correlate(_pairs)
    .scalar_subquery()
)
FLAPS_LOOK: Micros = DAY
"""How far back the beginnings of one thing are looked at to see whether it flaps."""
FLAPS_MOST = 20
"""How many of its beginnings are looked at, the latest first."""
_since = bindparam("since", type_=BigInteger)
_beginnings = (
    select(t.alert.c.starts_at)
    .where(
        t.alert.c.source == item(_pairs, 0),
        t.alert.c.fingerprint == item(_pairs, 1),
        t.alert.c.starts_at > _since,
    )
    .correlate(_pairs)
    .order_by(t.alert.c.starts_at.desc())
    .limit(FLAPS_MOST)
    .subquery()
)
_comma: Any = literal_column("','")  # a bound one would be written into the text too late
_starts = select(
    func.aggregate_strings(cast(_beginnings.c.starts_at, Text()), _comma)
).scalar_subquery()
_OCCURRENCES = Statement(
    select(
        t.alert.c.id,
        t.alert.c.source,
        t.alert.c.fingerprint,
        t.alert.c.starts_at,
        t.alert.c.ended_at,
        t.alert.c.unseen,
        t.alert.c.level,
        t.alert.c.last_seen,
        t.alert.c.flaps_until,
        case(
            (t.alert.c.starts_at > _since, _starts), else_=literal_column("''", Text())
        ),  # old ones cost nothing
    ).join_from(
        _pairs,
        t.alert,
        and_(
            t.alert.c.source == item(_pairs, 0),
            t.alert.c.fingerprint == item(_pairs, 1),
            t.alert.c.starts_at == _latest,
        ),
    )
)

_columns = [t.telling.c[name] for name in Telling._fields]
_member = {"incident": t.member.c.incident, "alert": t.member.c.alert}
_member_columns = [_member.get(each.name, cast(null(), each.type)) for each in _columns]
_INCIDENTS = Statement(  # a member is a telling to nobody
    union_all(
        select(*_member_columns).where(among(t.member.c.alert, "alerts")),
        select(*_columns).where(among(t.telling.c.alert, "alerts")),
    )
)


def occurrences(tx: Transaction, keys: Keys, facts: Facts, now: Micros) -> None:
    pairs = json_set(sorted(keys.alerts))
    for row in tx.all(_OCCURRENCES, pairs=pairs, since=now - FLAPS_LOOK):
        found = _occurrence(row)
        facts.occurrences[found.source, found.fingerprint] = found
    if not facts.occurrences:
        return
    ids = json_set(sorted(found.id for found in facts.occurrences.values()))
    for row in tx.all(_INCIDENTS, alerts=ids):
        told = Telling._make(row)
        if told.person is not None:
            facts.tellings[told.incident, told.person, told.news] = told
        elif told.alert is not None:
            facts.members.add((told.incident, told.alert))


def _occurrence(row: Row) -> Occurrence:
    values = list(row)
    values[5], values[6] = bool(values[5]), Level(values[6])
    values[9] = tuple(int(each) for each in values[9].split(",") if each)
    return Occurrence._make(values)
