"""From the text of days and moments to what they mean on the clock of the site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

from sms_notify.config.values import day, timezone
from sms_notify.config.wall_clock import last_moment, moment
from sms_notify.model import Micros

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def days(text: str) -> tuple[date, date]:
    """`2026-02-14 to 2026-02-24`, or one day; both days included."""
    parts = re.split(r"\s*(?:\bto\b|至|到|~)\s*", text.strip())
    if len(parts) > 2:
        raise ValueError(f'"{text}" is not a span of days; write 2026-02-14 to 2026-02-24')
    first, last = day(parts[0]), day(parts[-1])
    if last < first:
        raise ValueError(f"{last} is before {first}; write the earlier day first")
    if (last - first).days > 3660:
        raise ValueError(f'"{text}" is longer than ten years; write a shorter span')
    return first, last


def each_day(first: date, last: date) -> Iterator[date]:
    """From the first to the last, both included."""
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def wall(text: str) -> datetime:
    """`2026-02-16 10:00` on the clock of the site, or with an offset: `2026-02-16T10:00+08:00`."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None or ":" not in text or not 1990 <= found.year <= 2100:
        raise ValueError(f'"{text}" is not a moment; write it as 2026-02-16 10:00')
    return found


def location(text: str) -> str:
    """A zone, or `Local`, as Alertmanager calls the machine's own."""
    return "Local" if text.strip().lower() == "local" else timezone(text)


def country(text: str) -> str:
    """Two letters of ISO 3166; whether it is known is told when its calendar is asked."""
    if not re.fullmatch(r"[A-Za-z]{2}", text.strip()):
        raise ValueError(f'"{text}" is not a country; write its two letters, e.g. CN')
    return text.strip().upper()


def starts(at: datetime, zone: tzinfo) -> Micros:
    """When something written to start then does: the first of two, or after a jump."""
    return _exact(at) if at.tzinfo else moment(at, zone)


def ends(at: datetime, zone: tzinfo) -> Micros:
    """When something written to last until then ends: the last of two, or after a jump."""
    return _exact(at) if at.tzinfo else last_moment(at, zone)


def away(first: date, last: date, zone: tzinfo) -> tuple[Micros, Micros]:
    """From the first minute of the first day to the last of the last."""
    start, after = (
        moment(datetime.combine(found, datetime.min.time()), zone)
        for found in (first, last + timedelta(days=1))
    )
    return start, after


def _exact(at: datetime) -> Micros:
    return (at - _EPOCH) // timedelta(microseconds=1)
