"""Brings a store to this program's schema, in one transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from sms_notify.store import Store

HERE = Path(__file__).parent


def upgrade(store: Store, revision: str = "head") -> tuple[str | None, str | None]:
    """Run what is missing; the revisions before and after. None: an empty store."""
    with store.engine.connect() as connection:
        if store.is_sqlite:
            # the driver begins nothing itself; without this each statement would commit alone
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        before = _revision(connection)
        command.upgrade(_config(connection), revision)
        after = _revision(connection)
        connection.commit()
    return before, after


def revision(store: Store) -> str | None:
    """The revision of a store; None for one without any."""
    with store.engine.connect() as connection:
        return _revision(connection)


def head() -> str | None:
    """The newest revision in this program."""
    return ScriptDirectory(str(HERE)).get_current_head()


def known() -> set[str]:
    """Every revision that this program has."""
    return {script.revision for script in ScriptDirectory(str(HERE)).walk_revisions()}


def _revision(connection: Connection) -> str | None:
    found: str | None = MigrationContext.configure(connection).get_current_revision()
    return found


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
