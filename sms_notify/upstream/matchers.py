"""Silences that hide these alerts and no others: the fewest matchers that come to exactly them.

One silence is a product: each of its labels may have any of the values it lists. Alerts that differ
in one label (`instance`) are such a product; others are split until every part is one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Labels = Mapping[str, str]
Matcher = dict[str, object]

_SPECIAL = re.compile(r"([\\.+*?()|\[\]{}^$])")


def exact(alerts: Sequence[Labels]) -> list[list[Matcher]]:
    """The matchers of each silence, as Alertmanager's API takes them.

    A label that an alert lacks counts as empty, as Alertmanager reads it; so an alert with one
    more label *that none of these has* is the only other one that can be hidden.
    """
    names = sorted({name for labels in alerts for name in labels})
    rows = sorted({tuple(labels.get(name, "") for name in names) for labels in alerts})
    return [_matchers(names, part) for part in _products(rows)]


def _products(rows: list[tuple[str, ...]]) -> list[list[tuple[str, ...]]]:
    values = [sorted(set(column)) for column in zip(*rows, strict=True)]
    size = 1
    for each in values:
        size *= len(each)
        if size > len(rows):
            break
    if size == len(rows):
        return [rows]
    differing = [(len(each), index) for index, each in enumerate(values) if len(each) > 1]
    _count, split = min(differing)
    parts = ([row for row in rows if row[split] == value] for value in values[split])
    return [product for part in parts for product in _products(part)]


def _matchers(names: Sequence[str], rows: Sequence[tuple[str, ...]]) -> list[Matcher]:
    columns = [sorted(set(column)) for column in zip(*rows, strict=True)]
    return [_matcher(name, values) for name, values in zip(names, columns, strict=True)]


def _matcher(name: str, values: Sequence[str]) -> Matcher:
    several = len(values) > 1
    value = "|".join(_SPECIAL.sub(r"\\\1", each) for each in values) if several else values[0]
    return {"name": name, "value": value, "isRegex": several, "isEqual": True}
