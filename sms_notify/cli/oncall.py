"""`sms-notify oncall`: who is on call, until when, who comes next, and where nobody is."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sms_notify.cli.options import config_option, json_option, load_config
from sms_notify.cli.output import say, say_json, say_table
from sms_notify.cli.stand_ins import stored
from sms_notify.errors import UsageError
from sms_notify.model import DAY

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sms_notify.config import Config, Schedule
    from sms_notify.config.schedules import Override
    from sms_notify.model import Micros
    from sms_notify.oncall import Shift

COLUMNS = ("schedule", "person", "from", "until", "next")
FAR = 62 * DAY
"""How far to look for the end of a gap."""


@click.command("oncall")
@click.argument("schedule", metavar="[SCHEDULE]", required=False)
@click.option("--at", metavar="TIME", help="At this time: 2026-11-22 03:00, local or RFC 3339.")
@click.option(
    "--days",
    default=0,
    show_default=True,
    type=click.IntRange(0, 366),
    help="Every shift and gap of so many days.",
)
@json_option
@config_option
def command(
    schedule: str | None, at: str | None, days: int, as_json: bool, config_path: Path | None
) -> None:
    """Say who is on call by each schedule, until when, and who comes next.

    A line without a person is a gap: `none` in the configuration where it is intended.
    """
    config = load_config(config_path, secrets=False)
    names = _names(config, schedule)
    moment = _moment(config, at)
    given = stored(config, moment - FAR)
    rows = [row for name in names for row in _rows(config, name, moment, days, given)]
    if as_json:
        say_json(rows)
    elif rows:
        say_table([_shown(row) for row in rows], COLUMNS)
    else:
        say("no schedules: the configuration has none")


def _names(config: Config, schedule: str | None) -> list[str]:
    if schedule is None:
        return list(config.schedules)
    if schedule not in config.schedules:
        known = ", ".join(config.schedules) or "none"
        raise UsageError(f"no schedule is called {schedule!r}; the configuration has: {known}")
    return [schedule]


def _moment(config: Config, at: str | None) -> Micros:
    if at is None:
        return time.time_ns() // 1000
    from zoneinfo import ZoneInfo

    from sms_notify.config import moments

    try:
        return moments.starts(moments.wall(at), ZoneInfo(config.site.timezone))
    except ValueError as wrong:
        raise click.BadParameter(f"--at: {wrong}") from None


def _rows(
    config: Config, name: str, at: Micros, days: int, given: Sequence[Override]
) -> Iterator[dict[str, object]]:
    """One row for each shift and person; a gap has one row without a person."""
    from zoneinfo import ZoneInfo

    from sms_notify.oncall.names import those_of

    zone = ZoneInfo(config.site.timezone)
    of_it = those_of(config, name, given)
    found = _shifts_and_one_more(config.schedules[name], at, days, zone, of_it)
    for shift, after in zip(found, [*found[1:], None], strict=True):
        if shift.start >= at + max(days * DAY, 1):
            return
        for person in shift.people or (None,):
            yield {
                "schedule": name,
                "person": person,
                "from": _local(shift.start, zone),
                "until": _local(shift.end, zone) if after is not None else None,
                "next": ", ".join(after.people) or None if after is not None else None,
                "gap": _gap(shift),
            }


def _shifts_and_one_more(
    schedule: Schedule, at: Micros, days: int, zone: ZoneInfo, given: Sequence[Override]
) -> list[Shift]:
    """The shifts and gaps of the days, and what comes after the last, if that is not too far."""
    from sms_notify.oncall import shifts

    end = at + max(days * DAY, 1)
    found = list(shifts(schedule, at, end, zone, given))
    if found[-1].people or found[-1].intended:
        return [*found, *shifts(schedule, found[-1].end, found[-1].end + 1, zone, given)]
    return list(shifts(schedule, at, end + FAR, zone, given))  # a gap ends where the span does


def _local(moment: Micros, zone: ZoneInfo) -> str:
    from datetime import UTC, datetime

    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)
    return at.astimezone(zone).isoformat(timespec="seconds")


def _gap(shift: Shift) -> str | None:
    if shift.people:
        return None
    return "intended" if shift.intended else "uncovered"


def _shown(row: dict[str, object]) -> dict[str, object]:
    """A gap in words."""
    words = {"intended": "none (intended)", "uncovered": "NOBODY"}
    return {**row, "person": row["person"] or words[str(row["gap"])]}
