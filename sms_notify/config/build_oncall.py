"""From schedules, intervals and leave as written to the model, on the clock of the site."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sms_notify.config import moments
from sms_notify.config.intervals import TimeInterval
from sms_notify.config.model import Person, Quiet
from sms_notify.config.rotation import settled
from sms_notify.config.schedules import GAP, Layer, Leave, Override, Schedule
from sms_notify.config.written import File, PersonBlock, QuietBlock
from sms_notify.config.written_oncall import LayerBlock, OverrideBlock, ScheduleBlock


class Duty:
    """The zone, calendar, intervals and leave that schedules of one file refer to."""

    def __init__(self, file: File) -> None:
        self._zone = ZoneInfo(file.site.timezone)
        self._holidays = file.site.holidays.holidays
        self.intervals: Mapping[str, TimeInterval] = {
            name: TimeInterval(
                name, tuple(each.period(file.site.timezone) for each in blocks), self._holidays
            )
            for name, blocks in file.time_intervals.items()
        }
        self._leave: Mapping[str, tuple[Leave, ...]] = {
            name: tuple(moments.away(*span, self._zone) for span in person.leave)
            for name, person in file.people.items()
        }

    def person(self, name: str, block: PersonBlock) -> Person:
        phones = tuple(dict.fromkeys(block.phone))
        quiet = self._quiet(block.quiet) if block.quiet else None
        return Person(name, phones, self._leave[name], quiet)

    def schedule(self, name: str, block: ScheduleBlock) -> Schedule:
        layers = tuple(self._layer(layer) for layer in block.layers)
        overrides = tuple(
            self._override(name, index, override) for index, override in enumerate(block.overrides)
        )
        named = {who for layer in layers for entry in layer.rotate for who in entry}
        leave = {who: self._leave[who] for who in sorted(named) if self._leave.get(who)}
        return Schedule(name, layers, overrides, MappingProxyType(leave))

    def _layer(self, block: LayerBlock) -> Layer:
        return Layer(
            rotate=tuple(_people(entry) for entry in block.rotate),
            every=block.every,
            handoff=settled(block.every, block.handoff, block.since),
            since=block.since,
            when=self.intervals[block.when] if block.when is not None else None,
            holidays=self._holidays,
        )

    def _override(self, schedule: str, index: int, block: OverrideBlock) -> Override:
        return Override(
            schedule=schedule,
            start=moments.starts(block.from_, self._zone),
            end=moments.ends(block.until, self._zone),
            who=_people(block.who),
            instead_of=block.instead_of,
            called=f"schedules.{schedule}.overrides[{index}]",
        )

    def _quiet(self, block: QuietBlock) -> Quiet:
        return Quiet(self.intervals[block.when], block.except_, block.on_call)


def _people(names: tuple[str, ...]) -> tuple[str, ...]:
    """Each once, without `none`."""
    return tuple(dict.fromkeys(name for name in names if name != GAP))
