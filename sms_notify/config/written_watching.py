"""What may be written about watching: signals that are expected, and this program's own checks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from sms_notify.config import values
from sms_notify.config.scalars import (
    TEXT,
    AtKeyError,
    Block,
    LevelWord,
    Matchers,
    Text,
    Texts,
    read_by,
    unless,
)
from sms_notify.config.schedules import Handoff
from sms_notify.model import Micros


class HeartbeatBlock(Block):
    """A signal that must come; without a receiver its absence is told the root receiver."""

    name: Annotated[str, read_by(values.short_name), TEXT]
    matchers: Annotated[Matchers, Field(min_length=1)]
    every: Annotated[Micros, read_by(values.span("10s", "31d")), TEXT]
    receiver: Text | None = None
    level: LevelWord = unless("critical")

    @model_validator(mode="after")
    def _means_something(self) -> HeartbeatBlock:
        if all(matcher.matches({}) for line in self.matchers for matcher in line):
            text = "matches an alert without any label, and so would take in nearly every alert"
            raise AtKeyError("matchers", text + "; name the signal, e.g. 'alertname=\"Watchdog\"'")
        return self


class ProofBlock(Block):
    at: Annotated[Handoff, read_by(values.occasion), TEXT]
    to: Annotated[Texts, Field(min_length=1)]


class ChecksBlock(Block):
    tell: Text | None = None
    look_ahead: Annotated[Micros, read_by(values.span_or_never("1d", "366d")), TEXT] = unless("30d")
    proof_of_life: ProofBlock | None = None
