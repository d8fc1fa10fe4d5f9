"""`sms-notify override`: somebody stands in, without editing the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sms_notify.cli.acting import either, user
from sms_notify.cli.asking import json_body
from sms_notify.cli.options import LARGEST_NUMBER, config_option, json_option, server_options
from sms_notify.cli.output import say, say_json, say_table
from sms_notify.errors import UsageError

if TYPE_CHECKING:
    from sms_notify.actions import Made
    from sms_notify.cli.asking import Server
    from sms_notify.cli.own_store import OwnStore

PATH = "/api/v1/overrides"
COLUMNS = ("id", "schedule", "from", "until", "who", "instead_of", "made_by")


@click.group("override")
def command() -> None:
    """Who stands in, beside the overrides of the configuration; counts at once."""


@command.command("add")
@click.argument("schedule", metavar="SCHEDULE")
@click.argument("who", metavar="PERSON…", nargs=-1, required=True)
@click.option("--from", "start", metavar="TIME", help="2026-02-16 10:00, local; else now.")
@click.option("--until", "end", metavar="TIME", required=True, help="2026-02-18 10:00, local.")
@click.option("--instead-of", metavar="PERSON", help="Only where this person would be on call.")
@server_options
@config_option
def add(
    schedule: str, who: tuple[str, ...], start: str | None, end: str, instead_of: str | None,
    server: str | None, token_file: Path | None, config_path: Path | None,
) -> None:  # fmt: skip
    """Put PERSON on call; `none` is nobody, on purpose. Of two that overlap the first counts."""

    def ask(at: Server) -> int:
        asked = {"schedule": schedule, "until": end, "who": list(who), "by": user()}
        asked |= {"from": start or _now()}
        asked |= {"instead_of": instead_of} if instead_of else {}
        return int(at.call("POST", PATH, json_body(asked))["id"])

    def act(own: OwnStore) -> int:
        from sms_notify.actions import Actor, AddOverride
        from sms_notify.config.schedules import GAP, Override

        begins = own.now() if start is None else _moment(own, "--from", start)
        people = tuple(dict.fromkeys(name for name in who if name != GAP))
        made = Override(schedule, begins, _moment(own, "--until", end), people, instead_of)
        return _number(own.judge(AddOverride(own.rules, made, Actor(user(), "by command"))))

    say(f"override {either(server, token_file, config_path, ask, act)}")


@command.command("list")
@json_option
@server_options
@config_option
def listed(
    as_json: bool, server: str | None, token_file: Path | None, config_path: Path | None
) -> None:
    """Those of the store that are not over; `sms-notify oncall` says what comes of all."""
    rows = either(server, token_file, config_path, lambda at: at.call("GET", PATH), _stored)
    if as_json:
        say_json(rows)
    elif rows:
        say_table([{**row, "who": ", ".join(row["who"]) or "none"} for row in rows], COLUMNS)
    else:
        say("no overrides in the store")


@command.command("cancel")
@click.argument("number", metavar="ID", type=click.IntRange(1, LARGEST_NUMBER))
@server_options
@config_option
def cancel(
    number: int, server: str | None, token_file: Path | None, config_path: Path | None
) -> None:
    """Take an override back: from now on it never was."""

    def act(own: OwnStore) -> int:
        from sms_notify.actions import Actor, CancelOverride

        by = Actor(user(), "by command")
        return _number(own.judge(CancelOverride(own.rules, number, by)))

    either(server, token_file, config_path, lambda at: at.call("DELETE", f"{PATH}/{number}"), act)
    say(f"override {number}: cancelled")


def _number(made: Made) -> int:
    if made.number is None:
        raise UsageError(made.problem)
    return made.number


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat(timespec="seconds")


def _moment(own: OwnStore, option: str, written: str) -> int:
    from zoneinfo import ZoneInfo

    from sms_notify.config import moments

    try:
        return moments.starts(moments.wall(written), ZoneInfo(own.rules.config.site.timezone))
    except ValueError as wrong:
        raise click.BadParameter(f"{option}: {wrong}") from None


def _stored(own: OwnStore) -> list[dict[str, Any]]:
    from zoneinfo import ZoneInfo

    from sms_notify.store.overrides import made_by
    from sms_notify.store.reading import local_time

    zone = ZoneInfo(own.rules.config.site.timezone)
    return [
        {
            "id": number, "schedule": each.schedule, "from": local_time(each.start, zone),
            "until": local_time(each.end, zone), "who": list(each.who),
            "instead_of": each.instead_of, "made_by": who, "made_at": local_time(at, zone),
        }
        for number, (each, who, at) in made_by(own.store, own.now()).items()
    ]  # fmt: skip
