"""What can only be seen across blocks: names that collide, dangle or share a phone.

Looks at the file as written, so that these problems are told beside all others, at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sms_notify.config.phones import normalise
from sms_notify.config.problems import Problem, spelled
from sms_notify.config.references import dangling
from sms_notify.config.schedules import GAP
from sms_notify.config.walking import items, mapping, routes, texts
from sms_notify.config.yaml import Plain, Where
from sms_notify.model import mask_phone


@dataclass(frozen=True, slots=True)
class Name:
    """A name that the file defines: what it is, and where it says so."""

    name: str
    kind: str
    where: Where


def problems(data: dict[str, Plain]) -> Iterator[Problem]:
    """Every problem between the blocks of a file."""
    names = list(_names(data))
    yield from _shapes(names)
    yield from _collisions(names)
    yield from _repeated(data, "gateways", "gateway")
    yield from _repeated(data, "server.tokens", "token")
    yield from _repeated(data, "heartbeats", "heartbeat")
    yield from _phones(data)
    yield from dangling(data, {name.name: name.kind for name in reversed(names)})
    yield from _root(data)


def _names(data: dict[str, Plain]) -> Iterator[Name]:
    for section, kind in (("people", "person"), ("teams", "team"), ("schedules", "schedule")):
        for name in mapping(data.get(section)):
            yield Name(name, kind, (section, name))
    for index, receiver in enumerate(items(data.get("receivers"))):
        receiver_name = mapping(receiver).get("name")
        if isinstance(receiver_name, str):
            yield Name(receiver_name, "receiver", ("receivers", index, "name"))


def _shapes(names: Iterable[Name]) -> Iterator[Problem]:
    for name in names:
        if name.name != name.name.strip() or not name.name or not name.name.isprintable():
            text = (
                "has blanks around it, nothing in it or unprintable characters; write a plain name"
            )
            yield Problem(name.where, f"this name {text}")
        elif name.name.casefold() == GAP:
            yield Problem(name.where, f'"{GAP}" means nobody; choose another name')
        elif re.fullmatch(r"\+?[0-9]+", name.name):
            text = "a name of digits looks like a phone number; choose a name with a letter"
            yield Problem(name.where, text)
        elif re.fullmatch(r".*\+[0-9]+", name.name):
            text = f'"{name.name}" reads as the next in line of a schedule; choose another name'
            yield Problem(name.where, text)
        elif len(name.name) > 64:
            yield Problem(name.where, "this name is longer than 64 characters; shorten it")


def _collisions(names: Iterable[Name]) -> Iterator[Problem]:
    first: dict[str, Name] = {}
    for name in names:
        other = first.setdefault(name.name, name)
        if other is not name:
            text = f'"{name.name}" is already a {other.kind}, at {spelled(other.where)}; '
            yield Problem(
                name.where,
                text + "people, teams, schedules and receivers share their names: choose another",
            )


def _repeated(data: dict[str, Plain], section: str, kind: str) -> Iterator[Problem]:
    block: Plain = data
    for step in section.split("."):
        block = mapping(block).get(step)
    seen: dict[str, int] = {}
    for index, item in enumerate(items(block)):
        name = mapping(item).get("name")
        if isinstance(name, str) and seen.setdefault(name, index) != index:
            where: Where = (*section.split("."), index, "name")
            text = f'"{name}" is already the name of {kind} {seen[name] + 1}; choose another'
            yield Problem(where, text)


def _phones(data: dict[str, Plain]) -> Iterator[Problem]:
    """Two people with one phone could not be told apart when they answer."""
    owners: dict[str, str] = {}
    for person, block in mapping(data.get("people")).items():
        for where, text in texts(mapping(block).get("phone"), ("people", person, "phone")):
            try:
                phone = normalise(text)
            except ValueError:
                continue
            owner = owners.setdefault(phone, person)
            if owner != person:
                told = f"{mask_phone(phone)} is the phone of {owner} too"
                yield Problem(where, f"{told}; make them one person, e.g. 值班手机")


def _root(data: dict[str, Plain]) -> Iterator[Problem]:
    route = data.get("route")
    if not isinstance(route, dict):
        return
    if route.get("receiver") is None:
        text = "is missing; name the receiver for what no other route takes"
        yield Problem(("route", "receiver"), text)
    for key in ("mute_time_intervals", "active_time_intervals"):
        if route.get(key):
            text = "the root mutes never, as in Alertmanager; write it in a route under routes:"
            yield Problem(("route", key), text)
    if route.get("matchers") is not None:
        text = "the root takes every alert; write matchers in a route under routes:"
        yield Problem(("route", "matchers"), text)


def unreachable(data: dict[str, Plain]) -> Iterator[Problem]:
    """Routes after a sibling that takes everything: allowed, but surely not meant."""
    for where, route in routes(data.get("route"), ("route",)):
        taken_by: int | None = None
        for index, inner in enumerate(map(mapping, items(route.get("routes")))):
            if taken_by is not None:
                text = f"is never reached: {spelled((*where, 'routes', taken_by))} takes everything"
                yield Problem((*where, "routes", index), text + "; put it above, or add matchers")
            elif not inner.get("matchers") and str(inner.get("continue", "no")) in ("false", "no"):
                taken_by = index
