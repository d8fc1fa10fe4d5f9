"""The store: opening it, its clock, and its two kinds of transactions."""

from __future__ import annotations

import time
import uuid
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from sms_notify.config.urls import masked
from sms_notify.errors import StoreUnavailable
from sms_notify.model import Micros
from sms_notify.store import postgresql, sqlite
from sms_notify.store.address import address
from sms_notify.store.advice import advised
from sms_notify.store.clock import Clock, StoreClock
from sms_notify.store.failures import only_reads, refused
from sms_notify.store.sql import Transaction
from sms_notify.store.turns import Turns
from sms_notify.store.watching import PATIENCE, SILENT, Watch

JUDGING_LOCK = 0x5A5A_0001
"""PostgreSQL advisory lock: one judge at a time, across all processes."""

FOLLOW_EVERY = 1.0
"""Seconds between looks at the clock of a PostgreSQL server, which is the one that counts: where it
is set, instances that differ by an hour find each other's messages overdue."""

AT_HAND = 4
"""Connections to a SQLite file that are kept out of the pool between transactions."""

CUT_OFF = 3
"""Connections that may turn out dead before a transaction is given up."""
AT_ONCE = 1.0
"""Seconds in which one that was cut is found out; a server that keeps silent is not asked again."""


class Store:
    """One database, opened once a process; threads share it.

    `judging()` is the serial transaction J: only one runs at a time, in all processes.
    `writing()` is any other transaction that writes; `reading()` sees one state.
    All raise StoreUnavailable if the database cannot be used now, and leave nothing half done; only
    of a COMMIT whose answer never came nobody knows whether it was. A connection that was cut
    while nobody used it is replaced without a word.
    What the database refuses for its content (a broken constraint, a value it cannot hold) is a
    defect of the one input that brought it, and is raised as the driver says it.
    """

    def __init__(self, url: str, *, clock: Clock | None = None) -> None:
        """`clock` stands in for all clocks, in virtual time."""
        self.url = address(url)
        self.shown = masked(url)
        self.dialect = self.url.get_backend_name()
        self._virtual = clock is not None
        self._clock = StoreClock(clock, None) if clock else StoreClock()
        self._watch = Watch()
        self._server = None if self.is_sqlite else postgresql.Server(self.url, self._watch)
        file = self.url.database or ""
        self._engine = self._server.engine if self._server else sqlite.engine(file)
        self._turns = None if self._server else Turns()
        self._at_hand: list[Any] = []
        self._follow_at = 0.0
        self.called = uuid.uuid4().hex
        """By which this process knows what it said itself."""
        self._commit = "COMMIT"
        if self._server:
            self._commit = f"NOTIFY {postgresql.CHANNEL}, '{self.called}'; COMMIT"

    @property
    def is_sqlite(self) -> bool:
        return self.dialect == "sqlite"

    @property
    def _driver(self) -> Any:
        return self._engine.dialect.dbapi

    @property
    def engine(self) -> Engine:
        """For the schema, its migrations, and whoever needs a connection of its own."""
        return self._engine

    def limited(self, connection: Connection, seconds: float) -> AbstractContextManager[None]:
        """What is asked in it of a server on this connection of `engine` ends in so many seconds,
        with an error where that keeps silent."""
        if self._server is None:
            return nullcontext()
        driver: Any = connection.connection.dbapi_connection
        return self._watch.limited(driver, seconds)

    def now(self) -> Micros:
        """The store's moment: this machine's clock, on PostgreSQL the server's."""
        return self._clock()

    def afresh(self) -> Micros:
        """The same by a look at the server's clock, for what is not to be done too early."""
        if self._server is not None and not self._virtual:
            self._follow_at = 0.0
            with self.reading():
                pass
        return self.now()

    def stepped(self, within: Micros) -> Micros:
        """By how much that clock was set in this last while, forward or (less than 0) back."""
        return self._clock.stepped(within)

    def judging(self) -> Running:
        return Running(self, "BEGIN IMMEDIATE", postgresql.WRITING, self._turns, judges=True)

    def writing(self) -> Running:
        return Running(self, "BEGIN IMMEDIATE", postgresql.WRITING, self._turns)

    def reading(self) -> Running:
        return Running(self, "BEGIN", postgresql.READING)

    def _started(self, cursor: Any, *, judges: bool) -> Transaction:
        self._follow_server(cursor)
        if judges and not self.is_sqlite:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (JUDGING_LOCK,))
        return Transaction(cursor, self.dialect)

    def _failed(self, connection: Any, error: BaseException, *, commits: bool) -> None:
        """Roll back; raises StoreUnavailable where it is the database that failed."""
        dead = self._abandon(connection, error)
        if self._is_away(error):
            unanswered = commits and dead and not self.is_sqlite
            why = self._why(error)
            raise StoreUnavailable(why, refused=refused(error), unanswered=unanswered) from error

    def _begun(self, text: str) -> tuple[Any, Any]:
        """A connection whose transaction has begun, and its cursor. BEGIN asks whether it lives."""
        for left in reversed(range(CUT_OFF)):
            connection, began = self._connection(), time.monotonic()
            try:
                return connection, self._begin(connection, text)
            except BaseException as error:
                dead = self._abandon(connection, error)
                if dead and left and time.monotonic() - began < AT_ONCE:
                    continue
                if self._is_away(error):
                    raise StoreUnavailable(self._why(error)) from error
                raise
        raise AssertionError("the last one returns or raises")

    def _begin(self, connection: Any, text: str) -> Any:
        if self._server is None:
            cursor = connection.cursor()
            cursor.execute(text)
            return cursor
        watched = self._watch.cursor(connection)
        try:
            watched.execute(postgresql.begin(text, connection.info))
        except BaseException:
            self._watch.done(watched)
            raise
        return watched

    def _connection(self) -> Any:
        """One that is at hand (SQLite), or one of the pool, which costs as much as ten BEGINs."""
        with suppress(IndexError):
            return self._at_hand.pop()
        try:
            return self._engine.raw_connection()
        except (SQLAlchemyError, self._driver.Error) as error:  # the pool lets psycopg's through
            raise StoreUnavailable(self._why(error)) from None

    def _done(self, connection: Any) -> None:
        if self._server is None and len(self._at_hand) < AT_HAND:
            self._at_hand.append(connection)
        else:
            connection.close()

    def alone(self) -> tuple[Any, bool]:
        """The driver's connection outside the pool, for its owner to close; and whether it goes
        through a pooler. Raises StoreUnavailable."""
        taken = self._connection()
        taken.detach()
        return taken.dbapi_connection, bool(taken.info.get(postgresql.POOLED))

    def _follow_server(self, cursor: Any) -> None:
        """Instances on several machines agree on the time of the one database."""
        if self.is_sqlite or self._virtual or time.monotonic() < self._follow_at:
            return
        self._clock.follow(lambda: postgresql.moment(cursor))
        self._follow_at = time.monotonic() + FOLLOW_EVERY

    def _abandon(self, connection: Any, error: BaseException) -> bool:
        """Roll back; whether the connection could not, or only reads now, and was thrown away."""
        try:
            if only_reads(error):
                raise error  # it would stay so, where a new one may write
            self._roll_back(connection)
            connection.close()
        except Exception:  # the connection is broken: the pool makes a new one
            connection.invalidate()
            if self._server is not None:
                self._server.cut()
            return True
        return False

    def _roll_back(self, connection: Any) -> None:
        if self._server is None:
            connection.cursor().execute("ROLLBACK")
            return
        with self._watch.limited(connection, PATIENCE):
            connection.cursor().execute("ROLLBACK")

    def _is_away(self, error: BaseException) -> bool:
        """Is it the database that fails, and not what we asked of it?"""
        driver = self._driver
        content = (driver.IntegrityError, driver.DataError, driver.ProgrammingError)
        return isinstance(error, driver.Error) and not isinstance(error, content)

    def _why(self, error: BaseException) -> str:
        cause = getattr(error, "orig", error)
        text = advised(str(cause)) or type(error).__name__
        if any(SILENT in getattr(each, "__notes__", ()) for each in (error, cause)):
            text = SILENT
        for word in (self.url.password, self.url.query.get("password")):
            text = text.replace(str(word), "***") if word else text
        return f"the store {self.shown} cannot be used: {text}"

    def close(self) -> None:
        self._watch.stop()
        while self._at_hand:
            self._at_hand.pop().close()
        self._engine.dispose()


