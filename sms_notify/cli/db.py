"""`sms-notify db`: the schema of the store, its health, and moving it elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sms_notify.cli.options import config_option, load_config
from sms_notify.cli.output import complain, say
from sms_notify.errors import StoreOutdated, StoreUnavailable, UsageError

if TYPE_CHECKING:
    from sms_notify.store import Store


@click.group("db")
def command() -> None:
    """Look at the store, bring its schema to that of this program, or move it."""


@command.command("upgrade")
@config_option
def upgrade(config_path: Path | None) -> None:
    """Run the migrations that are missing; keep a copy of the store.

    On PostgreSQL what runs may go on: the version before works with the new schema. On SQLite stop
    the service first.
    """
    store = _store(config_path)
    try:
        before, after = _upgrade(store)
    finally:
        store.close()
    if before == after:
        say(f"schema {after}: nothing to do")
    else:
        say(f"schema {before or 'none'} → {after}")


def _upgrade(store: Store) -> tuple[str | None, str | None]:
    """The schemas before and after; one that is newer stays."""
    from sms_notify.migrations import run
    from sms_notify.store.schema import look, unfit

    found, empty = look(store)
    if not empty:
        wrong = unfit(found)
        if wrong is None:
            return found, found
        if found not in run.known():
            raise StoreOutdated(f"the store {store.shown} {wrong}")
    with _away(store):
        return run.upgrade(store)


@command.command("check")
@config_option
def check(config_path: Path | None) -> int:
    """Check schema and integrity, and whether what is accepted is safe on this store.

    Exit codes: 0 well, perhaps with warnings, 1 not whole or not there, 2 another schema.
    """
    from sms_notify.cli.ownership import require_store
    from sms_notify.store.schema import HEAD, look, unfit

    config = load_config(config_path, secrets=False)
    require_store(config.store)
    store = _store(config_path)
    try:
        found, empty = look(store)
        if empty:
            raise StoreOutdated(
                f"the store {store.shown} is empty: `sms-notify db upgrade` or `serve` fills it"
            )
        if wrong := unfit(found):
            raise StoreOutdated(f"the store {store.shown} {wrong}")
        of = "as this program needs it" if found == HEAD else "of a newer version, works with it"
        say(f"schema {found}: {of}")
        return _health(store)
    finally:
        store.close()


@contextmanager
def _away(store: Store) -> Iterator[None]:
    """A database that cannot be asked is away, whatever its driver says."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except SQLAlchemyError as error:
        raise StoreUnavailable(store._why(error)) from None


def _health(store: Store) -> int:
    from sms_notify.store.durability import SKEW, skew, worries
    from sms_notify.store.integrity import findings

    found = findings(store)
    for each in found:
        complain(f"not whole: {each}")
    for each in worries(store):
        say(f"warning: {each}")
    ahead = skew(store, time.time_ns() // 1000)
    if abs(ahead) > SKEW:
        say(f"warning: the database's clock is {ahead / 1e6:+.1f} s from this machine's; it counts")
    if not found:
        say("whole")
    return 1 if found else 0


@command.command("copy")
@click.option(
    "--from", "source", metavar="URL", required=True, help="sqlite:///… or postgresql://…"
)
@click.option("--to", "target", metavar="URL", required=True, help="An empty one of either kind.")
def copy(source: str, target: str) -> None:
    """Move a store to another database. Stop every sms-notify on it first.

    A password is better left to PGPASSWORD or ~/.pgpass than written into the URL.
    """
    from sms_notify.cli.ownership import become_owner, require_store
    from sms_notify.store import Store
    from sms_notify.store.copying import copy as move

    urls = [_usable(url) for url in (source, target)]
    if urls[0] == urls[1]:
        raise UsageError("both are the same store")
    require_store(urls[0])
    for url in urls:
        become_owner(url)
    _bring_in(urls[0])
    old, new = Store(urls[0]), Store(urls[1])
    try:
        copied = move(old, new)
    finally:
        old.close()
        new.close()
    for table, rows in sorted(copied.items()):
        say(f"{rows:>9} {table}")
    say("copied and counted. Now name it as `store:` and start sms-notify")


def _bring_in(url: str) -> None:
    """The pages of reports and replies that lie beside the store because it was away when they
    came: nobody would look for them there any more, and a gateway gives each once."""
    from sms_notify.inbound import Beside, folder_of, pick_up
    from sms_notify.store import Store, prepare

    store = Store(url)
    try:
        file = store.url.database if store.is_sqlite else None
        beside = Beside(folder_of(file, os.environ.get("STATE_DIRECTORY")))
        if next(beside.found(), None) is not None:
            prepare(store)
            brought = sum(1 for _page in pick_up(store, beside, store.now))
            say(f"{brought:>9} pages that lay beside the store")
    finally:
        store.close()


def _usable(url: str) -> str:
    from sms_notify.config.urls import store_url

    try:
        return store_url(url, lambda file: Path(file).absolute())
    except ValueError as wrong:
        raise UsageError(str(wrong)) from None


def _store(config_path: Path | None) -> Store:
    from sms_notify.cli.ownership import become_owner
    from sms_notify.store import Store

    config = load_config(config_path, secrets=False)
    become_owner(config.store)
    return Store(config.store)
