"""`sms-notify messages --summary`: how all messages of a time ended, why, and what was done."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sms_notify.cli.output import say, say_table

if TYPE_CHECKING:
    from sms_notify.store.summing import Sums

MESSAGES = ("messages", "state", "reason", "gateway", "sms", "sent_again")
REQUESTS = ("requests", "gateway", "host", "outcome", "why")
DONE = ("times", "what")
GATEWAYS = ("at", "what", "detail")


def as_json(found: Sums, zone: ZoneInfo) -> dict[str, Any]:
    """The same as objects."""
    from sms_notify.store.reading import local_time

    shown = asdict(found)
    shown["gateways"] = [
        {**asdict(each), "at": local_time(each.at, zone)} for each in found.gateways
    ]
    return {"total": found.total, **shown}


def say_sums(found: Sums, zone: ZoneInfo, since: str) -> None:
    """Print it as tables, one after the other; those with nothing in them are left out."""
    shown = as_json(found, zone)
    say(f"{found.total} messages since {since}")
    for name, columns, heading in (
        ("messages", MESSAGES, "how they stand, and why"),
        ("done", DONE, "what was done on the way"),
        ("requests", REQUESTS, "what the gateways answered"),
        ("gateways", GATEWAYS, "what happened to the gateways"),
    ):
        if shown[name]:
            say(f"\n{heading}:")
            say_table([_filled(row) for row in shown[name]], columns)


def _filled(row: dict[str, Any]) -> dict[str, Any]:
    return {name: None if value == "" else value for name, value in row.items()}
