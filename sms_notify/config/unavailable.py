"""What the documentation knows and this version does not do yet: refused by name, never ignored.

When a part is built, its line here goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sms_notify.config.yaml import Plain, Where


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A key by its path (`[]` any item, `*` any name), or only one value of it (`value`)."""

    path: str
    value: str | None = None
    called: str | None = None
    """What the operator reads, where that is not the path."""
    spares: str | None = None
    """The one name that `*` does not mean."""
    whole: bool = False
    """It makes all of the block around it meaningless: nothing else of it is complained about."""


UNAVAILABLE: tuple[Unavailable, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Something unavailable that the file uses, and where."""

    where: Where
    entry: Unavailable

    @property
    def text(self) -> str:
        called = self.entry.called or _spelled(self.where)
        return f"not available yet: {called}; take it out"

    def explains(self, where: Where, missing: bool) -> bool:
        """Does this make a complaint about `where` needless?"""
        around = self.where[:-1]
        if where[: len(self.where)] == self.where:
            return True
        if self.entry.whole:
            return where[: len(around)] == around
        return missing and where[:-1] == around


def refusals(data: Plain, table: Sequence[Unavailable] = UNAVAILABLE) -> list[Refused]:
    """Every use of something unavailable, in the order of the table."""
    return [
        Refused(where, entry)
        for entry in table
        for where, value in _found(data, steps(entry.path), ())
        if _means(entry, where, value)
    ]


def _means(entry: Unavailable, where: Where, value: Plain) -> bool:
    if entry.spares is not None and where[-1] == entry.spares:
        return False
    if entry.value is None:
        return True
    return isinstance(value, str) and re.fullmatch(entry.value, value) is not None


def steps(path: str) -> list[str]:
    """`gateways[].poll` → gateways, [], poll."""
    return [step for step in re.split(r"\.|(\[\])", path) if step]


def _found(data: Plain, path: list[str], where: Where) -> Iterator[tuple[Where, Plain]]:
    if not path:
        yield where, data
        return
    step, rest = path[0], path[1:]
    if isinstance(data, list) and step == "[]":
        for index, item in enumerate(data):
            yield from _found(item, rest, (*where, index))
    elif isinstance(data, dict):
        for key in data if step == "*" else [step]:
            if data.get(key) is not None:
                yield from _found(data[key], rest, (*where, key))
    if step == "route" or where[-2:-1] == ("routes",):
        yield from _below(data, path, where)


def _below(data: Plain, path: list[str], where: Where) -> Iterator[tuple[Where, Plain]]:
    """The same keys in every route of the tree."""
    route = data.get("route") if isinstance(data, dict) and not where else data
    routes = route.get("routes") if isinstance(route, dict) else None
    for index, inner in enumerate(routes if isinstance(routes, list) else []):
        at = (*(where or ("route",)), "routes", index)
        yield from _found(inner, path[1:] if path[0] == "route" else path, at)


def _spelled(where: Where) -> str:
    """`("gateways", 0, "poll")` → `gateways[].poll`: the place, not the item."""
    return "".join("[]" if isinstance(step, int) else f".{step}" for step in where).lstrip(".")
