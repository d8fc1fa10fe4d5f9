"""Brings a store to this program's schema, in one transaction."""

from __future__ import annotations

import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from sms_notify.store import Store, postgresql
from sms_notify.store.engine import JUDGING_LOCK

HERE = Path(__file__).parent

TRIES, PAUSE = 10, 2.0
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '2s'"
"""Whoever wants to judge meanwhile waits for at most 4 s, and so is not refused."""
IN_THE_WAY = ("DeadlockDetected", "LockNotAvailable")
"""PostgreSQL's refusals, by psycopg's names, that another try may not meet."""


def upgrade(store: Store, revision: str = "head") -> tuple[str | None, str | None]:
    """Run what is missing; the revisions before and after. None: an empty store.

    All of it or nothing. Where services run meanwhile, judging waits; what they do beside it may be
    in the way, and then it is tried again.
    """
    for left in reversed(range(TRIES)):
        try:
            return _upgraded(store, revision)
        except OperationalError as error:
            if not left or type(error.orig).__name__ not in IN_THE_WAY:
                raise
            time.sleep(PAUSE)
    raise AssertionError("the last one returns or raises")


def _upgraded(store: Store, revision: str) -> tuple[str | None, str | None]:
    with store.engine.connect() as connection:
        _begin(connection)
        before = _revision(connection)
        command.upgrade(_config(connection), revision)
        after = _revision(connection)
        connection.commit()
    return before, after


def _begin(connection: Connection) -> None:
    """Neither driver begins anything itself: each statement would be committed alone."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    connection.exec_driver_sql(postgresql.begin(postgresql.WRITING, connection.info))
    connection.exec_driver_sql(LOCK_TIMEOUT)
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({JUDGING_LOCK})")


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
