"""Alertmanager's matchers: `team="dba"`, `a=~"x|y"`, and what they say of a set of labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

OPERATORS = ("=~", "!~", "!=", "=")


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label. A label that is missing counts as the empty text.

    Regular expressions (`=~`, `!~`) must match the whole value, as in Alertmanager, and are
    compiled once, here. Raises ValueError for an expression that cannot be used.
    """

    name: str
    op: str
    value: str
    _regex: re.Pattern[str] | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if self.op not in OPERATORS:
            raise ValueError(f'"{self.op}" is not an operator; use = != =~ or !~')
        if self.op in ("=~", "!~"):
            object.__setattr__(self, "_regex", re.compile(self.value))

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.name, "")
        if self._regex is None:
            return (value == self.value) == (self.op == "=")
        return (self._regex.fullmatch(value) is not None) == (self.op == "=~")


def parse_matcher(text: str) -> Matcher:
    """One matcher in Alertmanager's syntax. Raises ValueError that says what to write."""
    found = re.fullmatch(r"\s*([a-zA-Z_:][\w:]*)\s*(=~|!=|!~|=)\s*\"?(.*?)\"?\s*", text)
    if found is None:
        raise ValueError(f'"{text}" is not a matcher; write label="value"')
    return Matcher(found[1], found[2], found[3])


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    return (parse_matcher(text),)
