"""`sms-notify words`: the words that a gateway refused, and forgetting one."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from sms_notify.cli.options import config_option, json_option
from sms_notify.cli.output import say, say_json, say_table
from sms_notify.cli.reading import opened
from sms_notify.errors import UsageError

COLUMNS = ("account", "word", "rule", "times", "first_at", "last_at")


@click.group("words")
def command() -> None:
    """The words that a gateway refused: later texts are written without them."""


@command.command("list")
@json_option
@config_option
def list_words(as_json: bool, config_path: Path | None) -> None:
    """List them, the latest first, and how each is written instead."""
    from sms_notify.store import words
    from sms_notify.store.reading import local_time

    with opened(config_path) as (store, config):
        found = words.listed(store)
    zone = ZoneInfo(config.site.timezone)
    for row in found:
        row |= {name: local_time(row[name], zone) for name in ("first_at", "last_at")}
    if as_json:
        say_json(found)
    else:
        say_table(found, COLUMNS)


@command.command("forget")
@click.argument("word", metavar="WORD")
@config_option
def forget(word: str, config_path: Path | None) -> None:
    """Write this word as it is again, until the gateway refuses it anew."""
    from sms_notify.store import words

    with opened(config_path) as (store, _config):
        known = words.forget(store, word)
    if not known:
        raise UsageError(f"no gateway refused {word!r}; `sms-notify words list` shows those known")
    say(f"forgotten: {word}")
