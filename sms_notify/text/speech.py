"""How to speak: what every part of a text needs to know about the wording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sms_notify.text.defaults import Language
from sms_notify.text.names import Names


@dataclass(frozen=True, slots=True)
class Speech:
    """How to speak: the words of the language, names seen, labels, what the charset carries."""

    language: Language
    names: Names
    order: Mapping[str, int]
    """The labels that may name the subject, each with its rank."""
    keep: tuple[str, ...]
    say: Callable[[str], str]
    """A field of an alert as one clean line that the charset can carry."""
    chinese: bool
