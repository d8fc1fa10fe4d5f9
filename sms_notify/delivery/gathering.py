"""One recipient: messages to several people about the same become one notification, said once.

A message that comes later with the same news (it was probing another gateway, or backed off) is
not said again: its person was named the first time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from sms_notify.delivery.flight import FRESH, History
from sms_notify.gateways import Gateway, OneRecipient
from sms_notify.model import SECOND, Level, Micros
from sms_notify.store import said as sql
from sms_notify.store.sql import Transaction, json_set
from sms_notify.text.charset import clean
from sms_notify.text.longer import (
    FIELD,
    LOOKED_UP,
    MOST_ALERTS,
    fields_of,
    longer,
    template,
)
from sms_notify.text.templates import Broken

LOOK_AGAIN = SECOND
"""A message whose news is in the air waits so long for what that comes to."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that may be claimed: the columns of store.outbox, in their order."""

    id: int
    person: str
    phone: str
    text: str
    segments: int
    level: int
    tries: int
    resent: int
    state: str
    kind: str
    receiver: str
    units: int
    incident: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """Messages of one request and the text that leaves for all of them.

    `said_with`: the message with which it was said already, so that nothing leaves.
    """

    messages: tuple[Waiting, ...]
    text: str
    sms: bool = True
    said_with: int | None = None


def gather(
    tx: Transaction,
    gateway: Gateway,
    waiting: Sequence[Waiting],
    history: History,
    now: Micros,
    most: int,
) -> list[Group]:
    """The first `most` notifications that these messages make, with all that say the same."""
    groups: list[Group] = []
    taken: set[int] = set()
    for each in waiting:
        if len(groups) == most:
            break
        if each.id not in taken:
            alike = [one for one in _alike(tx, each, waiting, now) if one.id not in taken]
            taken |= {one.id for one in alike}
            groups += _groups(tx, gateway, alike, history, now)
    return groups[:most]


def _alike(tx: Transaction, one: Waiting, waiting: Sequence[Waiting], now: Micros) -> list[Waiting]:
    """It and all that say the same of the same incident."""
    if one.incident is None:
        same = (one.kind, one.text)
        return [each for each in waiting if not each.incident and (each.kind, each.text) == same]
    rows = tx.all(sql.ALIKE, **_content(one), now=now, fresh=now - FRESH)
    found = [Waiting(*row) for row in rows]
    return found if any(each.id == one.id for each in found) else [one, *found]


def _content(one: Waiting) -> dict[str, Any]:
    return {"of_incident": one.incident, "of_kind": one.kind, "of_text": one.text}


def _groups(
    tx: Transaction, gateway: Gateway, alike: Sequence[Waiting], history: History, now: Micros
) -> Iterator[Group]:
    """What was said already, each with its message; the rest as one."""
    said = _said(tx, gateway, alike)
    for number in sorted(set(said.values())):
        members = tuple(one for one in alike if said.get(one.id) == number)
        yield Group(members, members[0].text, sms=False, said_with=number)
    left = tuple(one for one in alike if one.id not in said)
    if left and _being_said(tx, gateway, left[0]):
        rows = [{"of_id": one.id, "later": now + LOOK_AGAIN} for one in left]
        tx.many(sql.LATER, rows)
    elif left:
        yield Group(left, _worded(tx, gateway, left, history), sms=False)


def _said(tx: Transaction, gateway: Gateway, alike: Sequence[Waiting]) -> dict[int, int]:
    ids = json_set(one.id for one in alike)
    return {row[0]: row[1] for row in tx.all(sql.SAID, messages=ids, of_gateway=gateway.name)}


def _being_said(tx: Transaction, gateway: Gateway, one: Waiting) -> bool:
    """The same is in the air: whether it was said shows when that has landed."""
    if one.incident is None:
        return False
    row = tx.one(sql.BEING_SAID, **_content(one), of_gateway=gateway.name)
    return bool(row and row[0])


# Words


def _worded(tx: Transaction, gateway: Gateway, members: Sequence[Waiting], history: History) -> str:
    source = gateway.template if isinstance(gateway, OneRecipient) else None
    first = members[0]
    said = {
        "text": first.text,
        "people": _people(tx, members),
        "kind": first.kind,
        "level": Level(first.level).name,
        "receiver": first.receiver,
        **_looked_up(tx, first, source),
    }
    text, why = longer(source, said)
    if why:
        history.gateway("template_failed", f"{gateway.name}: {why}")
    return text


def _people(tx: Transaction, members: Sequence[Waiting]) -> list[str]:
    """In order of name; those too whose own message is under way elsewhere."""
    names = {each.person for each in members}
    if members[0].incident is not None:
        names |= {row[0] for row in tx.all(sql.NAMED, **_content(members[0]))}
    return sorted(names)


def _looked_up(tx: Transaction, one: Waiting, source: str | None) -> dict[str, Any]:
    made = template(source) if source else None
    asked = made.uses & LOOKED_UP if made and not isinstance(made, Broken) else frozenset()
    said: dict[str, Any] = {"name": "", "firing": 0, "members": 0, "alerts": [], "more": 0}
    if not asked or one.incident is None:
        return said
    row = tx.one(sql.INCIDENT, of_incident=one.incident)
    if row:
        said |= {"name": clean(row[0][:FIELD]), "firing": row[1], "members": row[2]}
    if asked & {"alerts", "more"}:
        rows = tx.all(sql.ALERTS, of_incident=one.incident, most=MOST_ALERTS)
        said["alerts"] = [_alert(*row) for row in rows]
        said["more"] = max(0, said["firing"] - len(rows))
    return said


def _alert(name: str, level: int, summary: str, labels: str, annotations: str) -> dict[str, Any]:
    return {
        "name": clean(name[:FIELD]),
        "level": Level(level).name,
        "summary": clean(summary[:FIELD]),
        "labels": fields_of(orjson.loads(labels)),
        "annotations": fields_of(orjson.loads(annotations)),
    }
