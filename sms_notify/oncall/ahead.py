"""One thing that the look ahead finds, and how a span of time is said in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum

from sms_notify.config.wall_clock import wall_clock
from sms_notify.model import DAY, Micros

Span = tuple[Micros, Micros]


class Kind(StrEnum):
    """What may be wrong; also the label of a metric."""

    gap = "gap"
    empty_step = "empty_step"
    empty_root = "empty_root"
    holidays_end = "holidays_end"
    overlap = "overlap"
    idle_override = "idle_override"
    unknown_name = "unknown_name"


@dataclass(frozen=True, slots=True)
class Ahead:
    """One thing that will be wrong in [start, end), and where; `text` says it for the operator."""

    kind: Kind
    where: str
    start: Micros
    end: Micros
    text: str


@dataclass(frozen=True, slots=True)
class Horizon:
    """The time that is looked at, [now, end), on the clock of the site."""

    now: Micros
    end: Micros
    zone: tzinfo

    def said(self, span: Span) -> str:
        """`from 2026-02-14 00:00 to 2026-02-16 10:00`."""
        start, end = span
        if end >= self.end:
            days = (self.end - self.now) // DAY
            whole = f"in all of the next {days} days"
            return whole if start <= self.now else f"from {self._clock(start)} on"
        first = "now" if start <= self.now else self._clock(start)
        return f"from {first} to {self._clock(end)}"

    def touches(self, span: Span) -> bool:
        return span[0] < self.end and self.now < span[1]

    def _clock(self, at: Micros) -> str:
        return wall_clock(at, self.zone).isoformat(" ", "minutes")
