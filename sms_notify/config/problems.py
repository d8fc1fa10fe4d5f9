"""What is wrong with a file, each with its place: `config.yaml:41: route.receiver: …`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sms_notify.config.phones import hide
from sms_notify.config.scalars import AtKeyError
from sms_notify.config.secrets import MissingSecretError
from sms_notify.config.values import did_you_mean
from sms_notify.config.written import File
from sms_notify.config.written_channels import GATEWAYS
from sms_notify.config.yaml import Document, Where


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `secret_missing`: the file is right, a secret it names is not there yet.

    `doubtful`: it is allowed, and only warned of.
    """

    where: Where
    text: str
    secret_missing: bool = False
    doubtful: bool = False


LONGEST = 600
"""Characters of one problem."""

_ELSEWHERE = {
    "group_wait": "grouping in time is Alertmanager's; take it out",
    "group_interval": "grouping in time is Alertmanager's; take it out",
    "match": "write matchers: ['label=\"value\"'] instead",
    "match_re": "write matchers: ['label=~\"value\"'] instead",
    "url": "write urls: [http://HOST:PORT] instead",
    "phones": "write phone: instead; it takes a list too",
    "username": "write account: instead",
    "timeout": "write connect_timeout: and read_timeout: instead",
}
"""Keys that other programs have here, or that people try."""

_SHAPES = {
    "missing": "is missing; it must be written",
    "too_short": "is empty; write at least one",
    "model_type": "must be a mapping, `key: value`",
    "model_attributes_type": "must be a mapping, `key: value`",
    "dict_type": "must be a mapping, `name: …`",
    "tuple_type": "must be a list, `[…]` or lines starting with `- `",
}


def spelled(where: Where) -> str:
    """`("route", "routes", 1)` → `route.routes[1]`, with phone numbers masked."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{_key(step)}" for step in where)
    return "".join(steps).lstrip(".")


def line(file: str, document: Document, where: Where, text: str) -> str:
    """`FILE:LINE: PATH: TEXT`."""
    path = f"{spelled(where)}: " if where else ""
    return f"{file}:{document.line(where)}: {_one_line(path + hide(text))}"


def _one_line(text: str) -> str:
    """Printable and of bounded length, whatever the file holds."""
    shown = text if len(text) <= LONGEST else text[: LONGEST // 2] + " … " + text[-LONGEST // 2 :]
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in shown)


def from_validation(error: ValidationError) -> Iterator[Problem]:
    """Each complaint of pydantic in our words, without the inputs."""
    details = error.errors(include_url=False, include_input=False)
    for detail in details:
        where = detail["loc"]
        inner = any(d["loc"][: len(where)] == where and d["loc"] != where for d in details)
        if not (inner and detail["type"] == "too_short"):  # pydantic counts only the good items
            yield _problem(detail)


def _problem(detail: ErrorDetails) -> Problem:
    place, kind = tuple(detail["loc"]), detail["type"]
    where = _untagged(place)
    raised = detail.get("ctx", {}).get("error")
    if isinstance(raised, AtKeyError):
        return Problem((*where, raised.key), str(raised))
    if isinstance(raised, ValueError):
        missing = isinstance(raised, MissingSecretError)
        return Problem(where, str(raised), secret_missing=missing)
    if kind == "extra_forbidden":
        return Problem(where, _unknown_key(place))
    if kind == "literal_error":
        return Problem(where, f"must be {' or '.join(sorted(GATEWAYS))}")
    if kind == "too_long":
        return Problem(where, f"has too many entries; write at most {detail['ctx']['max_length']}")
    return Problem(where, _SHAPES.get(kind, detail["msg"]))


def _untagged(place: Where) -> Where:
    """`("gateways", 0, "wavecom", "urls")`: without the type, which is no key of the file."""
    tagged = place[:1] == ("gateways",) and place[2:3] and place[2] in GATEWAYS
    return (*place[:2], *place[3:]) if tagged else place


def _unknown_key(where: Where) -> str:
    key = str(where[-1])
    if ":" in key:
        # in { } a forgotten blank makes key and value one word: never show what follows
        return f'unknown key "{_key(key)}"; write a blank after the colon'
    known = _keys_at(where[:-1])
    if key in _ELSEWHERE and key not in known:
        return f'unknown key "{key}"; {_ELSEWHERE[key]}'
    near = did_you_mean(key, known)
    return f'unknown key "{key}"{near or "; known here: " + ", ".join(known)}'


def _key(key: str) -> str:
    """A key as it may be shown: what follows a colon could be a secret."""
    return hide(re.sub(r":.*", ":…", key, flags=re.DOTALL))


def _keys_at(where: Where) -> list[str]:
    """The keys that the block at this path takes."""
    model: type[BaseModel] = File
    for step in where:
        if where[:1] == ("gateways",) and step in GATEWAYS:
            model = GATEWAYS[str(step)]
        for name, info in model.model_fields.items():
            if step in (name, info.alias):
                model = _block_in(info.annotation) or model
    return [info.alias or name for name, info in model.model_fields.items()]


def _block_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_block_in, get_args(annotation))), None)
