"""One line on what became of a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def summary(*, told: int, held: int, again: int, incidents: Sequence[int], repeated: bool) -> str:
    """`accepted: 2 told, 1 held (incident 12)`."""
    if repeated:
        return "accepted: known already"
    words = {"told": told, "held": held, "again": again}
    counts = ", ".join(f"{count} {word}" for word, count in words.items() if count)
    numbers = ", ".join(str(number) for number in incidents)
    where = f" (incident {numbers})" if numbers else ""
    return f"accepted: {counts or 'nobody to tell'}{where}"


def summary_of_answer(answer: Mapping[str, Any]) -> str:
    """The same of a server's JSON, whatever version it has."""
    incidents = answer.get("incidents")
    return summary(
        told=_count(answer, "told"),
        held=_count(answer, "held"),
        again=_count(answer, "again"),
        incidents=incidents if isinstance(incidents, list) else [],
        repeated=answer.get("repeated_call") is True,
    )


def _count(answer: Mapping[str, Any], word: str) -> int:
    value = answer.get(word)
    return value if isinstance(value, int) else 0
