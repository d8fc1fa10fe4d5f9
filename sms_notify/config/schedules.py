"""Schedules as the on-call room reads them: layers of rotations, overrides, leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sms_notify.config.intervals import PLAIN_WEEK, Holidays, TimeInterval
from sms_notify.model import Micros

GAP = "none"
"""In `rotate` and `who`: nobody, on purpose; in `instead_of`: where nobody would be on purpose."""


@dataclass(frozen=True, slots=True)
class Every:
    """How long a turn is: a count of hours `h`, days `d`, weeks `w`, months `mo` or `workday`s."""

    count: int
    unit: str

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


@dataclass(frozen=True, slots=True)
class Handoff:
    """The wall-clock moment of a handoff in `global.timezone`.

    `weekday` (Monday 0) is set when turns are whole weeks written with a weekday or `w`;
    `monthday` (1-31; 31 = the last day of shorter months) when turns are months.
    """

    weekday: int | None
    monthday: int | None
    hour: int
    minute: int


@dataclass(frozen=True, slots=True)
class Layer:
    """One rotation. `rotate[0]` is on from the handoff of day `since`; () is an intended gap.

    `when` None covers every moment from then on. `holidays` say what a workday is.
    """

    rotate: tuple[tuple[str, ...], ...]
    every: Every
    handoff: Handoff
    since: date
    when: TimeInterval | None = None
    holidays: Holidays = PLAIN_WEEK


@dataclass(frozen=True, slots=True)
class Override:
    """`who` is on call in [start, end) instead of whom the layers say; () is nobody, on purpose.

    With `instead_of` only in the place of that person, where that person would be on; GAP: only
    where a layer has an intended gap, which every other override leaves as it is.
    `called` says where it stands, for messages.
    """

    schedule: str
    start: Micros
    end: Micros
    who: tuple[str, ...]
    instead_of: str | None = None
    called: str = ""


Leave = tuple[Micros, Micros]
"""Away in [start, end)."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Who is on call when: the first layer that covers the moment, then overrides.

    `leave` names everybody of the rotations who has any. All that an answer needs is in here, but
    overrides from the store.
    """

    name: str
    layers: tuple[Layer, ...]
    overrides: tuple[Override, ...] = ()
    leave: Mapping[str, tuple[Leave, ...]] = field(default_factory=dict)
    compiled: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What the on-call room has worked out of it, once."""

    @property
    def asks_calendar(self) -> bool:
        """Does any turn or layer depend on which days are worked?"""
        return any(
            layer.every.unit == "workday" or (layer.when is not None and layer.when.asks_calendar)
            for layer in self.layers
        )
