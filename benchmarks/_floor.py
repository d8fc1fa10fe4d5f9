"""The floor: the same server and the same store, which only parses and inserts, a row an alert.

    python -m benchmarks._floor STORE-URL [--inline]

Nothing is routed, judged, compared or worded: no honest receiver can be faster on this stack.
Group commit: what came while the last commit ran goes into the next one. `--inline`: one each.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sms_notify.server.http import Http

TABLE = "CREATE TABLE alert (fingerprint text, starts_at text, labels text, annotations text)"
INSERT = "INSERT INTO alert VALUES ({0}, {0}, {0}, {0})"
Rows = list[tuple[str, str, str, str]]


def _sqlite(path: str) -> Callable[[Rows], None]:
    made = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        made.execute(f"PRAGMA {pragma}")
    made.execute(TABLE)
    insert = INSERT.format("?")

    def write(rows: Rows) -> None:
        made.execute("BEGIN IMMEDIATE")
        made.executemany(insert, rows)
        made.execute("COMMIT")

    return write


def _postgres(url: str) -> Callable[[Rows], None]:
    import psycopg

    made = psycopg.connect(url)
    made.execute(TABLE)
    made.commit()
    insert = INSERT.format("%s")

    def write(rows: Rows) -> None:
        with made.cursor() as cursor:
            cursor.executemany(insert, rows)
        made.commit()

    return write


class Floor:
    """Waiting rows and who waits for them; one writer at a time."""

    def __init__(self, write: Callable[[Rows], None], inline: bool) -> None:
        self._write = write
        self._most = 1 if inline else 1 << 30
        self._waiting: list[tuple[Rows, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1)

    async def take(self, request: Request) -> Response:
        body = orjson.loads(await request.body())
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(([_row(alert) for alert in body["alerts"]], future))
        if self._writing is None:
            self._writing = asyncio.create_task(self._work())
        await future
        return Response(orjson.dumps({"told": 0}), 202, media_type="application/json")

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            rows = [row for some, _future in batch for row in some]
            await asyncio.get_running_loop().run_in_executor(self._thread, self._write, rows)
            for _rows, future in batch:
                future.set_result(None)
        self._writing = None


def _row(alert: dict[str, Any]) -> tuple[str, str, str, str]:
    labels, notes = orjson.dumps(alert["labels"]), orjson.dumps(alert["annotations"])
    return alert["fingerprint"], alert["startsAt"], labels.decode(), notes.decode()


def main() -> None:
    url = sys.argv[1]
    write = _sqlite(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else _postgres(url)
    floor = Floor(write, "--inline" in sys.argv)
    http = Http("127.0.0.1", 0)
    http.start(Starlette(routes=[Route("/alertmanager", floor.take, methods=["POST"])]))
    print(http.port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
