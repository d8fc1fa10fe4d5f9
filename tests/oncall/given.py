"""Schedules as short texts, and moments as a clock with an offset shows them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sms_notify import config
from sms_notify.config import (
    Config,
    Every,
    Handoff,
    Holidays,
    Layer,
    Override,
    Schedule,
    TimeInterval,
)
from sms_notify.config.intervals import PLAIN_WEEK
from sms_notify.model import Micros
from sms_notify.oncall import shifts, whom

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


def configured(blocks: str, *, zone: str = "Asia/Shanghai", leave: str = "") -> Config:
    """A configuration with the people A to F; `leave` is `A: 2026-02-14 to 2026-02-24; B: …`."""
    away = dict(each.split(":", 1) for each in leave.split(";") if each.strip())
    away = {name.strip(): days.strip() for name, days in away.items()}
    people = "".join(
        f'  {name}: {{phone: "+861380000000{index}", leave: [{away.get(name, "")}]}}\n'
        for index, name in enumerate("ABCDEF")
    )
    head = f"""\
store: sqlite:///x.db
gateways: [{{name: g, type: wavecom, account: a, password: a-word, urls: ["http://127.0.0.1:9"]}}]
people:
{people}"""
    if "global:" not in blocks:
        head += f"global: {{timezone: {zone}}}\n"
    if "receivers:" not in blocks:
        head += "receivers: [{name: root, to: F}]\nroute: {receiver: root}\n"
    return config.parse(head + blocks, environ={})


def rota(written: str, *overrides: str, leave: str = "") -> Config:
    """One schedule S in Shanghai with these overrides, each in the form of the file."""
    lines = "".join(f"      - {{{each}}}\n" for each in overrides)
    block = f"    overrides:\n{lines}" if lines else ""
    form = f"    shifts: [{{{written}}}]\n" if not written.startswith("shifts") else written
    return configured(f"schedules:\n  S:\n{form}{block}", leave=leave)


def on(of: Config, moment: str, name: str = "S", overrides: tuple[Override, ...] = ()) -> str:
    """Who `name` is on `moment`, as a clock in Shanghai shows it."""
    return "+".join(whom(of, [name], at(f"{moment}+08:00"), overrides))


def given(start: str, end: str, *who: str, instead_of: str | None = None) -> Override:
    return Override("S", at(f"{start}+08:00"), at(f"{end}+08:00"), who, instead_of, "override 7")


def timeline(of: Config, name: str, start: str, end: str) -> list[str]:
    """Each shift as `02-09 Mon 10:00 C`: when it starts on the clock of the site, and who is on.

    `-` is an intended gap, `?` one that nobody meant.
    """
    zone = ZoneInfo(of.site.timezone)
    return [
        f"{_clock(shift.start, zone)} {'+'.join(shift.people) or ('-' if shift.intended else '?')}"
        for shift in shifts(of.schedules[name], at(start), at(end), zone)
    ]


def _clock(moment: Micros, zone: ZoneInfo) -> str:
    shown = datetime.fromtimestamp(moment / 1_000_000, zone)
    return f"{shown:%m-%d} {DAYS[shown.weekday()]} {shown:%H:%M}"
