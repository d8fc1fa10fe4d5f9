"""One schedule at one moment: the layer that covers it, whose turn it is, who stands in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from sms_notify.config.schedules import GAP, Override, Schedule
from sms_notify.model import Micros
from sms_notify.oncall.intervals import contains
from sms_notify.oncall.rotation import Rotation

People = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Who is on call at a moment, and by which layer and turn (None: no layer covers it).

    `intended`: nobody is, and that is meant.
    """

    layer: int | None
    turn: int
    people: People
    intended: bool


NOBODY = Standing(None, 0, (), intended=False)


@dataclass(frozen=True, slots=True)
class Rota:
    """A schedule made ready for questions, in the zone whose clock counts."""

    schedule: Schedule
    zone: tzinfo
    rotations: tuple[Rotation, ...]

    def standing(self, at: Micros, overrides: Sequence[Override] = ()) -> Standing:
        """Layers first, then the overrides of the file, then those given, over each other."""
        found = self._by_layers(at)
        for group in (self.schedule.overrides, overrides):
            if group:
                found = _overridden(found, [each for each in group if each.start <= at < each.end])
        return found

    def next_in_line(self, at: Micros, nth: int, overrides: Sequence[Override] = ()) -> People:
        """The `nth` entry after the present turn of the layer that covers `at`; () if none is left.

        Skips who is on leave and whom the schedule puts on call now. Overrides replace who is on,
        not the line; an entry of several counts as one.
        """
        standing = self.standing(at, overrides)
        if standing.layer is None:
            return ()
        rotate = self.rotations[standing.layer].layer.rotate
        for step in range(1, len(rotate)):
            entry = rotate[(standing.turn + step) % len(rotate)]
            present = tuple(who for who in self._present(entry, at) if who not in standing.people)
            nth -= bool(present)
            if nth == 0:
                return present
        return ()

    def _by_layers(self, at: Micros) -> Standing:
        for index, rotation in enumerate(self.rotations):
            turn = rotation.turn(at)
            when = rotation.layer.when
            if turn >= 0 and (when is None or contains(when, at)):
                entry = rotation.people(turn)
                if not self.schedule.leave or not entry:
                    return Standing(index, turn, entry, intended=not entry)
                return Standing(index, turn, self._first_present(rotation, turn, at), False)
        return NOBODY

    def _first_present(self, rotation: Rotation, turn: int, at: Micros) -> People:
        """Whose turn it is, or who comes next in the rotation and is not away."""
        rotate = rotation.layer.rotate
        entries = (rotate[(turn + step) % len(rotate)] for step in range(len(rotate)))
        return next(filter(None, (self._present(entry, at) for entry in entries)), ())

    def _present(self, entry: People, at: Micros) -> People:
        leave = self.schedule.leave
        return tuple(who for who in entry if not any(a <= at < b for a, b in leave.get(who, ())))


def rota(schedule: Schedule, zone: tzinfo) -> Rota:
    """The schedule made ready, once."""
    found = schedule.compiled.get(zone)
    if not isinstance(found, Rota):
        rotations = tuple(Rotation(layer, zone) for layer in schedule.layers)
        found = schedule.compiled[zone] = Rota(schedule, zone, rotations)
    return found


def _overridden(standing: Standing, active: Sequence[Override]) -> Standing:
    """What one group of overrides makes of it; of two that overlap the first counts.

    Those with `instead_of` all look at who would be on without them: two people can swap. Such a
    one before another that replaces everybody counts for whom it names, by the layers or by that.
    """
    instead: dict[str, People] = {}
    for each in active:
        if each.instead_of is None:
            if not standing.intended:
                return _all_replaced(standing, each.who, instead)
            break
        instead.setdefault(each.instead_of, each.who)
    if not instead:
        return standing
    on = standing.people or ((GAP,) if standing.intended else ())
    meant = standing.intended or bool(standing.people)
    return _with(standing, (name for who in on for name in instead.get(who, (who,))), meant)


def _all_replaced(standing: Standing, who: People, instead: Mapping[str, People]) -> Standing:
    """Everybody's place is taken by `who`, but for what overrides before it replace: a place, or
    one of `who`."""
    whole = tuple(name for one in who or (GAP,) for name in instead.get(one, (one,)))
    places = [instead.get(one, whole) for one in standing.people] or [whole]
    return _with(standing, (name for place in places for name in place), True)


def _with(standing: Standing, names: Iterable[str], meant: bool) -> Standing:
    people = _once(name for name in names if name != GAP)
    return Standing(standing.layer, standing.turn, people, meant and not people)


def _once(names: Iterable[str]) -> People:
    return tuple(dict.fromkeys(names))
