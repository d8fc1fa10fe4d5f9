"""Our reading of YAML: every scalar stays text, every value knows its line, nothing can blow up.

`10:00`, `on`, `+8613800000001` and `2026-01-05` are therefore what they look like; the models type
them. Built from PyYAML's events, so that depth and size are bounded before anything is expanded.
Complaints never quote a value: a password that starts with `*` or `@` is a YAML mistake too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import yaml

DEEPEST = 40
MOST_VALUES = 100_000

Plain = str | list["Plain"] | dict[str, "Plain"] | None
Where = tuple[str | int, ...]
"""The path of a value: `("route", "routes", 1, "receiver")`."""

_FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlProblem(Exception):
    """The text is not YAML that we take; `line` counts from 1."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


@dataclass(slots=True)
class Node:
    """A value with its line. `value` None is a key without a value, which counts as not written."""

    line: int
    value: str | list[Node] | dict[str, Node] | None
    key_lines: dict[str, int] = field(default_factory=dict)
    size: int = 1
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, and in which line it says it."""

    root: Node
    twice: tuple[tuple[Where, int, int], ...]
    """Keys written twice in one mapping: where, first line, second line."""

    def plain(self) -> Plain:
        return _plain(self.root)

    def line(self, where: Where) -> int:
        """The line of that path, or of the nearest thing around it that is written."""
        node, line = self.root, self.root.line
        for step in where:
            inner = node.value
            if isinstance(inner, dict) and isinstance(step, str) and step in inner:
                line, node = node.key_lines[step], inner[step]
            elif isinstance(inner, list) and isinstance(step, int) and step < len(inner):
                node = inner[step]
                line = node.line
            else:
                break
        return line


def read(text: str) -> Document:
    """Raises YamlProblem for anything that is not one mapping in plain YAML."""
    composer = _Composer(_events(text))
    root = composer.document()
    return Document(root, tuple(composer.twice))


def _events(text: str) -> Iterator[yaml.Event]:
    try:
        return iter(list(_bounded(yaml.parse(text, _FAST))))
    except yaml.YAMLError:
        pass
    try:
        # the slow reader says the same in words that do not depend on the libyaml installed
        return iter(list(_bounded(yaml.parse(text, yaml.SafeLoader))))
    except yaml.reader.ReaderError as error:
        raise YamlProblem(*_unreadable(text, error)) from None
    except yaml.MarkedYAMLError as error:
        raise YamlProblem(*_bare_variable(text, error)) from None


def _bounded(events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    """Stop at too deep a nesting at once: PyYAML's time grows with its square."""
    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise YamlProblem(_line(event), f"nested deeper than {DEEPEST}; flatten it")
        yield event


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark else 1


def _unreadable(text: str, error: yaml.reader.ReaderError) -> tuple[int, str]:
    code = error.character if isinstance(error.character, int) else ord(error.character)
    line = text.count("\n", 0, error.position) + 1
    return line, f"the character U+{code:04X} is not allowed in YAML; remove it"


_WORDS = (
    ("character '\\t'", "a tab stands where only spaces may; indent with spaces"),
    ("undefined alias", "`*` starts an alias; put a value that starts with it in quotes"),
    ("mapping values are not allowed", "a second `: ` in one line; put the value in quotes"),
    (
        "could not find expected ':'",
        "a line that is neither `key: value` nor `- item`; is the colon or its space missing?",
    ),
    ("expected <block end>", "the indentation does not fit the lines above; align it with them"),
    ("expected ',' or ']'", "a list in [ ] is not closed or lacks a comma"),
    ("expected ',' or '}'", "a mapping in { } is not closed or lacks a comma"),
    ("unknown escape", 'an unknown \\ escape in " "; use single quotes'),
    ("quoted scalar", "a quotation mark is not closed"),
    (
        "cannot start any token",
        "a value starts with a character that YAML reserves; put it in quotes",
    ),
    ("expected the node content", "a value is missing or starts with a reserved character"),
)


def _culprit(error: yaml.MarkedYAMLError) -> int:
    """The line to look at: where something was opened, rather than where its end was missed."""
    opened = re.search("simple key|quoted|flow", error.context or "")
    mark = (opened and error.context_mark) or error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 1


def _bare_variable(text: str, error: yaml.MarkedYAMLError) -> tuple[int, str]:
    """The line and what to do; in { } and [ ] the brace of `${NAME}` would open a mapping."""
    mark = error.problem_mark
    if mark is not None and text[max(0, mark.index - 1) : mark.index + 1] == "${":
        return mark.line + 1, 'inside { } or [ ], put "${…}" in quotes'
    return _culprit(error), _in_our_words(error)


