"""`sms-notify explain`: who would be told what, when and why; or who was."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sms_notify.cli.options import (
    LARGEST_NUMBER,
    config_option,
    json_option,
    labels_of,
    load_config,
)
from sms_notify.cli.output import say, say_json
from sms_notify.cli.stand_ins import stored
from sms_notify.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sms_notify.config import Config
    from sms_notify.model import Call, Micros

EMPTY = "judged on an empty ledger: nothing was sent or known before, and nothing is stored now"


@click.command("explain")
@click.argument("what", metavar="[FILE|CODE|ID]", required=False)
@click.option("--label", "labels", metavar="K=V", multiple=True, help="A label of the alert.")
@click.option(
    "--at", metavar="TIME", help="Judge at this time: 2026-11-22 03:00, local or RFC 3339."
)
@json_option
@config_option
def command(
    what: str | None,
    labels: tuple[str, ...],
    at: str | None,
    as_json: bool,
    config_path: Path | None,
) -> None:
    """Say who would be told what, when and why, of labels or of a payload FILE.

    With the CODE or ID of an incident: what was decided and stored.
    """
    if bool(what) == bool(labels):
        raise click.UsageError("give --label name=value …, or a payload file, or a code")
    if what is not None and what.isascii() and what.isdigit():
        _explain_stored(int(what), as_json, config_path)
        return
    _explain_judged(what, labels, at, as_json, config_path)


def _explain_stored(number: int, as_json: bool, config_path: Path | None) -> None:
    from sms_notify.cli.incidents import say_incident
    from sms_notify.cli.reading import reader
    from sms_notify.store.reading import MessageFilter

    with reader(config_path) as store:
        incident = store.incident(number) if number <= LARGEST_NUMBER else None
        if incident is None:
            raise UsageError(
                f"no incident has code or id {number}; `sms-notify incidents` lists them"
            )
        messages = store.messages(MessageFilter(incident=incident.id, limit=1000))
    if as_json:
        said = asdict(incident) | {"messages": [asdict(message) for message in messages]}
        say_json(said)
        return
    say_incident(incident)
    say("messages:")
    for message in reversed(messages):
        reason = f" ({message.reason})" if message.reason else ""
        say(f"  {message.id} {message.person} {message.phone} {message.state}{reason}")
        say(f"    {message.text}")


def _explain_judged(
    what: str | None,
    labels: tuple[str, ...],
    at: str | None,
    as_json: bool,
    config_path: Path | None,
) -> None:
    from zoneinfo import ZoneInfo

    from sms_notify.cli.judging import explained
    from sms_notify.intake import rules

    config = load_config(config_path, secrets=False)
    now = _moment(at, ZoneInfo(config.site.timezone))
    call = (
        _call_of_labels(config, labels, now) if what is None else _call_of_file(config, what, now)
    )
    given = stored(config, now)
    said = explained(rules(config), call, now, given)
    if as_json:
        say_json({"note": EMPTY, **said})
    else:
        _say(said)


def _moment(text: str | None, zone: ZoneInfo) -> Micros:
    if text is None:
        return time.time_ns() // 1000
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise click.BadParameter(f"--at {text!r}: write it like 2026-11-22 03:00") from None
    parsed = parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)
    return int((parsed - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000


def _call_of_labels(config: Config, labels: tuple[str, ...], now: Micros) -> Call:
    from sms_notify.model import Alert, Call, occurrence_fingerprint

    given = labels_of(labels)
    level, word, _ = config.site.levels.of(given)
    name = given.get("alertname", "alert")
    fingerprint = occurrence_fingerprint(given)
    alert = Alert("alertmanager", fingerprint, now, None, level, word, name, "", given)
    return Call("alertmanager", now, (alert,), {"alertname": name})


def _call_of_file(config: Config, name: str, now: Micros) -> Call:
    """The first payload of a file: of Alertmanager, Zabbix, a line, or as server.record kept it."""
    from sms_notify.cli.payloads import recorded

    head = Path(name).read_bytes()[:1000] if Path(name).is_file() else b""
    if head and not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        raise UsageError(f"{name}: is no payload; give a JSON file of a webhook, or a code")
    first = next(iter(recorded(config, name, now)), None)
    if first is None:
        raise UsageError(f"{name}: holds no payload; give a JSON file of a webhook, or a code")
    if first.call is None:
        raise UsageError(f"{first.origin}: {first.problem}")
    return first.call


def _say(said: dict[str, Any]) -> None:
    say(EMPTY)
    for alert in said["alerts"]:
        count = f"{alert['count']} x " if alert["count"] > 1 else ""
        say(f"{count}{alert['level']} {alert['name']}: {', '.join(alert['routes'])}")
    for incident in said["incidents"]:
        say(f"receiver {incident['receiver']} ({incident['level']} {incident['name']}):")
        for step in incident["steps"]:
            _say_step(step)
        for telling in incident["tellings"]:
            count = f", {telling['news']} pieces of news" if telling["news"] > 1 else ""
            who = telling["person"] or "nobody"
            until = f" until {telling['until']}" if telling["until"] else ""
            say(f"  {who}: {telling['verdict']} ({telling['reason']}){until}{count}")
    for message in said["messages"]:
        say(f"SMS to {message['person']} {message['phone']} at {message['at']}:")
        say(f"  {message['text']}")
        say(f"  {message['units']} units, {message['segments']} SMS")
    if not said["messages"]:
        say("no SMS")


def _say_step(step: dict[str, Any]) -> None:
    people = ", ".join(step["people"]) or "nobody: the next step at once"
    wait = f", waits {step['wait']}" if step["wait"] else ""
    say(f"  step {step['step']} at {step['at']}: {', '.join(step['to'])} = {people}{wait}")
