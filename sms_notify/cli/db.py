"""`sms-notify db`: the schema of the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sms_notify.cli.options import config_option, load_config
from sms_notify.cli.output import say
from sms_notify.errors import StoreOutdated

if TYPE_CHECKING:
    from sms_notify.store import Store


@click.group("db")
def command() -> None:
    """Look at the schema of the store, or bring it to that of this program."""


@command.command("upgrade")
@config_option
def upgrade(config_path: Path | None) -> None:
    """Run the migrations that are missing. Stop the service first, and keep a copy of the store."""
    from sms_notify.migrations import run

    store = _store(config_path)
    try:
        before, after = run.upgrade(store)
    finally:
        store.close()
    if before == after:
        say(f"schema {after}: nothing to do")
    else:
        say(f"schema {before or 'none'} → {after}")


@command.command("check")
@config_option
def check(config_path: Path | None) -> None:
    """Say which schema the store has. Exit code 2 if it is not this program's."""
    from sms_notify.cli.ownership import require_store
    from sms_notify.migrations import run

    config = load_config(config_path, secrets=False)
    require_store(config.store)
    store = _store(config_path)
    try:
        found, needed = run.revision(store), run.head()
    finally:
        store.close()
    if found != needed:
        raise StoreOutdated(
            f"the store has schema {found or 'none'}, this program needs {needed}: "
            "run `sms-notify db upgrade`"
        )
    say(f"schema {found}: as this program needs it")


def _store(config_path: Path | None) -> Store:
    from sms_notify.cli.ownership import become_owner
    from sms_notify.store import Store

    config = load_config(config_path, secrets=False)
    become_owner(config.store)
    return Store(config.store)
