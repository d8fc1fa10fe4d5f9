"""What many thousand rows of a storm have in common, kept once: a driver makes each value anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sms_notify.store.sql import Row

Same = dict[Any, Any]
"""The values met so far, each as itself."""


def places(names: Sequence[str], *alike: str) -> tuple[int, ...]:
    """Where the columns stand in which rows are mostly alike: words and moments."""
    return tuple(names.index(name) for name in alike)


def shared(row: Row, alike: tuple[int, ...], same: Same) -> list[Any]:
    """The row as a list; at `alike` one value stands for all that are equal."""
    values = list(row)
    for at in alike:
        values[at] = same.setdefault(values[at], values[at])
    return values
