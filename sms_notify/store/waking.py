"""Hearing at once that another process has decided something, so that nobody looks all the time.

PostgreSQL says so (LISTEN, NOTIFY with the COMMIT of what was judged); SQLite has a number that
changes with every commit of others. Behind a pooler nobody can listen: then one looks.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sms_notify.errors import StoreError
from sms_notify.store.engine import Store
from sms_notify.store.postgresql import CHANNEL

log = logging.getLogger(__name__)

POLL = 1.0
"""Seconds between looks at the store where nothing else tells of what others do."""
NET = 5.0
"""The same where something does: a safety net."""
GLANCE = 0.25
"""Seconds between looks at SQLite's number; one costs some microseconds."""
HEARS = 1.0
"""Seconds of listening in one go: so long may stopping take."""
AGAIN = 1.0
"""Seconds before a connection that was cut is made anew."""


class Waking:
    """A thread that calls `woken` when another process committed something to be done."""

    def __init__(self, store: Store, woken: Callable[[], None]) -> None:
        self._store = store
        self._woken = woken
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._hears = False

    @property
    def look_every(self) -> float:
        """Seconds that whoever is woken by this may sleep."""
        return NET if self._hears else POLL

    def start(self) -> None:
        self._thread = threading.Thread(target=self._loop, name="waking", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, pooled = self._store.alone()
            except StoreError:  # the loop that delivers says so
                self._stopping.wait(AGAIN)
                continue
            try:
                if self._store.is_sqlite:
                    self._glance(connection)
                elif pooled:
                    log.info("store_pooled", extra={"look_every_s": POLL})
                    return
                else:
                    self._listen(connection)
            except Exception as error:  # cut off; what was said meanwhile is looked for
                log.debug("waking", extra={"error": type(error).__name__})
            finally:
                self._hears = False
                with suppress(Exception):
                    connection.close()
            self._woken()
            self._stopping.wait(AGAIN)

    def _listen(self, connection: Any) -> None:
        connection.execute(f"LISTEN {CHANNEL}")
        self._hears = True
        self._woken()  # by what was said before we listened
        while not self._stopping.is_set():
            for said in connection.notifies(timeout=HEARS, stop_after=1):
                if said.payload != self._store.called:
                    self._woken()

    def _glance(self, connection: Any) -> None:
        self._hears = True
        seen = None
        while not self._stopping.wait(GLANCE):
            [now] = connection.execute("PRAGMA data_version").fetchone()
            if now != seen and seen is not None:
                self._woken()
            seen = now
