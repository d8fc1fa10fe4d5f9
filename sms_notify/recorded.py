"""Keeps what callers sent, as it came, so that another configuration can be tried on it later.

One file a day of JSON lines, `2026-11-22.jsonl`: `{at, source, path, content_type, payload}`, or
`raw` (base64) where it was no JSON object. The files hold alert texts and phone numbers: only the
owner reads them. A record is best effort and never in the way of an alert: it is written by a
thread of its own, and what does not fit into its queue is counted and left out.
"""

from __future__ import annotations

import base64
import errno
import logging
import os
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from sms_notify.model import HOUR, SECOND, Micros

log = logging.getLogger(__name__)

WAITING = 500
WAITING_BYTES = 64 * 1024 * 1024
"""At most so many calls, of so many bytes together, wait for the disk."""

PRUNE_EVERY: Micros = HOUR
SUFFIX = ".jsonl"


@dataclass(frozen=True, slots=True)
class Received:
    """One call as it arrived at `path`; `at` by the store's clock."""

    at: Micros
    source: str
    path: str
    content_type: str
    body: bytes


class Recorder:
    """Writes to `folder`; `keep` says for how long, 0 records nothing. Thread-safe."""

    def __init__(
        self, folder: Path, keep: Callable[[], Micros], lost: Callable[[], None] = lambda: None
    ) -> None:
        """`lost` is called for each call that could not be kept."""
        self.folder = folder
        self._keep = keep
        self._lost = lost
        self._queue: queue.Queue[Received | None] = queue.Queue(WAITING)
        self._bytes = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pruned_at: Micros = 0
        self._failing = False
        self._torn = b""

    def note(self, received: Received) -> None:
        """Have it kept, or lost where too much waits; never blocks, never raises."""
        if self._keep() > 0 and not self._queued(received):
            self._lost()

    def stop(self) -> None:
        """Write what waits."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            with suppress(queue.Full):  # a disk that takes nothing at all holds nobody up
                self._queue.put(None, timeout=5.0)
            thread.join(5.0)

    def _queued(self, received: Received) -> bool:
        size = len(received.body)
        with self._lock:
            if self._bytes + size > WAITING_BYTES:
                return False
            self._bytes += size
            self._running()
        try:
            self._queue.put_nowait(received)
        except queue.Full:
            self._written(size)
            return False
        return True

    def _running(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="recorder", daemon=True)
            self._thread.start()

    def _written(self, size: int) -> None:
        with self._lock:
            self._bytes -= size

    def _loop(self) -> None:
        while (received := self._queue.get()) is not None:
            try:
                self._write(received)
                self._prune(received.at)
                self._failing = False
            except OSError as error:
                self._lost()
                if not self._failing:
                    why = f"{type(error).__name__}: {error.strerror}"
                    log.error("not_recorded", extra={"folder": self.folder, "error": why})
                self._failing = True
            finally:
                self._written(len(received.body))

    def _write(self, received: Received) -> None:
        """One line in one write: several processes may share the folder.

        A disk that is nearly full takes a part of it: the next record begins a line of its own.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{_day(received.at)}{SUFFIX}"
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            line = self._torn + line_of(received)
            self._torn = b"\n" if 0 < os.write(handle, line) < len(line) else b""
            if self._torn:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(handle)

    def _prune(self, now: Micros) -> None:
        if now < self._pruned_at + PRUNE_EVERY:
            return
        self._pruned_at = now
        oldest = f"{_day(now - self._keep())}{SUFFIX}"
        for path in self.folder.glob(f"????-??-??{SUFFIX}"):
            if path.name < oldest:
                path.unlink(missing_ok=True)


def folder_of(store_path: str | None, states: str | None) -> Path:
    """Beside a store that is a file; else in the folder for what a service keeps (`states`)."""
    if store_path and store_path != ":memory:":
        path = Path(store_path)
        return path.with_name(path.name + ".recorded")
    return Path(states or "/var/lib/sms-notify") / "recorded"


def line_of(received: Received) -> bytes:
    """The record as one line of JSON, its end included."""
    said: dict[str, Any] = {
        "at": received.at,
        "source": received.source,
        "path": received.path,
        "content_type": received.content_type,
    }
    try:
        payload = orjson.loads(received.body)
    except orjson.JSONDecodeError:
        payload = None
    if isinstance(payload, dict):
        said["payload"] = payload
    else:
        said["raw"] = base64.b64encode(received.body).decode()
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)


def _day(at: Micros) -> str:
    return f"{datetime.fromtimestamp(at // SECOND, UTC):%Y-%m-%d}"
