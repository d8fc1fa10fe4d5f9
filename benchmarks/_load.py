"""Asks over HTTP as fast as it is answered: so many connections, each with one request out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

import uvloop

Requests = Iterator[bytes]


@dataclass(slots=True)
class Blast:
    """What came of it: answers by status, how long it all took, how long each took."""

    seconds: float = 0.0
    answers: dict[bytes, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    @property
    def good(self) -> int:
        return sum(n for status, n in self.answers.items() if status.startswith(b"2"))

    @property
    def rate(self) -> float:
        """Good answers a second."""
        if self.good != len(self.latencies):
            raise RuntimeError(f"not all were accepted: {self.answers}")
        return self.good / self.seconds


def post(path: str, body: bytes, kind: str = "application/json") -> bytes:
    """The bytes of one POST."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(target: str) -> bytes:
    """The bytes of one GET."""
    return f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


class _Asking(asyncio.Protocol):
    """One connection: asks, takes the answer, asks again, until there is no more to ask."""

    def __init__(self, next_one: Callable[[], bytes | None], blast: Blast) -> None:
        self._next = next_one
        self._blast = blast
        self._buffer = b""
        self._began = 0.0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def _ask(self) -> None:
        asked = self._next()
        if asked is None:
            self._transport.close()
            return
        self._began = time.perf_counter()
        self._transport.write(asked)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0 or len(self._buffer) < head + 4 + _length(self._buffer[:head]):
            return
        status = self._buffer[9:12]
        self._blast.answers[status] = self._blast.answers.get(status, 0) + 1
        self._blast.latencies.append(time.perf_counter() - self._began)
        self._buffer = b""
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


def blast(
    port: int, requests: Requests, *, seconds: float | None = None, connections: int = 64
) -> Blast:
    """Ask until `requests` ends or so many seconds are over; every answer is waited for."""
    return uvloop.run(_blast(port, requests, seconds, connections))


async def _blast(port: int, requests: Requests, seconds: float | None, connections: int) -> Blast:
    found = Blast()
    began = time.perf_counter()
    end = None if seconds is None else began + seconds

    def next_one() -> bytes | None:
        if end is not None and time.perf_counter() >= end:
            return None
        return next(requests, None)

    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: _Asking(next_one, found), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.over for _transport, protocol in made))
    found.seconds = time.perf_counter() - began
    return found
