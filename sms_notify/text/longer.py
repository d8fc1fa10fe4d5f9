"""What a channel that is no phone is told: a template of the operator's, without the 70."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sms_notify.text.charset import clean
from sms_notify.text.marks import FIRST_MARK
from sms_notify.text.parts import Part
from sms_notify.text.templates import Broken, Compiled, compiled

LONGEST = 4_000
"""Characters of one notification."""
MOST_ALERTS = 50
FIELD = 400
"""Characters of one field of an alert."""

SAID = frozenset({"text", "people", "kind", "level", "receiver"})
LOOKED_UP = frozenset({"name", "firing", "members", "alerts", "more"})
"""What has to be read from the store for a template that speaks of it."""

_MARKS = re.compile("[\ue000-\uf8ff]")


@lru_cache(maxsize=32)
def template(source: str) -> Compiled | Broken:
    """`source` compiled once, or why it cannot be used."""
    return compiled(source, LONGEST, SAID | LOOKED_UP, frozenset())


def longer(source: str | None, said: Mapping[str, Any]) -> tuple[str, str]:
    """The notification and, where the template failed, why: then it is the plain one. `said` is
    clean, but for the text of the SMS which may be told as it is."""
    plain = f"{said['text']}\n→ {'、'.join(said['people'])}" if said["people"] else said["text"]
    if source is None:
        return plain, ""
    made = template(source)
    if isinstance(made, Broken):
        return plain, made.why
    try:
        rendered, parts = made.render({**said})
    except Exception as failed:  # data that the template cannot take: it is told all the same
        return plain, f"{type(failed).__name__}: {failed}"[:200]
    whole = _MARKS.sub(lambda found: _full(parts, found[0]), rendered).strip()
    return (whole[:LONGEST], "") if whole else (plain, "it says nothing")


def flaw(source: str) -> str:
    """Why a template cannot be used, "" if it can; it is tried with one alert and with none."""
    made = template(source)
    if isinstance(made, Broken):
        return made.why
    alert = {"name": "n", "level": "critical", "summary": "s", "labels": {}, "annotations": {}}
    said = {
        "text": "t", "people": ["p"], "kind": "first", "level": "critical", "receiver": "r",
        "name": "n", "firing": 1, "members": 1, "more": 0,
    }  # fmt: skip
    tries = ({**said, "alerts": alerts} for alerts in ([alert], []))
    return next((why for _, why in (longer(source, each) for each in tries) if why), "")


def _full(parts: list[Part], mark: str) -> str:
    """`fit` has nothing to do here: all of it is said."""
    at = ord(mark) - FIRST_MARK
    return parts[at].full if at < len(parts) else ""


def fields_of(given: Mapping[str, str]) -> dict[str, str]:
    """Labels or annotations as a template may say them."""
    return {name[:FIELD]: clean(value[:FIELD]) for name, value in given.items()}
