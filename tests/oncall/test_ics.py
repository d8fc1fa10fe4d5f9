"""The calendar for phones: RFC 5545 to the letter, and the shifts of the schedule."""

from __future__ import annotations

import re

from sms_notify.config import Override
from sms_notify.model import DAY
from sms_notify.oncall.ics import calendar_text

from .given import at, configured

NOW = at("2026-01-10T12:00+08:00")
OF = configured("""\
schedules:
  S: {rotate: [A, [B, C], none], every: 1w, handoff: Mon 10:00, since: 2026-01-05}
  T: {rotate: [A], every: 1w, handoff: Mon 10:00, since: 2026-01-05}
""")


def text(
    start: str = "2026-01-05",
    days: int = 21,
    schedule: str | None = None,
    person: str | None = None,
) -> str:
    first = at(f"{start}T10:00+08:00")
    end = first + days * DAY
    return calendar_text(OF, first, end, now=NOW, schedule=schedule, person=person)


def events(written: str) -> list[dict[str, str]]:
    """Each event as its properties, unfolded."""
    lines = written.replace("\r\n ", "").split("\r\n")
    found: list[dict[str, str]] = []
    for line in lines:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found and name not in ("END", "BEGIN", ""):
            found[-1][name] = value
    return found


def test_each_shift_and_person_is_an_event_in_utc() -> None:
    shifts = [(e["SUMMARY"], e["DTSTART"], e["DTEND"]) for e in events(text(schedule="S"))]
    assert shifts == [
        ("S: A", "20260105T020000Z", "20260112T020000Z"),
        ("S: B", "20260112T020000Z", "20260119T020000Z"),
        ("S: C", "20260112T020000Z", "20260119T020000Z"),
    ]
    assert {event["DTSTAMP"] for event in events(text())} == {"20260110T040000Z"}


def test_a_person_sees_the_own_shifts_of_every_schedule() -> None:
    assert [event["SUMMARY"] for event in events(text(person="A"))] == ["S: A", *["T: A"] * 3]
    [shared] = events(text(person="B", schedule="S"))
    assert shared["DESCRIPTION"] == "C"
    assert events(text(person="B", schedule="T")) == events(text(schedule="X")) == []


def test_a_uid_stays_while_the_shift_starts_when_it_did() -> None:
    early, late = text(days=14), text(start="2026-01-07", days=20)
    shared = {e["UID"] for e in events(early)} & {e["UID"] for e in events(late)}
    assert len(shared) == len(events(early)) == len({e["UID"] for e in events(early)})
    start = at("2026-01-05T10:00+08:00")
    shorter = Override("S", start + 2 * DAY, start + 3 * DAY, ("D",))
    changed = calendar_text(OF, start, start + DAY, now=NOW, schedule="S", overrides=(shorter,))
    [before], [after] = events(text(days=1, schedule="S")), events(changed)
    assert (after["UID"], after["DTEND"]) == (before["UID"], "20260107T020000Z")


def test_lines_are_folded_at_75_octets_and_no_character_is_cut() -> None:
    name = "数据库与中间件及网络值班一二三四五六七八九十"
    of = configured(f"schedules: {{{name}: {{rotate: [[A, B, C, D, E, F]], every: 1w, "
                    "handoff: Mon 10:00, since: 2026-01-05}}\n")  # fmt: skip
    written = calendar_text(of, NOW, NOW + DAY, now=NOW)
    assert written.endswith("END:VCALENDAR\r\n")
    lines = written.encode().split(b"\r\n")
    assert 72 < max(map(len, lines)) <= 75
    assert "".join(line.decode() for line in lines)  # each line by itself is UTF-8
    assert "\n" not in written.replace("\r\n", "")
    assert events(written)[0]["SUMMARY"] == f"{name}: A"


def test_what_has_a_meaning_in_a_calendar_is_escaped() -> None:
    weekly = "rotate: [A], every: 1w, handoff: Mon 10:00, since: 2026-01-05"
    of = configured(f'schedules: {{"a;b,c\\\\d": {{{weekly}}}}}\n')
    [event] = events(calendar_text(of, NOW, NOW + 1, now=NOW))
    assert event["SUMMARY"] == r"a\;b\,c\\d: A"


def test_a_calendar_holds_no_phone_number() -> None:
    assert not re.search("1380000", text())
