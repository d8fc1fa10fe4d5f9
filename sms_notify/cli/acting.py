"""`sms-notify ack`, `escalate`, `mute`: what an SMS may do, from a shell."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sms_notify.cli.asking import Away, json_body
from sms_notify.cli.asking import server as server_of
from sms_notify.cli.options import LARGEST_NUMBER, config_option, server_options, span
from sms_notify.cli.output import complain, say
from sms_notify.errors import UsageError

if TYPE_CHECKING:
    from sms_notify.actions import Actor, Did
    from sms_notify.cli.asking import Server
    from sms_notify.cli.own_store import OwnStore
    from sms_notify.intake import Rules
    from sms_notify.model import Micros

T = TypeVar("T")

code_argument = click.argument("code", metavar="CODE", type=click.IntRange(0, LARGEST_NUMBER))
as_option = click.option("--as", "who", metavar="NAME", help="Who acts; else the user's name.")


def user() -> str:
    """Who sits at the terminal, also behind sudo."""
    return os.environ.get("SUDO_USER") or getpass.getuser()


def either(
    url: str | None,
    token_file: Path | None,
    config_path: Path | None,
    ask: Callable[[Server], T],
    act: Callable[[OwnStore], T],
) -> T:
    """Ask the server if there is one; where it is away, or there is none, use the store."""
    why = ""
    if url is not None:
        try:
            return ask(server_of(url, token_file))
        except Away as away:
            why = str(away)
            complain(f"{why}; using the store")
    from sms_notify.cli.own_store import open_own_store

    with open_own_store(config_path, why) as own:
        return act(own)


@click.command("ack")
@code_argument
@as_option
@server_options
@config_option
def ack(
    code: int, who: str | None, server: str | None, token_file: Path | None,
    config_path: Path | None,
) -> int:  # fmt: skip
    """Acknowledge an incident, or all that is open of a digest, by its code or id."""

    def made(rules: Rules, by: Actor) -> Any:
        from sms_notify.actions import Acknowledge

        return Acknowledge(rules, code, by)

    asked = {"by": who or user()}
    return _act("acknowledge", code, asked, made, server, token_file, config_path)


@click.command("escalate")
@code_argument
@as_option
@server_options
@config_option
def escalate(
    code: int, who: str | None, server: str | None, token_file: Path | None,
    config_path: Path | None,
) -> int:  # fmt: skip
    """Tell the next in the chain of an incident now, by its code or id."""

    def made(rules: Rules, by: Actor) -> Any:
        from sms_notify.actions import Escalate

        return Escalate(rules, code, by)

    asked = {"by": who or user()}
    return _act("escalate", code, asked, made, server, token_file, config_path)


@click.command("mute")
@code_argument
@click.argument("duration", metavar="[DURATION]", required=False, callback=span)
@as_option
@server_options
@config_option
def mute(
    code: int, duration: Micros | None, who: str | None, server: str | None,
    token_file: Path | None, config_path: Path | None,
) -> int:  # fmt: skip
    """Hold the news of an incident for a while, `30m` or `2h`; at most `replies.max_mute`."""
    from sms_notify.config.durations import format_duration

    def made(rules: Rules, by: Actor) -> Any:
        from sms_notify.actions import Mute

        return Mute(rules, code, by, duration or rules.config.replies.max_mute)

    lasts = {} if duration is None else {"for": format_duration(duration)}
    asked = {"by": who or user()} | lasts
    return _act("mute", code, asked, made, server, token_file, config_path)


def _act(
    verb: str,
    code: int,
    asked: dict[str, str],
    made: Callable[[Rules, Actor], Any],
    url: str | None,
    token_file: Path | None,
    config_path: Path | None,
) -> int:
    def ask(server: Server) -> list[dict[str, Any]]:
        path = f"/api/v1/incidents/{code}/{verb}"
        found: list[dict[str, Any]] = server.call("POST", path, json_body(asked))
        return found

    def act(own: OwnStore) -> list[dict[str, Any]]:
        from sms_notify.actions import Actor

        by = Actor(asked["by"], "by command")
        answered = own.act(made(own.rules, by))
        return [_shown(did, own) for did in answered.dids]

    acted = either(url, token_file, config_path, ask, act)
    if not acted:
        raise UsageError(f"no incident has code or id {code}; `sms-notify incidents` lists them")
    for each in acted:
        say(_said(verb, each))
    return 0 if any(each["came"] == "done" for each in acted) else 1


def _shown(did: Did, own: OwnStore) -> dict[str, Any]:
    from zoneinfo import ZoneInfo

    from sms_notify.store.reading import local_time

    zone, found = ZoneInfo(own.rules.config.site.timezone), did.incident
    moments = {
        "acknowledged_at": found.acked_at,
        "muted_until": found.muted_until,
        "ended_at": found.ended_at,
    }
    return {
        "came": did.came.value,
        "code": found.code,
        "id": found.id,
        "name": found.name,
        "acknowledged_by": found.acked_by,
        **{key: None if at is None else local_time(at, zone) for key, at in moments.items()},
    }


_DONE = {"acknowledge": "acknowledged", "escalate": "escalated", "mute": "muted"}


def _said(verb: str, acted: dict[str, Any]) -> str:
    called = f"{acted['code'] or '#' + str(acted['id'])} {acted['name']}"
    called = "".join(char for char in called if char.isprintable())
    if acted["came"] == "done":
        until = f" until {acted['muted_until']}" if verb == "mute" else ""
        return f"{called}: {_DONE[verb]}{until}"
    if acted["came"] == "over":
        return f"{called}: nothing done, it ended at {acted['ended_at']}"
    by, at = acted["acknowledged_by"], acted["acknowledged_at"]
    return f"{called}: nothing done, {by} acknowledged it at {at}"
