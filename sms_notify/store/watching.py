"""Nobody waits for a server that keeps silent: a call that takes too long has its connection cut.

PostgreSQL's own timeouts end a statement that waits for a lock, but not a COMMIT that waits for a
standby that is gone, nor a server that is frozen or behind a cable that was pulled.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

PATIENCE = 5.0
"""Seconds for one statement. With a connection attempt after it, still less than the 10 s after
which Alertmanager hears no answer and sends again."""
ROWS_A_SECOND = 1_000
"""What a batch of rows is given on top."""
LOOK = 0.5
"""Seconds between looks at what is under way."""
NEVER = float("inf")
SILENT = "the server gives no answer: its connection was cut"
"""Said in place of what a driver makes of a connection that was cut by us."""


class Connection(Protocol):
    """What is needed of a driver's connection."""

    def cursor(self) -> Any: ...
    def fileno(self) -> int: ...


class Limit:
    """A connection that is cut when a moment of the steady clock has passed."""

    def __init__(self, connection: Connection, until: float = NEVER) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._until = until
        self._cut = False

    def over(self, error: BaseException | None = None) -> None:
        """What it was for has ended, perhaps by an error: then that says whether it was cut.

        The lock keeps the connection from being cut while it is used for something else.
        """
        with self._lock:
            self._until = NEVER
        if error is not None and self._cut:
            error.add_note(SILENT)

    def cut_if_late(self, now: float) -> bool:
        """Whether it was."""
        with self._lock:
            if self._until >= now:
                return False
            self._until, self._cut = NEVER, True
            with suppress(Exception):  # it was cut by somebody else meanwhile
                _cut(self._connection.fileno())
            return True


class Watched(Limit):
    """A cursor whose every call ends in time."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._cursor = connection.cursor()
        self.fetchall = self._cursor.fetchall
        self.fetchone = self._cursor.fetchone

    @property
    def rowcount(self) -> int:
        count: int = self._cursor.rowcount
        return count

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cursor)  # its rows have all come with `execute`

    def execute(self, text: str, *parameters: Sequence[Any]) -> None:
        self._until = time.monotonic() + PATIENCE
        try:
            self._cursor.execute(text, *parameters)
        except BaseException as error:
            self.over(error)
            raise
        self.over()

    def executemany(self, text: str, rows: Iterable[Sequence[Any]]) -> None:
        rows = list(rows)
        self._until = time.monotonic() + PATIENCE + len(rows) / ROWS_A_SECOND
        try:
            self._cursor.executemany(text, rows)
        except BaseException as error:
            self.over(error)
            raise
        self.over()


def _cut(number: int) -> None:
    """Shut the connection's socket down: whoever waits for it wakes with an error."""
    with socket.socket(fileno=os.dup(number)) as same:
        same.shutdown(socket.SHUT_RDWR)


class Watch:
    """One thread that looks at every transaction under way."""

    def __init__(self) -> None:
        self._open: dict[int, Limit] = {}
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._stopping = threading.Event()

    def cursor(self, connection: Connection) -> Watched:
        """A cursor for one transaction; `done` with it when that has ended."""
        made = Watched(connection)
        self._look_at(made)
        return made

    def limit(self, connection: Connection, seconds: float) -> Limit:
        """For what others do on a connection from now on; `done` with it when that has ended."""
        made = Limit(connection, time.monotonic() + seconds)
        self._look_at(made)
        return made

    @contextmanager
    def limited(self, connection: Connection, seconds: float) -> Iterator[None]:
        """What is done in it ends in time, with an error where the server keeps silent."""
        limit = self.limit(connection, seconds)
        try:
            yield
        except BaseException as error:
            limit.over(error)
            raise
        finally:
            self.done(limit)
            limit.over()

    def done(self, limit: object) -> None:
        self._open.pop(id(limit), None)

    def stop(self) -> None:
        self._stopping.set()

    def _look_at(self, limit: Limit) -> None:
        self._open[id(limit)] = limit
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
                self._thread.start()

    def _look(self) -> None:
        while not self._stopping.wait(LOOK):
            for limit in list(self._open.values()):
                if limit.cut_if_late(time.monotonic()):
                    self.done(limit)
