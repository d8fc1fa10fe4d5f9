"""`sms-notify incidents`: what burns, who was told, who answered."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sms_notify.cli.options import LARGEST_NUMBER, config_option, json_option
from sms_notify.cli.output import say, say_json, say_table
from sms_notify.cli.reading import reader
from sms_notify.errors import UsageError
from sms_notify.model import IncidentState

if TYPE_CHECKING:
    from sms_notify.store.shown import IncidentShown

COLUMNS = (
    "code",
    "id",
    "state",
    "level",
    "name",
    "receiver",
    "firing",
    "opened_at",
    "step",
    "answer_until",
    "acknowledged_by",
    "ended_at",
)
PARTS = ("alerts", "tellings", "events")


@click.command("incidents")
@click.argument("code", metavar="[CODE]", required=False, type=click.IntRange(0, LARGEST_NUMBER))
@click.option("--state", type=click.Choice([state.value for state in IncidentState]))
@click.option("-n", "--limit", default=50, type=click.IntRange(1, 1000), show_default=True)
@json_option
@config_option
def command(
    code: int | None, state: str | None, limit: int, as_json: bool, config_path: Path | None
) -> None:
    """List incidents, the latest first, or show one by its code or id."""
    from sms_notify.store.reading import IncidentFilter

    wanted = IncidentFilter(IncidentState(state) if state else None, limit=limit)
    with reader(config_path) as store:
        found = store.incidents(wanted) if code is None else [store.incident(code)]
    incidents = [incident for incident in found if incident is not None]
    if code is not None and not incidents:
        raise UsageError(f"no incident has code or id {code}; `sms-notify incidents` lists them")
    if as_json:
        say_json([_shown(incident, whole=code is not None) for incident in incidents])
    elif code is not None:
        say_incident(incidents[0])
    else:
        say_table([asdict(incident) for incident in incidents], COLUMNS)


def _shown(incident: IncidentShown, *, whole: bool) -> dict[str, object]:
    said = asdict(incident)
    return said if whole else {name: said[name] for name in said if name not in PARTS}


def say_incident(incident: IncidentShown) -> None:
    """One incident with everything that was decided about it."""
    said = asdict(incident)
    for name, value in said.items():
        if name not in PARTS and value is not None:
            say(f"{name}: {value}")
    say("alerts:")
    for alert in incident.alerts:
        until = f" until {alert.ended_at}" if alert.ended_at else ""
        say(f"  {alert.level} {alert.name}: {alert.summary} since {alert.starts_at}{until}")
    say("decided:")
    for telling in incident.tellings:
        carried = f" in message {telling.message}" if telling.message is not None else ""
        again = f" (said again {telling.again} times)" if telling.again else ""
        until = f" until {telling.until}" if telling.until else ""
        say(
            f"  {telling.at} {telling.person or 'nobody'} {telling.news}: "
            f"{telling.verdict}, {telling.reason}{until}{carried}{again}"
        )
    say("history:")
    for event in incident.events:
        say(f"  {event.at} {event.what} {event.detail}".rstrip())
