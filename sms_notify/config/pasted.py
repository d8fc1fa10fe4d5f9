"""Alertmanager's `time_intervals` pasted whole: its list of named items becomes our mapping."""

from __future__ import annotations

from sms_notify.config.yaml import Document, Node

KEY = "time_intervals"


def unpasted(document: Document) -> Document:
    """`time_intervals: [{name: x, time_intervals: […]}]` reads as `time_intervals: {x: […]}`.

    Lines stay those of the file. Anything else is left as it is, to be complained about.
    """
    top = document.root.value
    block = top.get(KEY) if isinstance(top, dict) else None
    if block is None or not isinstance(block.value, list) or not all(map(_name, block.value)):
        return document
    named: dict[str, Node] = {}
    lines: dict[str, int] = {}
    twice = list(document.twice)
    for item in block.value:
        name, periods = _name(item), item.value
        assert isinstance(periods, dict)  # noqa: S101
        if name in named:
            twice.append(((KEY, name), lines[name], item.line))
        else:
            named[name], lines[name] = periods[KEY], item.line
    assert isinstance(top, dict)  # noqa: S101
    whole = {**top, KEY: Node(block.line, named, lines)}
    return Document(Node(document.root.line, whole, document.root.key_lines), tuple(twice))


def _name(item: Node) -> str:
    """The name of an item that holds a name and periods and nothing else; else ""."""
    block = item.value
    if not isinstance(block, dict) or set(block) != {"name", KEY}:
        return ""
    name = block["name"].value
    return name if isinstance(name, str) else ""
