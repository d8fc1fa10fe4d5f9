"""Schedules as short texts, and moments as a clock with an offset shows them."""

from __future__ import annotations

from datetime import date, datetime

from sms_notify.config import Every, Handoff, Holidays, Layer, Schedule, TimeInterval
from sms_notify.config.intervals import PLAIN_WEEK
from sms_notify.model import Micros

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def layer(
    rotate: str,
    *,
    every: str = "1d",
    handoff: str = "09:00",
    since: str = "2026-01-05",
    when: TimeInterval | None = None,
    holidays: Holidays = PLAIN_WEEK,
) -> Layer:
    """`layer("A B+C none", every="1w", handoff="Mon 10:00", since="2026-01-05")`."""
    turns = tuple(() if turn == "none" else tuple(turn.split("+")) for turn in rotate.split())
    unit = every.lstrip("0123456789")
    day, _, clock = handoff.rpartition(" ")
    hour, minute = map(int, clock.split(":"))
    return Layer(
        rotate=turns,
        every=Every(int(every.removesuffix(unit)), unit),
        handoff=Handoff(
            weekday=DAYS.index(day) if day in DAYS else None,
            monthday=int(day) if day.isdigit() else None,
            hour=hour,
            minute=minute,
        ),
        since=date.fromisoformat(since),
        when=when,
        holidays=holidays,
    )


def schedule(
    rotate: str, *, every: str = "1d", handoff: str = "09:00", since: str = "2026-01-05"
) -> Schedule:
    """A schedule of one layer."""
    return Schedule("S", (layer(rotate, every=every, handoff=handoff, since=since),))


def at(text: str) -> Micros:
    """`at("2026-02-16T10:00+08:00")`."""
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None
    return round(moment.timestamp() * 1_000_000)
