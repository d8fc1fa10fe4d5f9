"""`sms-notify text`: what recorded alerts would read like on a phone, and what had to give."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sms_notify.cli.options import config_option, json_option, load_config
from sms_notify.cli.output import complain, say, say_json, say_table

if TYPE_CHECKING:
    from sms_notify.text import Story, Texts

COLUMNS = ("origin", "kind", "units", "segments", "text", "shed", "fallback")
BOTH = ("origin", "kind", "before_units", "before", "after_units", "after", "fallback")


@click.command("text")
@click.argument("what", metavar="FILE|FOLDER|-")
@click.option(
    "--against",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OTHER.yaml",
    help="Show the texts of another configuration beside those of this one.",
)
@json_option
@config_option
def command(what: str, against: Path | None, as_json: bool, config_path: Path | None) -> int:
    """Show the texts of recorded payloads: a file, a folder of them, or standard input.

    Each is shown with its length in units, what gave way to make it fit, in order, and why a
    template was not used. Nothing is sent or stored.
    """
    from sms_notify.intake import rules
    from sms_notify.text import preview

    config = load_config(config_path, secrets=False)
    told, unread = _told(config, what)
    texts = rules(config).texts
    if against is not None:
        other = rules(load_config(against, secrets=False)).texts
        changes = [change.columns() for change in preview.compare(texts, other, told)]
        _say(changes, BOTH, as_json)
    else:
        _say([asdict(row) for row in preview.rows(texts, told)], COLUMNS, as_json)
        _say_sum(texts, told, as_json)
    for origin, problem in unread:
        complain(f"{origin}: {problem}")
    return 0 if told else 1


def _told(config: Any, what: str) -> tuple[list[tuple[str, Story]], list[tuple[str, str]]]:
    """The stories of every payload with their origin, and what could not be read."""
    from sms_notify.cli.payloads import recorded
    from sms_notify.text import preview

    told: list[tuple[str, Story]] = []
    unread: list[tuple[str, str]] = []
    for each in recorded(config, what, time.time_ns() // 1000):
        if each.call is None:
            unread.append((each.origin, each.problem))
            continue
        unread += [(f"{each.origin}: {bad.where}", bad.problem) for bad in each.call.bad]
        alerts = each.call.alerts
        at = min((alert.starts_at for alert in alerts), default=each.call.called_at)
        stories = preview.stories(alerts, at, more=each.call.truncated, code=False)
        told += [(each.origin, story) for story in stories]
    return told, unread


def _say(rows: list[dict[str, Any]], columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        say_json(rows)
        return
    shown = [row | {"shed": ", ".join(row.get("shed", ())) or None} for row in rows]
    say_table([{k: v or None for k, v in row.items()} for row in shown], columns)


def _say_sum(texts: Texts, told: list[tuple[str, Story]], as_json: bool) -> None:
    from sms_notify.text import preview

    if not as_json:
        counts = preview.summary(preview.rows(texts, told))
        say(", ".join(f"{number} {name}" for name, number in counts.items()))