class Running:
    """One transaction of a store: begun, then committed, or undone by what is raised in it.

    A class: two generators around it cost three times as much (measured).
    """

    __slots__ = ("_begin", "_connection", "_cursor", "_judges", "_store", "_turns", "_tx")

    def __init__(
        self, store: Store, lite: str, shared: str, turns: Turns | None = None,
        *, judges: bool = False,
    ) -> None:  # fmt: skip
        self._store = store
        self._turns = turns
        self._begin = lite if store.is_sqlite else shared
        self._judges = judges

    def __enter__(self) -> Transaction:
        if self._turns is None:
            return self._entered()
        if not self._turns.take(sqlite.BUSY_TIMEOUT_MS / 1000):
            raise StoreUnavailable(self._store._why(TimeoutError("others write for too long")))
        try:
            return self._entered()
        except BaseException:
            self._turns.give()
            raise

    def _entered(self) -> Transaction:
        store = self._store
        self._connection, self._cursor = store._begun(self._begin)
        try:
            self._tx = store._started(self._cursor, judges=self._judges)
        except BaseException as error:
            self._undo(error)
            raise
        return self._tx

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        try:
            self._left(error)
        finally:
            if self._turns is not None:
                self._turns.give()

    def _left(self, error: BaseException | None) -> None:
        if error is not None:
            self._undo(error)
            return
        try:
            self._cursor.execute(self._store._commit if self._tx.tells else "COMMIT")
        except BaseException as failed:
            self._undo(failed, commits=True)
            raise
        self._store._watch.done(self._cursor)
        self._store._done(self._connection)

    def _undo(self, error: BaseException, *, commits: bool = False) -> None:
        try:
            self._store._failed(self._connection, error, commits=commits)
        finally:
            self._store._watch.done(self._cursor)
