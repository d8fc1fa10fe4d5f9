"""Loading the facts of a batch: a fixed number of statements, whatever its size."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import (
    func,
    select,
    union,
)

from sms_notify.model import Level, Micros
from sms_notify.store import tables as t
from sms_notify.store.facts import (
    Asking,
    Audience,
    Facts,
    Incident,
    Keys,
)
from sms_notify.store.occurrences import occurrences
from sms_notify.store.people import people
from sms_notify.store.recalling import recall
from sms_notify.store.shared import Same, places, shared
from sms_notify.store.small import small
from sms_notify.store.sql import Row, Statement, Transaction, among, item, json_set, rows
from sms_notify.store.stories import stories
from sms_notify.store.waiting import waiting

_code = (
    select(func.min(t.code.c.code)).where(t.code.c.incident == t.incident.c.id).scalar_subquery()
)
_incident_columns = [t.incident.c[name] for name in Incident._fields if name != "code"]
_groups = rows("groups")
_open = (  # one by one: SQLite would look through all that are open, however few are asked for
    select(t.incident.c.id)
    .where(t.incident.c.group_key == item(_groups, 0), t.incident.c.ended_at.is_(None))
    .correlate(_groups)
    .scalar_subquery()
)
_wanted = union(
    select(_open.label("id")).select_from(_groups),
    select(t.incident.c.id).where(among(t.incident.c.id, "ids")),
).subquery()
_ALIKE = places(
    Incident._fields, "receiver", "source", "state", "name", "steps", "opened_at", "last_seen",
    "stepped_at", "mutes",
)  # fmt: skip
_INCIDENTS = Statement(
    select(*_incident_columns, _code).join_from(
        _wanted, t.incident, t.incident.c.id == _wanted.c.id
    )
)

_HEARD_ALIKE = places(Audience._fields, "person", "told_at")
_AUDIENCE = Statement(
    select(*[t.audience.c[name] for name in Audience._fields]).where(
        among(t.audience.c.incident, "ids")
    )
)
_AUDIENCE_OF = Statement(
    select(*[t.audience.c[name] for name in Audience._fields]).where(
        among(t.audience.c.incident, "ids"), among(t.audience.c.person, "people")
    )
)


def load(tx: Transaction, keys: Keys, now: Micros, *, memory: Micros) -> Facts:
    """Everything `keys` asks for, as of this transaction; `memory` is the longest window (µs)."""
    facts = Facts()
    facts.answers = {question: question(tx, wanted) for question, wanted in keys.asked.items()}
    for answer in facts.answers.values():
        if isinstance(answer, Asking):
            keys.unite(answer.keys)
    small(tx, keys, facts, now)
    if keys.alerts:
        occurrences(tx, keys, facts, now)
    if keys.waiting:
        waiting(tx, keys, facts, now)
    if keys.codes or keys.recall:
        keys.incidents |= recall(tx, keys, facts, now)
    _incidents(tx, keys, facts)
    ending = {n.id for n in facts.incidents.values() if n.group_key in keys.ending}
    if keys.incidents or ending:
        stories(tx, keys.incidents | ending, facts)
    _people(tx, keys, facts, now, memory)
    return facts


def _incidents(tx: Transaction, keys: Keys, facts: Facts) -> None:
    asked = keys.incidents | keys.bare | {incident for incident, _alert in facts.members}
    waits = {each.telling.incident for some in facts.waiting.values() for each in some}
    if not (asked or waits or keys.groups):
        return
    groups = json_set([key] for key in sorted(keys.groups))
    same: Same = {}
    for row in tx.each(_INCIDENTS, groups=groups, ids=json_set(sorted(asked | waits))):
        found = _incident(row, same)
        facts.incidents[found.id] = found
    still_open = {found.id for found in facts.incidents.values() if found.ended_at is None}
    facts.members = {pair for pair in facts.members if pair[0] in still_open}
    whole = {n.id for n in facts.incidents.values() if n.id in asked or n.group_key in keys.groups}
    _audience(tx, facts, whole, keys.waiting)


def _audience(tx: Transaction, facts: Facts, whole: set[int], people: set[str]) -> None:
    """Everybody who heard of the `whole` incidents; of those that only wait for `people`, them: in
    a storm a hundred people may have a digest each, and all the same incidents in it."""
    if whole:
        _heard(tx.each(_AUDIENCE, ids=json_set(sorted(whole))), facts)
    if others := facts.incidents.keys() - whole:
        ids, names = json_set(sorted(others)), json_set(sorted(people))
        _heard(tx.each(_AUDIENCE_OF, ids=ids, people=names), facts)


def _heard(found: Iterable[Row], facts: Facts) -> None:
    same: Same = {}
    for row in found:
        heard = Audience._make(shared(row, _HEARD_ALIKE, same))
        facts.audience[heard.incident, heard.person] = heard


def _incident(row: Row, same: Same) -> Incident:
    values = shared(row, _ALIKE, same)
    values[5] = Level(values[5])
    values[20] = bool(values[20])
    return Incident._make(values)


def _people(tx: Transaction, keys: Keys, facts: Facts, now: Micros, memory: Micros) -> None:
    asked = keys.people | keys.waiting | {person for _incident, person in facts.audience}
    if facts.overrides:
        asked |= set(keys.standby)
    if asked:
        people(tx, asked, facts, now, memory)
