"""What may be written about time and duty: intervals, holidays, shifts, overrides, leave."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from sms_notify.config import moments, period_words, values
from sms_notify.config.intervals import DAY_MINUTES, Holidays, Period
from sms_notify.config.rotation import check_rotation
from sms_notify.config.scalars import (
    ONE_OR_MORE,
    TEXT,
    TEXT_OR_LIST,
    AtKeyError,
    Block,
    Text,
    Texts,
    read_by,
    several,
)
from sms_notify.config.schedules import Every, Handoff

Day = Annotated[date, read_by(values.day), WithJsonSchema({"type": "string", "format": "date"})]
Days = Annotated[
    tuple[Annotated[tuple[date, date], read_by(moments.days), TEXT], ...],
    ONE_OR_MORE,
    TEXT_OR_LIST,
]
Wall = Annotated[datetime, read_by(moments.wall), TEXT]


_WHOLE = (0, DAY_MINUTES)


class HolidaysBlock(Block):
    country: Annotated[str, read_by(moments.country), TEXT] | None = None
    rest: Days = ()
    work: Days = ()

    @model_validator(mode="after")
    def _rest_or_work(self) -> HolidaysBlock:
        both = self.holidays.rest & self.holidays.work
        if both:
            raise AtKeyError("work", f"{min(both)} stands under rest too; keep it under one")
        return self

    @property
    def holidays(self) -> Holidays:
        rest, work = (
            frozenset(day for days in spans for day in moments.each_day(*days))
            for spans in (self.rest, self.work)
        )
        return Holidays(self.country, rest, work)


class TimesBlock(Block):
    start_time: Annotated[int, read_by(period_words.clock), TEXT]
    end_time: Annotated[int, read_by(period_words.clock), TEXT]

    @model_validator(mode="after")
    def _some_time(self) -> TimesBlock:
        if self.start_time % DAY_MINUTES == self.end_time % DAY_MINUTES and self.minutes != _WHOLE:
            text = "starts and ends at the same time; write 00:00 to 24:00 for the whole day"
            raise AtKeyError("end_time", text)
        return self

    @property
    def minutes(self) -> tuple[int, int]:
        """Midnight as an end is that of the same day."""
        return self.start_time, self.end_time or (DAY_MINUTES if self.start_time else 0)


class PeriodBlock(Block):
    """Alertmanager's own keys. `weekdays` may also be workday or restday."""

    times: Annotated[tuple[TimesBlock, ...], Field(min_length=1)] | None = None
    weekdays: (
        Annotated[
            tuple[Annotated[frozenset[int | str], read_by(period_words.weekdays), TEXT], ...],
            ONE_OR_MORE,
            Field(min_length=1),
            TEXT_OR_LIST,
        ]
        | None
    ) = None
    days_of_month: (
        Annotated[
            tuple[Annotated[tuple[int, int], read_by(period_words.monthdays), TEXT], ...],
            ONE_OR_MORE,
            Field(min_length=1),
            TEXT_OR_LIST,
        ]
        | None
    ) = None
    months: (
        Annotated[
            tuple[Annotated[frozenset[int], read_by(period_words.months), TEXT], ...],
            ONE_OR_MORE,
            Field(min_length=1),
            TEXT_OR_LIST,
        ]
        | None
    ) = None
    years: (
        Annotated[
            tuple[Annotated[tuple[int, int], read_by(period_words.years), TEXT], ...],
            ONE_OR_MORE,
            Field(min_length=1),
            TEXT_OR_LIST,
        ]
        | None
    ) = None
    location: Annotated[str, read_by(moments.location), TEXT] = "UTC"

    @model_validator(mode="after")
    def _says_something(self) -> PeriodBlock:
        if not self.model_fields_set - {"location"}:
            text = "says no time at all; write times, weekdays, days_of_month, months or years"
            raise ValueError(text)
        return self

    def period(self, site_zone: str) -> Period:
        """The same for the program; `Local` is the zone of the site."""
        days = {day for found in self.weekdays or () for day in found}
        return Period(
            zone=site_zone if self.location == "Local" else self.location,
            times=tuple(each.minutes for each in self.times or ()),
            weekdays=frozenset(day for day in days if isinstance(day, int)),
            workdays="workday" in days,
            restdays="restday" in days,
            monthdays=self.days_of_month or (),
            months=frozenset(month for found in self.months or () for month in found),
            years=self.years or (),
        )


def _lines(value: object) -> object:
    """A text is one or several of Zabbix' periods; a mapping is a list of one."""
    if isinstance(value, str):
        return [part.strip() for part in value.strip().strip(";").split(";")]
    return [value] if isinstance(value, dict) else value


def _line(value: object) -> object:
    return period_words.one_line(value) if isinstance(value, str) else value


Periods = Annotated[
    tuple[Annotated[PeriodBlock, BeforeValidator(_line)], ...],
    BeforeValidator(_lines),
    Field(min_length=1),
]

Rotate = Annotated[
    tuple[Annotated[tuple[Text, ...], BeforeValidator(several), TEXT_OR_LIST], ...],
    Field(min_length=1),
]


_ROTATION = ("rotate", "every", "handoff", "since")


class LayerBlock(Block):
    when: Text | None = None
    rotate: Rotate
    every: Annotated[Every, read_by(values.every), TEXT]
    handoff: Annotated[Handoff, read_by(values.handoff), TEXT]
    since: Day

    @model_validator(mode="after")
    def _fits_together(self) -> LayerBlock:
        problem = check_rotation(self.every, self.handoff, self.since)
        if problem:
            raise AtKeyError(*problem)
        return self


class OverrideBlock(Block):
    from_: Wall = Field(alias="from")
    until: Wall
    who: Annotated[Texts, Field(min_length=1)]
    instead_of: Text | None = None

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> OverrideBlock:
        alike = (self.from_.tzinfo is None) == (self.until.tzinfo is None)
        if alike and self.until <= self.from_:
            raise AtKeyError("until", "is not after from; the override would never count")
        return self


class ScheduleBlock(Block):
    """Either one rotation, or `shifts` of them."""

    rotate: Rotate | None = None
    every: Annotated[Every, read_by(values.every), TEXT] | None = None
    handoff: Annotated[Handoff, read_by(values.handoff), TEXT] | None = None
    since: Day | None = None
    shifts: Annotated[tuple[LayerBlock, ...], Field(min_length=1)] | None = None
    overrides: tuple[OverrideBlock, ...] = ()

    @model_validator(mode="after")
    def _one_form(self) -> ScheduleBlock:
        written = [key for key in _ROTATION if getattr(self, key) is not None]
        if self.shifts:
            if written:
                raise AtKeyError(written[0], "stands beside shifts; write it in each of them")
            return self
        missing = [key for key in _ROTATION if key not in written]
        if missing:
            raise AtKeyError(missing[0], _missing(missing))
        [layer] = self.layers
        problem = check_rotation(layer.every, layer.handoff, layer.since)
        if problem:
            raise AtKeyError(*problem)
        return self

    @property
    def layers(self) -> tuple[LayerBlock, ...]:
        """The shifts, or the one rotation as the only one of them."""
        if self.shifts:
            return self.shifts
        return (LayerBlock.model_construct(**{key: getattr(self, key) for key in _ROTATION}),)


def _missing(keys: list[str]) -> str:
    if len(keys) == len(_ROTATION):
        return "is missing; write rotate, every, handoff and since, or shifts"
    also = f", and so is {' and '.join(keys[1:])}" if keys[1:] else ""
    return f"is missing{also}; it must be written"
