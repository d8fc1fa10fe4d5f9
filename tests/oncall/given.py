"""Schedules as short texts, and moments as a clock with an offset shows them."""

from __future__ import annotations

from datetime import date, datetime

from sms_notify.config import Every, Handoff, Schedule
from sms_notify.model import Micros

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def schedule(
    rotate: str, *, every: str = "1d", handoff: str = "09:00", since: str = "2026-01-05"
) -> Schedule:
    """`schedule("A B+C none", every="1w", handoff="Mon 10:00", since="2026-01-05")`."""
    turns = tuple(() if turn == "none" else tuple(turn.split("+")) for turn in rotate.split())
    count, unit = every.rstrip("hdwmo"), every.lstrip("0123456789")
    day, _, clock = handoff.rpartition(" ")
    hour, minute = map(int, clock.split(":"))
    return Schedule(
        name="S",
        rotate=turns,
        every=Every(int(count), unit),
        handoff=Handoff(
            weekday=DAYS.index(day) if day in DAYS else None,
            monthday=int(day) if day.isdigit() else None,
            hour=hour,
            minute=minute,
        ),
        since=date.fromisoformat(since),
    )


def at(text: str) -> Micros:
    """`at("2026-02-16T10:00+08:00")`."""
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None
    return round(moment.timestamp() * 1_000_000)
