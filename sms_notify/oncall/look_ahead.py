"""What is going to be wrong in the next days: gaps, steps for nobody, calendars that end, overlaps.

`check` prints it, and once a week `watching` tells it: a hole in the rota is found by day and not
by an alert at night.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from zoneinfo import ZoneInfo

from sms_notify.config.model import Config, Receiver
from sms_notify.config.schedules import Override
from sms_notify.config.wall_clock import wall_clock
from sms_notify.model import DAY, Micros
from sms_notify.oncall.ahead import Ahead, Horizon, Kind, Span
from sms_notify.oncall.calendar import calendar
from sms_notify.oncall.changes import edges
from sms_notify.oncall.names import in_line, those_of, whom
from sms_notify.oncall.schedule import shifts
from sms_notify.oncall.stand_ins import doubtful

MOST_OF_A_KIND = 3
"""Of a gap that comes back every night, so many are told."""


def look_ahead(
    config: Config, now: Micros, days: int = 30, overrides: Sequence[Override] = ()
) -> tuple[Ahead, ...]:
    """Everything that will be wrong within so many days.

    `overrides` are those from outside the file. An intended gap (`none`) is no problem, unless the
    root receiver then reaches nobody.
    """
    horizon = Horizon(now, now + days * DAY, ZoneInfo(config.site.timezone))
    looking = _Looking(config, horizon, overrides)
    return (
        *looking.gaps(),
        *looking.empty_steps(),
        *looking.empty_root(),
        *looking.calendar_ends(),
        *doubtful(config, horizon, overrides),
    )


class _Looking:
    """One look from now to the horizon."""

    def __init__(self, config: Config, horizon: Horizon, overrides: Sequence[Override]) -> None:
        self.config = config
        self.horizon = horizon
        self.given = overrides

    def gaps(self) -> Iterator[Ahead]:
        """Nobody on call, and nobody meant that."""
        now, end, zone = self.horizon.now, self.horizon.end, self.horizon.zone
        for name, schedule in self.config.schedules.items():
            given = those_of(self.config, name, self.given)
            holes = [
                (max(shift.start, now), min(shift.end, end))
                for shift in shifts(schedule, now, end, zone, given)
                if not shift.people and not shift.intended
            ]
            yield from self._told(Kind.gap, f"schedules.{name}", holes, "nobody is on call")

    def empty_steps(self) -> Iterator[Ahead]:
        """A step of which only `schedule+n` is named, where nobody is left in line."""
        for receiver in self.config.receivers.values():
            for index, step in enumerate(receiver.steps):
                if not all(in_line(name)[1] for name in step.to):
                    continue  # a gap of the schedule itself has been told, or is intended
                empty = [span for span in self._parts(receiver) if not self._whom(step.to, span)]
                where = f"receivers.{receiver.name} step {index + 1}"
                names = " and ".join(step.to)
                text = f"{names} means nobody, since nobody is left in line,"
                yield from self._told(Kind.empty_step, where, empty, text)

    def empty_root(self) -> Iterator[Ahead]:
        """The last resort: an alert that would reach nobody at all."""
        root = self.config.receivers[self.config.route.receiver]
        names = [name for step in root.steps for name in step.to]
        empty = [span for span in self._parts(root) if not self._whom(names, span)]
        text = "the root receiver means nobody, so that an alert may reach nobody at all,"
        yield from self._told(Kind.empty_root, f"receivers.{root.name}", empty, text)

    def calendar_ends(self) -> Iterator[Ahead]:
        """Workdays are asked for, and nobody has announced that year yet."""
        if not _asks_calendar(self.config):
            return
        holidays, horizon = self.config.site.holidays, self.horizon
        first, last = (wall_clock(at, horizon.zone).year for at in (horizon.now, horizon.end))
        for year in range(first, last + 1):
            if not calendar(holidays).known(year):
                text = (
                    f"global.holidays: the days off of {holidays.country} in {year} are not known, "
                    "so that workday is plain Monday to Friday; update the package holidays, or "
                    "write them under rest: and work:"
                )
                span = (horizon.now, horizon.end)
                yield Ahead(Kind.holidays_end, "global.holidays", *span, text)

    def _parts(self, receiver: Receiver) -> list[Span]:
        """The time cut wherever the meaning of any name of the receiver may change."""
        names = [name for step in receiver.steps for name in step.to]
        start, end = self.horizon.now, self.horizon.end
        return list(pairwise([*edges(self.config, names, start, end, self.given), end]))

    def _whom(self, names: Sequence[str], span: Span) -> tuple[str, ...]:
        return whom(self.config, names, span[0], self.given)

    def _told(self, kind: Kind, where: str, found: Sequence[Span], what: str) -> Iterator[Ahead]:
        spans = _joined(found)
        more = len(spans) - MOST_OF_A_KIND
        for index, span in enumerate(spans[:MOST_OF_A_KIND]):
            last = index + 1 == MOST_OF_A_KIND
            again = f", and {more} times more" if last and more > 0 else ""
            text = f"{where}: {what} {self.horizon.said(span)}{again}"
            yield Ahead(kind, where, *span, text)


def _asks_calendar(config: Config) -> bool:
    return any(each.asks_calendar for each in config.schedules.values()) or any(
        each.asks_calendar for each in config.time_intervals.values()
    )


def _joined(found: Sequence[Span]) -> list[Span]:
    """Neighbours as one."""
    joined: list[Span] = []
    for start, end in found:
        if joined and joined[-1][1] == start:
            start = joined.pop()[0]
        joined.append((start, end))
    return joined
