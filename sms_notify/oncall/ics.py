"""A calendar to subscribe to with a phone: iCalendar text of shifts, RFC 5545."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sms_notify.config.model import Config
from sms_notify.config.schedules import Override
from sms_notify.model import Micros
from sms_notify.oncall.names import those_of
from sms_notify.oncall.schedule import Shift, shifts

LONGEST_LINE = 75
"""Octets, without the end of the line (RFC 5545, 3.1)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def calendar_text(
    config: Config,
    start: Micros,
    end: Micros,
    *,
    now: Micros,
    schedule: str | None = None,
    person: str | None = None,
    overrides: Sequence[Override] = (),
) -> str:
    """One event for every shift and person that reaches into [start, end).

    Only of that schedule and that person where they are given; both must be names of the
    configuration, else the calendar is empty. Times are UTC, so that no clock change moves them;
    the UID of a shift stays as long as schedule, person and start do, so that a subscription
    moves the end of an event instead of adding one. Holds no phone numbers.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//sms-notify//on call//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{_escaped(_title(schedule, person))}",
        f"X-WR-CALNAME:{_escaped(_title(schedule, person))}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]
    wanted = config.schedules if schedule is None else {schedule} & config.schedules.keys()
    zone = ZoneInfo(config.site.timezone)
    for name in sorted(wanted):
        given = those_of(config, name, overrides)
        for shift in shifts(config.schedules[name], start, end, zone, given):
            for who in shift.people:
                if person in (None, who):
                    lines += _event(name, who, shift, now)
    lines.append("END:VCALENDAR")
    return "".join(part + "\r\n" for line in lines for part in _folded(line))


def _title(schedule: str | None, person: str | None) -> str:
    return " ".join(filter(None, (schedule, person))) or "on call"


def _event(schedule: str, person: str, shift: Shift, now: Micros) -> list[str]:
    named = "\x00".join((schedule, person, str(shift.start)))
    uid = hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    others = [who for who in shift.people if who != person]
    return [
        "BEGIN:VEVENT",
        f"UID:{uid}@sms-notify",
        f"DTSTAMP:{_utc(now)}",
        f"DTSTART:{_utc(shift.start)}",
        f"DTEND:{_utc(shift.end)}",
        f"SUMMARY:{_escaped(f'{schedule}: {person}')}",
        *([f"DESCRIPTION:{_escaped(', '.join(others))}"] if others else []),
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _utc(at: Micros) -> str:
    return (_EPOCH + timedelta(microseconds=at)).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    """A TEXT value (RFC 5545, 3.3.11); what cannot be printed has no place in a name."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> Iterator[str]:
    """Lines of at most 75 octets, a continuation starting with a blank; characters stay whole."""
    part, size = "", 0
    for char in line:
        octets = len(char.encode("utf-8", "surrogatepass"))
        if size + octets > LONGEST_LINE:
            yield part
            part, size = " ", 1
        part += char
        size += octets
    yield part
