"""SQLite: how a connection to the embedded file is made."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool

BUSY_TIMEOUT_MS = 4_000
"""Twice this (the batch before ours waits too) is less than the 10 s after which Alertmanager
hears no answer and sends again. PostgreSQL's `lock_timeout` is the same."""

BUSY = 5
"""SQLite's code; its driver is imported late."""
LOOK = 0.02


def engine(path: str) -> Engine:
    """An embedded file, every commit on disk (synchronous FULL) before it counts."""
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    made = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_use_lifo=True,  # the one used last: its pages are known, the others need no memory
        pool_size=4,
        max_overflow=12,
        pool_reset_on_return=None,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(made, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN and COMMIT ourselves
        cursor = connection.cursor()
        _write_ahead(cursor)
        for pragma in (
            "synchronous = FULL",
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            "foreign_keys = OFF",
            "temp_store = MEMORY",
            "cache_size = -1000",  # KiB, of each connection; behind it is the page cache
        ):
            cursor.execute(f"PRAGMA {pragma}")

    return made


def _write_ahead(cursor: Any) -> None:
    """Of processes that open a new file at once one changes its journal. SQLite refuses the others
    at once, whatever its busy timeout."""
    end = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except Exception as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != BUSY or time.monotonic() > end:
                raise
        time.sleep(LOOK)
