"""What can still be judged of a file that is wrong elsewhere, so that all is told at once."""

from __future__ import annotations

from dataclasses import replace

from pydantic import ValidationError

from sms_notify.config.secrets import Surroundings
from sms_notify.config.walking import items, mapping
from sms_notify.config.written import File
from sms_notify.config.yaml import Plain

_SECTIONS = ("global", "server", "store", "gateways", "text")
_ALONE: dict[str, Plain] = {
    "store": "sqlite:///nothing.db",
    "gateways": [
        {"name": "g", "type": "wavecom", "account": "a", "password": "not-read", "urls": "http://h"}
    ],
    "people": {"p": {"phone": "+8613800000001"}},
    "receivers": [{"name": "root", "to": "p"}],
    "route": {"receiver": "root"},
}
"""Stands in for every section that cannot be read, or that nothing asks for here."""


def readable(data: dict[str, Plain], near: Surroundings) -> File:
    """The sections of `data` that are right each for itself, the rest made up.

    Receivers keep their places and their templates and lose everything else.
    """
    near = replace(near, forgive=True)
    kept = _ALONE
    for section in _SECTIONS:
        kept = _with(kept, section, data.get(section), near)
    own: dict[str, Plain] = {}
    for key, template in mapping(data.get("templates")).items():
        if _file({**kept, "templates": {key: template}}, near):
            own[key] = template
    kept = {**kept, "templates": own, "receivers": _receivers(data, near)}
    return File.model_validate(kept, context=near)


def _with(
    kept: dict[str, Plain], section: str, written: Plain, near: Surroundings
) -> dict[str, Plain]:
    tried = {**kept, section: written}
    return tried if written is not None and _file(tried, near) else kept


def _receivers(data: dict[str, Plain], near: Surroundings) -> list[Plain]:
    found: list[Plain] = []
    for index, receiver in enumerate(items(data.get("receivers"))):
        plain: dict[str, Plain] = {"name": f"r{index}", "to": "p"}
        own = {
            key: template
            for key, template in mapping(mapping(receiver).get("templates")).items()
            if _file({**_ALONE, "templates": {key: template}}, near)
        }
        found.append({**plain, "templates": own})
    return [*found, *items(_ALONE["receivers"])]


def _file(data: dict[str, Plain], near: Surroundings) -> File | None:
    try:
        return File.model_validate(data, context=near)
    except ValidationError:
        return None
