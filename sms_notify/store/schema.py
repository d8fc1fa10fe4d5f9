"""Making an empty store, and refusing one whose schema is not this program's."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import insert, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from sms_notify.errors import StoreOutdated, StoreUnavailable
from sms_notify.store.engine import JUDGING_LOCK, Store
from sms_notify.store.tables import counter, metadata

log = logging.getLogger(__name__)

HEAD = "0004"
"""The newest migration in migrations/versions; a test compares."""

COUNTERS = ("intake", "alert", "incident", "message", "override")


def prepare(store: Store) -> None:
    """Create an empty store; raise StoreOutdated for one of another version of this program."""
    try:
        with store.engine.connect() as connection:
            tables = set(inspect(connection).get_table_names())
            found = (
                connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
                if "alembic_version" in tables
                else None
            )
    except Exception as error:
        raise StoreUnavailable(store._why(error)) from None
    if found is None and not (tables & set(metadata.tables)):
        try:
            create(store)
        except SQLAlchemyError as error:
            raise StoreUnavailable(store._why(error)) from None
    elif found != HEAD and not serves(found):
        raise StoreOutdated(
            f"the store {store.url.render_as_string(hide_password=True)} has schema "
            f"{found or 'unknown'}, this program needs {HEAD}: run `sms-notify db upgrade`"
        )
    if found is not None and found != HEAD:
        log.warning("store_newer", extra={"schema": found, "ours": HEAD})
    if store.is_sqlite and store.url.database:
        Path(store.url.database).chmod(0o640)


def serves(found: str | None) -> bool:
    """Whether this program can work with a schema that a newer one has made.

    Migrations only add (CONTRIBUTING.md, "A change of the schema"); one that does not begins a new
    thousand.
    """
    if found is None or not found.isdecimal() or len(found) != len(HEAD):
        return False
    return found > HEAD and found[0] == HEAD[0]


def create(store: Store) -> None:
    """All tables, from the metadata, stamped as HEAD without importing Alembic.

    In one transaction under a lock: a process that is killed here leaves an empty store, and of
    two that begin at once one makes it and the other finds it made.
    """
    with store.engine.begin() as connection:
        if store.is_sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver begins nothing itself
        else:
            connection.exec_driver_sql("BEGIN")
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": JUDGING_LOCK})
        if inspect(connection).has_table(counter.name):
            return
        metadata.create_all(connection)
        connection.execute(
            text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL)")
        )
        connection.execute(
            text("INSERT INTO alembic_version (version_num) VALUES (:head)"), {"head": HEAD}
        )
        connection.execute(insert(counter), [{"name": name, "value": 0} for name in COUNTERS])
