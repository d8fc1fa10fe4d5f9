"""Templates without logic, which Python's `%` fills in: nearly all are, and Jinja takes 3 times as
long for them (7 of 100 µs a text).

What such a template says is what Jinja would make of it; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from jinja2 import nodes

from sms_notify.text.marks import MARKS
from sms_notify.text.parts import Part


class Pattern(NamedTuple):
    """`%(level)s %(name)s`, and the names of those variables that are parts, in order."""

    text: str
    fitted: tuple[str, ...]


class Sentence(NamedTuple):
    """Words, variables and fitted parts, each part once; `coded` where there is a reply code."""

    coded: Pattern
    codeless: Pattern

    def rendered(self, said: dict[str, Any]) -> tuple[str, list[Part]]:
        """The text with the marks of its parts; KeyError for a variable that says nothing."""
        pattern = self.coded if said.get("code") else self.codeless
        shown, parts = said.copy(), list[Part]()
        for name in pattern.fitted:
            first = len(parts)
            parts += said[name]
            shown[name] = MARKS[first : len(parts)]
        return pattern.text % shown, parts


class _Logic(Exception):
    """The template needs Jinja."""


def sentence(tree: nodes.Template, parted: Collection[str]) -> Sentence | None:
    """What `tree` is as a sentence; None where only Jinja can render it. `parted`: the variables
    that are parts, which a sentence may only fit."""
    try:
        return Sentence(_pattern(tree.body, True, parted), _pattern(tree.body, False, parted))
    except _Logic:
        return None


def _pattern(body: Sequence[nodes.Node], coded: bool, parted: Collection[str]) -> Pattern:
    text, fitted = "", list[str]()
    for node in _printed(body, coded):
        part = _fitted(node)
        name = part or (node.name if isinstance(node, nodes.Name) else "")
        if bool(part) != (name in parted) or part in fitted:
            raise _Logic
        fitted += [part] if part else []
        text += f"%({name})s" if name else _literal(node)
    return Pattern(text, tuple(fitted))


def _printed(body: Sequence[nodes.Node], coded: bool) -> Iterator[nodes.Expr]:
    """What is printed, in order, where there is a code or none."""
    for node in body:
        if isinstance(node, nodes.Output):
            yield from node.nodes
        elif isinstance(node, nodes.If) and _is_code(node.test) and not node.elif_:
            yield from _printed(node.body if coded else node.else_, coded)
        else:
            raise _Logic


def _is_code(test: nodes.Node) -> bool:
    return isinstance(test, nodes.Name) and test.name == "code"


def _fitted(node: nodes.Node) -> str:
    """The variable of `{{ variable|fit }}`, "" for anything else."""
    if isinstance(node, nodes.Filter) and node.name == "fit" and isinstance(node.node, nodes.Name):
        return node.node.name if not (node.args or node.kwargs) else ""
    return ""


def _literal(node: nodes.Node) -> str:
    if not isinstance(node, nodes.TemplateData):
        raise _Logic
    return node.data.replace("%", "%%")
