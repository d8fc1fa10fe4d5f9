"""The store: opening it, its clock, and its two kinds of transactions."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from sms_notify.errors import StoreUnavailable
from sms_notify.model import Micros
from sms_notify.store.clock import Clock, StoreClock
from sms_notify.store.sql import Transaction

BUSY_TIMEOUT_MS = 4_000
"""Twice this (the batch before ours waits too) is less than the 10 s after which Alertmanager
hears no answer and sends again."""

JUDGING_LOCK = 0x5A5A_0001
"""PostgreSQL advisory lock: one judge at a time, across all processes."""

FOLLOW_EVERY = 30.0
"""Seconds between looks at the clock of a PostgreSQL server, which is the one that counts."""


class Store:
    """One database, opened once a process; threads share it.

    `judging()` is the serial transaction J: only one runs at a time, in all processes.
    `writing()` is any other transaction that writes; `reading()` sees one state.
    All raise StoreUnavailable if the database cannot be used now, and leave nothing half done.
    What the database refuses for its content (a broken constraint, a value it cannot hold) is a
    defect of the one input that brought it, and is raised as the driver says it.
    """

    def __init__(self, url: str, *, clock: Clock | None = None) -> None:
        """`clock` stands in for all clocks, in virtual time."""
        self.url = make_url(url)
        self.dialect = self.url.get_backend_name()
        self._virtual = clock is not None
        self._clock = StoreClock(clock, None) if clock else StoreClock()
        self._engine = _sqlite(self.url.database or "") if self.is_sqlite else _postgresql(url)
        self._follow_at = 0.0

    @property
    def is_sqlite(self) -> bool:
        return self.dialect == "sqlite"

    @property
    def _driver(self) -> Any:
        return self._engine.dialect.dbapi

    @property
    def engine(self) -> Engine:
        """For the schema and its migrations only."""
        return self._engine

    def now(self) -> Micros:
        """The store's moment: this machine's clock, on PostgreSQL the server's."""
        return self._clock()

    @contextmanager
    def judging(self) -> Iterator[Transaction]:
        with self._transaction("BEGIN IMMEDIATE") as tx:
            if not self.is_sqlite:
                tx._cursor.execute("SELECT pg_advisory_xact_lock(%s)", (JUDGING_LOCK,))
                self._follow_server(tx)
            yield tx

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        with self._transaction("BEGIN IMMEDIATE") as tx:
            yield tx

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        with self._transaction("BEGIN") as tx:
            yield tx

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Transaction]:
        try:
            connection = self._engine.raw_connection()
        except (SQLAlchemyError, self._driver.Error) as error:  # the pool lets psycopg's through
            raise StoreUnavailable(self._why(error)) from None
        try:
            cursor: Any = connection.cursor()
            cursor.execute(begin if self.is_sqlite else "BEGIN")
            yield Transaction(cursor, self.dialect)
            cursor.execute("COMMIT")
        except BaseException as error:
            self._abandon(connection)
            if self._is_away(error):
                raise StoreUnavailable(self._why(error), refused=_refused(error)) from error
            raise
        connection.close()

    def _follow_server(self, tx: Transaction) -> None:
        """Instances on several machines agree on the time of the one database."""
        if self._virtual or time.monotonic() < self._follow_at:
            return
        tx._cursor.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        self._clock.follow(tx._cursor.fetchone()[0])
        self._follow_at = time.monotonic() + FOLLOW_EVERY

    def _abandon(self, connection: Any) -> None:
        """Roll back; a connection that cannot is thrown away."""
        try:
            connection.cursor().execute("ROLLBACK")
            connection.close()
        except Exception:  # the connection is broken: the pool makes a new one
            connection.invalidate()

    def _is_away(self, error: BaseException) -> bool:
        """Is it the database that fails, and not what we asked of it?"""
        driver = self._driver
        content = (driver.IntegrityError, driver.DataError, driver.ProgrammingError)
        return isinstance(error, driver.Error) and not isinstance(error, content)

    def _why(self, error: BaseException) -> str:
        said = str(getattr(error, "orig", error)).strip().splitlines()
        text = said[0] if said else type(error).__name__
        if self.url.password:
            text = text.replace(str(self.url.password), "***")
        return f"the store {self.url.render_as_string(hide_password=True)} cannot be used: {text}"

    def close(self) -> None:
        self._engine.dispose()


REFUSALS = frozenset(
    {
        *("IntegrityError", "DataError", "ProgrammingError", "NotSupportedError"),
        *("DeadlockDetected", "SerializationFailure"),
    }
)
"""What another transaction need not meet, by PEP 249's and psycopg's names; a store that is
locked, full or away is none of these."""


def _refused(error: BaseException) -> bool:
    """Whether only this transaction was refused, by the name that every driver gives to that."""
    return any(kind.__name__ in REFUSALS for kind in type(error).__mro__)


def _sqlite(path: str) -> Engine:
    """An embedded file, every commit on disk (synchronous FULL) before it counts."""
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=12,
        pool_reset_on_return=None,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN and COMMIT ourselves
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            "foreign_keys = OFF",
            "temp_store = MEMORY",
            "cache_size = -16000",
        ):
            cursor.execute(f"PRAGMA {pragma}")

    return engine


def _postgresql(url: str) -> Engine:
    """A shared database; the driver's own autocommit, so that we say BEGIN and COMMIT ourselves."""
    made = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(made, pool_size=4, max_overflow=12, pool_reset_on_return=None)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SET timezone = 'UTC'")
            cursor.execute("SET jit = off")

    return engine
