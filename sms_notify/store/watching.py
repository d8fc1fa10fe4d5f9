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
from contextlib import suppress
from typing import Any, Protocol

PATIENCE = 5.0
"""Seconds for one statement. With a connection attempt after it, still less than the 10 s after
which Alertmanager hears no answer and sends again."""
ROWS_A_SECOND = 1_000
"""What a batch of rows is given on top."""
LOOK = 0.5
"""Seconds between looks at what is under way."""


class Connection(Protocol):
    """What is needed of a driver's connection."""

    def cursor(self) -> Any: ...
    def fileno(self) -> int: ...


class Watched:
    """A cursor whose every call ends in time."""

    def __init__(self, connection: Connection) -> None:
        self._cursor = connection.cursor()
        self._connection = connection
        self._lock = threading.Lock()
        self._until = float("inf")
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
        finally:
            with self._lock:
                self._until = float("inf")

    def executemany(self, text: str, rows: Iterable[Sequence[Any]]) -> None:
        rows = list(rows)
        self._until = time.monotonic() + PATIENCE + len(rows) / ROWS_A_SECOND
        try:
            self._cursor.executemany(text, rows)
        finally:
            with self._lock:
                self._until = float("inf")

    def cut_if_late(self, now: float) -> None:
        """The lock keeps the call from ending, and its connection from being used for others."""
        with self._lock:
            if self._until < now:
                self._until = float("inf")
                with suppress(Exception):  # it was cut by somebody else meanwhile
                    _cut(self._connection.fileno())


def _cut(number: int) -> None:
    """Shut the connection's socket down: whoever waits for it wakes with an error."""
    with socket.socket(fileno=os.dup(number)) as same:
        same.shutdown(socket.SHUT_RDWR)


class Watch:
    """One thread that looks at every transaction under way."""

    def __init__(self) -> None:
        self._open: dict[int, Watched] = {}
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._stopping = threading.Event()

    def cursor(self, connection: Connection) -> Watched:
        """A cursor for one transaction; `done` with it when that has ended."""
        made = Watched(connection)
        self._open[id(made)] = made
        if self._thread is None:
            self._start()
        return made

    def done(self, cursor: object) -> None:
        self._open.pop(id(cursor), None)

    def stop(self) -> None:
        self._stopping.set()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
                self._thread.start()

    def _look(self) -> None:
        while not self._stopping.wait(LOOK):
            for cursor in list(self._open.values()):
                cursor.cut_if_late(time.monotonic())