def _in_our_words(error: yaml.MarkedYAMLError) -> str:
    said = f"{error.context or ''} {error.problem or ''}"
    for sign, words in _WORDS:
        if sign in said:
            return words
    return "not valid YAML: " + re.sub(r"'[^']*'|\"[^\"]*\"", "…", error.problem or "").strip()


class _Composer:
    """Builds nodes from events, with anchors, merge keys and bounds."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self.events = events
        self.anchors: dict[str, Node] = {}
        self.twice: list[tuple[Where, int, int]] = []

    def document(self) -> Node:
        next(self.events)  # start of the stream
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return Node(1, {})
        root = self.node(next(self.events), ())
        next(self.events)  # end of the document
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise YamlProblem(_line(after), "a second document starts; keep one")
        return root

    def node(self, event: yaml.Event, where: Where) -> Node:
        line = _line(event)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, line)
        if getattr(event, "tag", None) not in (None, "!"):
            raise YamlProblem(
                line, "`!` starts a YAML tag; put a value that starts with it in quotes"
            )
        if isinstance(event, yaml.ScalarEvent):
            empty = event.value == "" and event.implicit[0]
            node = Node(line, None if empty else event.value)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self.sequence(line, where)
        else:
            node = self.mapping(line, where)
        if node.size > MOST_VALUES:
            raise YamlProblem(line, f"more than {MOST_VALUES} values; use fewer or smaller aliases")
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self.anchors[anchor] = node
        return node

    def alias(self, event: yaml.AliasEvent, line: int) -> Node:
        node = self.anchors.get(event.anchor or "")
        if node is None:
            text = "`*` names no anchor above; put a value that starts with it in quotes"
            raise YamlProblem(line, text)
        return node

    def sequence(self, line: int, where: Where) -> Node:
        items: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, (*where, len(items))))
        return _sized(Node(line, items), items, where)

    def mapping(self, line: int, where: Where) -> Node:
        values: dict[str, Node] = {}
        key_lines: dict[str, int] = {}
        merged: list[Node] = []
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key_line = _line(event)
            key = self.key(event, key_line)
            value = self.node(next(self.events), (*where, key))
            if key == "<<" and isinstance(event, yaml.ScalarEvent) and event.implicit[0]:
                merged += _mappings(value, key_line)
            elif key in values:
                self.twice.append(((*where, key), key_lines[key], key_line))
            else:
                values[key], key_lines[key] = value, key_line
        _merge(values, key_lines, merged)
        return _sized(Node(line, values, key_lines), values.values(), where)

    def key(self, event: yaml.Event, line: int) -> str:
        if isinstance(event, yaml.AliasEvent):
            node = self.alias(event, line)
        elif isinstance(event, yaml.ScalarEvent):
            node = Node(line, event.value)
        else:
            node = Node(line, None)
        if not isinstance(node.value, str):
            raise YamlProblem(line, "a key must be a word, not a list or mapping")
        return node.value


def _sized(node: Node, children: Collection[Node], where: Where) -> Node:
    """Count what a node holds with every alias expanded, so that aliases cannot multiply."""
    node.size = 1 + sum(child.size for child in children)
    node.depth = 1 + max((child.depth for child in children), default=0)
    if len(where) + node.depth > DEEPEST:
        raise YamlProblem(node.line, f"nested deeper than {DEEPEST}; flatten it")
    return node


def _mappings(value: Node, line: int) -> list[Node]:
    """What a merge key `<<:` names: one mapping or a list of them."""
    found = value.value if isinstance(value.value, list) else [value]
    if not all(isinstance(node.value, dict) for node in found):
        raise YamlProblem(line, "`<<` takes an alias of a mapping, or a list of such")
    return found


def _merge(values: dict[str, Node], key_lines: dict[str, int], merged: list[Node]) -> None:
    for node in merged:
        assert isinstance(node.value, dict)  # noqa: S101
        for key, value in node.value.items():
            if key not in values:
                values[key], key_lines[key] = value, node.key_lines[key]


def _plain(node: Node) -> Plain:
    """Text, lists and dicts; None is a key or an item without a value."""
    if isinstance(node.value, list):
        return [_plain(item) for item in node.value]
    if isinstance(node.value, dict):
        return {key: _plain(value) for key, value in node.value.items()}
    return node.value
