"""Making an empty store, and refusing one whose schema is not this program's."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import Connection, insert, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from sms_notify.errors import StoreOutdated, StoreUnavailable
from sms_notify.store.engine import JUDGING_LOCK, Store
from sms_notify.store.postgresql import ENCODINGS, WRITING, begin
from sms_notify.store.tables import counter, metadata
from sms_notify.store.watching import PATIENCE

log = logging.getLogger(__name__)

HEAD = "0005"
"""The newest migration in migrations/versions; a test compares."""

MADE_IN = 30.0
"""Seconds for all tables of an empty store, and for another process that makes them."""

COUNTERS = ("intake", "alert", "incident", "message", "override")


def prepare(store: Store) -> None:
    """Create an empty store; raise StoreOutdated for one of another version of this program."""
    found, empty = look(store)
    if empty:
        try:
            create(store)
        except SQLAlchemyError as error:
            raise StoreUnavailable(store._why(error)) from None
    elif wrong := unfit(found):
        raise StoreOutdated(f"the store {store.shown} {wrong}")
    if found is not None and found != HEAD:
        log.warning("store_newer", extra={"schema": found, "ours": HEAD})
    if store.is_sqlite and store.url.database:
        Path(store.url.database).chmod(0o640)


def look(store: Store) -> tuple[str | None, bool]:
    """Its schema, None where nothing says; and whether there is nothing of ours.

    Raises StoreUnavailable, also for a database that could not keep every text.
    """
    try:
        with store.engine.connect() as connection, store.limited(connection, PATIENCE):
            tables = set(inspect(connection).get_table_names())
            found = (
                connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
                if "alembic_version" in tables
                else None
            )
            encoding = "" if store.is_sqlite else _encoding(connection)
    except Exception as error:
        raise StoreUnavailable(store._why(error)) from None
    if encoding and encoding not in ENCODINGS:
        raise StoreUnavailable(
            f"the store {store.shown} cannot be used: its encoding is {encoding}, in which not "
            "every text can be kept; make it anew: createdb -O ROLE -E UTF8 -T template0 NAME"
        )
    return found, found is None and not (tables & set(metadata.tables))


def _encoding(connection: Connection) -> str:
    return str(connection.execute(text("SHOW server_encoding")).scalar())


def unfit(found: str | None) -> str | None:
    """Why this program cannot work with that schema, and what to do; None where it can."""
    if found is None:
        return (
            "has tables of the same names that are not of sms-notify: name an empty database, or "
            "one of its own"
        )
    if found == HEAD or serves(found):
        return None
    if _is_one(found) and found < HEAD:
        return f"has schema {found}, this program needs {HEAD}: run `sms-notify db upgrade`"
    return (
        f"has schema {found}, which this program, of {HEAD}, does not know: install the version of "
        "sms-notify that made it"
    )


def serves(found: str) -> bool:
    """Whether this program can work with a schema that a newer one has made.

    Migrations only add (CONTRIBUTING.md, "A change of the schema"); one that does not begins a new
    thousand.
    """
    return _is_one(found) and found > HEAD and found[0] == HEAD[0]


def _is_one(found: str) -> bool:
    return found.isdecimal() and len(found) == len(HEAD)


def create(store: Store) -> None:
    """All tables, from the metadata, stamped as HEAD without importing Alembic.

    In one transaction under a lock: a process that is killed here leaves an empty store, and of
    two that begin at once one makes it and the other finds it made.
    """
    with store.engine.begin() as connection, store.limited(connection, MADE_IN):
        if store.is_sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver begins nothing itself
        else:
            connection.exec_driver_sql(begin(WRITING, connection.info))
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
