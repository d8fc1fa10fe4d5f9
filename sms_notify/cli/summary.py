"""One line on what became of a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def summary(
    *, verdicts: Mapping[str, int], again: int, incidents: Sequence[int], repeated: bool
) -> str:
    """`accepted: 2 told, 1 held (incident 12)`."""
    if repeated:
        return "accepted: known already"
    words = {**verdicts, "known already": again}
    counts = ", ".join(f"{count} {word}" for word, count in words.items() if count)
    numbers = ", ".join(str(number) for number in incidents)
    where = f" (incident {numbers})" if numbers else ""
    return f"accepted: {counts or 'nobody to tell'}{where}"


def root_told(name: object) -> str:
    """What to say when nobody is called so."""
    return f"unknown receiver {name}: told the root receiver"


def summary_of_answer(answer: Mapping[str, Any]) -> str:
    """The same of a server's JSON, whatever version it has."""
    if "planned" in answer:
        return planned(answer["planned"], answer.get("due_at"), answer.get("state"))
    if answer.get("heartbeats"):
        return heartbeats(answer["heartbeats"])
    incidents, again = answer.get("incidents"), answer.get("again")
    verdicts = answer.get("verdicts")
    verdicts = verdicts if isinstance(verdicts, dict) else {}
    return summary(
        verdicts={name: count for name, count in verdicts.items() if isinstance(count, int)},
        again=again if isinstance(again, int) else 0,
        incidents=incidents if isinstance(incidents, list) else [],
        repeated=answer.get("repeated_call") is True,
    )


def planned(number: object, due_at: object, state: object) -> str:
    """`kept: 3, due at …`."""
    if state != "waiting":
        return f"known already: {number} is {state}"
    return f"kept: {number}, due at {due_at}; `sms-notify later cancel {number}` takes it back"


def heartbeats(names: object) -> str:
    """`accepted: heartbeat Prometheus`."""
    listed = ", ".join(map(str, names)) if isinstance(names, list | tuple) else str(names)
    return f"accepted: heartbeat {listed}"
