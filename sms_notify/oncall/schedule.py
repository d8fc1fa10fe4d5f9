"""Who a schedule puts on call, at a moment and over a span; a shift is [handoff, next handoff)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import pairwise

from sms_notify.config.schedules import Override, Schedule
from sms_notify.model import Micros
from sms_notify.oncall.intervals import spans
from sms_notify.oncall.rota import Rota, Standing, rota
from sms_notify.oncall.rotation import Rotation


@dataclass(frozen=True, slots=True)
class Shift:
    """`people` are on call from `start` until `end`, which belongs to the next shift.

    No people: a gap, `intended` (`none` in the rotation) or not.
    """

    start: Micros
    end: Micros
    people: tuple[str, ...]
    intended: bool = False


def on_call(
    schedule: Schedule, at: Micros, zone: tzinfo, overrides: Sequence[Override] = ()
) -> tuple[str, ...]:
    """The names whose turn it is at `at`; () before the first `since` and in a gap.

    `overrides` are those of this schedule from outside the file; they beat those in the file.
    """
    return rota(schedule, zone).standing(at, overrides).people


def next_in_line(
    schedule: Schedule,
    at: Micros,
    zone: tzinfo,
    nth: int = 1,
    overrides: Sequence[Override] = (),
) -> tuple[str, ...]:
    """Whom `schedule+nth` means at `at`; () if nobody is left."""
    return rota(schedule, zone).next_in_line(at, nth, overrides)


def shifts(
    schedule: Schedule,
    start: Micros,
    end: Micros,
    zone: tzinfo,
    overrides: Sequence[Override] = (),
) -> Iterator[Shift]:
    """Every shift and gap of which a part lies in [start, end): in order, without hole or overlap.

    A shift is whole, also where it begins before `start` or lasts beyond `end`; a gap that no
    layer covers is cut there. A turn without any time (its handoff and the next fall on one moment,
    where a clock jumps) is no shift. A handoff within an override stays a border of shifts.
    """
    of = rota(schedule, zone)
    for begins, ends, standing in _joined(of, *_widened(of, start, end), overrides):
        if ends > start and begins < end:
            yield Shift(begins, ends, standing.people, standing.intended)


def segments(
    of: Rota, start: Micros, end: Micros, overrides: Sequence[Override] = ()
) -> Iterator[tuple[Micros, Micros, Standing]]:
    """[start, end) cut wherever anything that counts may change, with who is on in each part."""
    edges = {start, end}
    for edge in _edges(of, start, end, overrides):
        if start < edge < end:
            edges.add(edge)
    for begins, ends in pairwise(sorted(edges)):
        yield begins, ends, of.standing(begins, overrides)


def _joined(
    of: Rota, start: Micros, end: Micros, overrides: Sequence[Override]
) -> Iterator[tuple[Micros, Micros, Standing]]:
    """The segments, joined where the next is the same people in the same turn."""
    before: tuple[Micros, Micros, Standing] | None = None
    for begins, ends, standing in segments(of, start, end, overrides):
        if before is not None and before[2] == standing:
            before = before[0], ends, standing
            continue
        if before is not None:
            yield before
        before = begins, ends, standing
    if before is not None:
        yield before


def _widened(of: Rota, start: Micros, end: Micros) -> tuple[Micros, Micros]:
    """The span with the whole of the turns at its ends, since no shift is longer than its turn."""
    first, last = of.standing(start), of.standing(end - 1)
    if first.layer is not None:
        start = of.rotations[first.layer].handoff(first.turn)
    if last.layer is not None:
        end = of.rotations[last.layer].handoff(last.turn + 1)
    return start, end


def _edges(of: Rota, start: Micros, end: Micros, overrides: Sequence[Override]) -> Iterator[Micros]:
    for rotation in of.rotations:
        yield from _handoffs(rotation, start, end)
        if rotation.layer.when is not None:
            for span in spans(rotation.layer.when, start, end):
                yield from span
    for override in (*of.schedule.overrides, *overrides):
        yield from (override.start, override.end)
    for leave in of.schedule.leave.values():
        for away in leave:
            yield from away


def _handoffs(rotation: Rotation, start: Micros, end: Micros) -> Iterator[Micros]:
    turn = max(0, rotation.turn(start))
    while (begins := rotation.handoff(turn)) < end:
        yield begins
        turn += 1
