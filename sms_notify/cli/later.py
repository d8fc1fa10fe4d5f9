"""`sms-notify later`: the texts that wait for their time, and taking one back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from sms_notify.cli.options import LARGEST_NUMBER, config_option, json_option, server_options
from sms_notify.cli.output import say, say_json, say_table
from sms_notify.cli.reading import opened
from sms_notify.errors import UsageError

COLUMNS = ("id", "state", "due_at", "to", "text")


@click.group("later")
def command() -> None:
    """The texts of `sms-notify send --at` that wait for their time."""


@command.command("list")
@click.option("--all", "every", is_flag=True, help="Also those told and taken back.")
@json_option
@server_options
@config_option
def list_planned(
    every: bool, as_json: bool, server: str | None, token_file: Path | None,
    config_path: Path | None,
) -> None:  # fmt: skip
    """List them, the next first."""
    if server:
        asked = "/api/v1/planned" + ("?all=true" if every else "")
        rows: list[dict[str, Any]] = _asked(server, token_file, "GET", asked)
    else:
        rows = _rows(config_path, every)
    if as_json:
        say_json(rows)
    elif rows:
        say_table(rows, COLUMNS)
    else:
        say("nothing waits")


def _asked(server: str, token_file: Path | None, method: str, path: str) -> Any:
    from sms_notify.cli import asking

    try:
        return asking.server(server, token_file).call(method, path)
    except asking.Away as away:
        raise UsageError(f"{away}; without --server the store is asked") from None


def _rows(config_path: Path | None, every: bool) -> list[dict[str, Any]]:
    from zoneinfo import ZoneInfo

    from sms_notify.store import planned

    with opened(config_path) as (store, config):
        with store.reading() as tx:
            plans = planned.listed(tx, every=every)
        return [asdict(planned.shown(plan, ZoneInfo(config.site.timezone))) for plan in plans]


@command.command("cancel")
@click.argument("number", metavar="ID", type=click.IntRange(0, LARGEST_NUMBER))
@server_options
@config_option
def cancel(
    number: int, server: str | None, token_file: Path | None, config_path: Path | None
) -> None:
    """Take one back. One that was told already stays told: exit code 1."""
    if server:
        _asked(server, token_file, "DELETE", f"/api/v1/planned/{number}")
    else:
        _cancel(config_path, number)
    say(f"taken back: {number}")


def _cancel(config_path: Path | None, number: int) -> None:
    from sms_notify.intake import Writer
    from sms_notify.watching import Cancel

    with opened(config_path) as (store, _config):
        before = Writer(store, memory=lambda: 0).judge_now(Cancel(number))
    if before is None:
        raise UsageError(f"there is no planned text {number}; `sms-notify later list` shows them")
    if before.state != "waiting":
        raise UsageError(f"planned text {number} is {before.state} already")
