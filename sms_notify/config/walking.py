"""Ways through a file as written, for what looks at it before it is typed."""

from __future__ import annotations

from collections.abc import Iterator

from sms_notify.config.yaml import Plain, Where


def texts(value: Plain, where: Where) -> Iterator[tuple[Where, str]]:
    """Every text in a value that may be one text or (lists of) lists of them."""
    if isinstance(value, str):
        yield where, value
    for index, item in enumerate(items(value)):
        yield from texts(item, (*where, index))


def routes(block: Plain, where: Where) -> Iterator[tuple[Where, dict[str, Plain]]]:
    """Every route of a tree, from the top."""
    if isinstance(block, dict):
        yield where, block
        for index, inner in enumerate(items(block.get("routes"))):
            yield from routes(inner, (*where, "routes", index))


def named(value: Plain, where: Where) -> Iterator[tuple[Where, dict[str, Plain]]]:
    """Every block of a mapping of names to blocks."""
    for name, block in mapping(value).items():
        yield (*where, name), mapping(block)


def listed(value: Plain, where: Where) -> Iterator[tuple[Where, dict[str, Plain]]]:
    """Every block of a list of blocks."""
    for index, block in enumerate(items(value)):
        yield (*where, index), mapping(block)


def mapping(value: Plain) -> dict[str, Plain]:
    """The mapping, or an empty one where something else stands."""
    return value if isinstance(value, dict) else {}


def items(value: Plain) -> list[Plain]:
    """The list, or an empty one where something else stands."""
    return value if isinstance(value, list) else []
