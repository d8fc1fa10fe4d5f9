"""`sms-notify messages`: what was sent to whom, and what became of it, one by one or in sum."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sms_notify.cli.options import LARGEST_NUMBER, config_option, json_option, span
from sms_notify.cli.output import say, say_json, say_table
from sms_notify.cli.reading import reader
from sms_notify.errors import UsageError
from sms_notify.model import MessageState, Micros

if TYPE_CHECKING:
    from sms_notify.store.shown import MessageShown

COLUMNS = ("id", "state", "reason", "person", "phone", "incident", "queued_at", "text")
NUMBER = click.IntRange(0, LARGEST_NUMBER)


@click.command("messages")
@click.argument("number", metavar="[ID]", required=False, type=NUMBER)
@click.option("--state", type=click.Choice([state.value for state in MessageState]))
@click.option("--person", metavar="NAME", help="Only to this person.")
@click.option("--incident", metavar="ID", type=NUMBER, help="Only of this incident.")
@click.option("-n", "--limit", default=50, type=click.IntRange(1, 1000), show_default=True)
@click.option("--summary", is_flag=True, help="How many ended how and why, and what was done.")
@click.option("--since", metavar="SPAN", default="1d", show_default=True, callback=span,
              help="Of the summary.")  # fmt: skip
@json_option
@config_option
def command(
    number: int | None,
    state: str | None,
    person: str | None,
    incident: int | None,
    limit: int,
    summary: bool,
    since: Micros,
    as_json: bool,
    config_path: Path | None,
) -> None:
    """List messages, the latest first, or show one with its history. Phones are masked."""
    if summary:
        _summary(config_path, since, as_json)
        return
    from sms_notify.store.reading import MessageFilter

    wanted = MessageFilter(MessageState(state) if state else None, person, incident, limit=limit)
    with reader(config_path) as store:
        found = store.messages(wanted) if number is None else [store.message(number)]
    messages = [message for message in found if message is not None]
    if number is not None and not messages:
        raise UsageError(f"there is no message {number}; `sms-notify messages` lists them")
    if as_json:
        say_json([asdict(message) for message in messages])
    elif number is not None:
        _say_one(messages[0])
    else:
        say_table([asdict(message) for message in messages], COLUMNS)


def _summary(config_path: Path | None, since: Micros, as_json: bool) -> None:
    from sms_notify.cli import tally
    from sms_notify.store.reading import local_time

    with reader(config_path) as store:
        since_then, found = store.sums(since)
        if as_json:
            say_json(tally.as_json(found, store.zone))
        else:
            tally.say_sums(found, store.zone, local_time(since_then, store.zone))


def _say_one(message: MessageShown) -> None:
    facts = {name: value for name, value in asdict(message).items() if name != "events"}
    for name, value in facts.items():
        if value is not None:
            say(f"{name}: {value}")
    for event in message.events:
        say(f"  {event.at}  {event.what}  {event.detail}".rstrip())
