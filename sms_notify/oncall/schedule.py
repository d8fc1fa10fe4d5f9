"""Who a schedule puts on call, at a moment and over a span; a shift is [handoff, next handoff)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo

from sms_notify.config.model import Schedule
from sms_notify.model import Micros
from sms_notify.oncall.rotation import Rotation


@dataclass(frozen=True, slots=True)
class Shift:
    """`people` are on call from `start` until `end`, which belongs to the next shift.

    No people: an intended gap (`none` in the rotation).
    """

    start: Micros
    end: Micros
    people: tuple[str, ...]


def on_call(schedule: Schedule, at: Micros, zone: tzinfo) -> tuple[str, ...]:
    """The names whose turn it is at `at`; () before `since` and in an intended gap."""
    rotation = Rotation(schedule, zone)
    return rotation.people(rotation.turn(at))


def shifts(schedule: Schedule, start: Micros, end: Micros, zone: tzinfo) -> Iterator[Shift]:
    """Every shift of which a part lies in [start, end), whole, in order, without hole or overlap.

    Nothing before `since`. A turn without any time (its handoff and the next fall on one moment,
    where a clock jumps) is no shift.
    """
    rotation = Rotation(schedule, zone)
    k = max(0, rotation.turn(start))
    begins = rotation.handoff(k)
    while begins < end:
        ends = rotation.handoff(k + 1)
        if ends > begins:
            yield Shift(begins, ends, rotation.people(k))
        k, begins = k + 1, ends
