"""A gateway that takes everything: answers each call after a while, counts, and does no more.

    python -m benchmarks._stub

Not the simulator, which looks at every call as a gateway does: this one must never be what is
measured. `/stub?delay=0.05` sets the latency and forgets the counts, `/stub` tells them.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import cast
from urllib.parse import parse_qs, urlsplit

import uvloop


class Counts:
    """Calls and numbers taken since the last reset, and when the first and the last came."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.forget(0.0)

    def forget(self, delay: float) -> None:
        self.delay = delay
        self.calls = self.numbers = self.first = self.last = 0

    def told(self) -> bytes:
        names = ("calls", "numbers", "first", "last")
        return json.dumps({name: getattr(self, name) for name in names}).encode()

    def taken(self, numbers: int) -> None:
        self.last = time.monotonic_ns()
        self.first = self.first or self.last
        self.calls += 1
        self.numbers += numbers


class Connection(asyncio.Protocol):
    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            request, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
            self._answer(request.split(b" ", 2)[1])

    def _answer(self, target: bytes) -> None:
        if target.startswith(b"/stub"):
            self._control(target.decode())
            return
        phones = _phones(target)
        self._counts.taken(phones)
        ids = ",".join(str(self._counts.numbers - n) for n in range(phones))
        answer = _http(f"0|{phones}|0|{ids}".encode())
        if self._counts.delay:
            self._counts.loop.call_later(self._counts.delay, self._write, answer)
        else:
            self._transport.write(answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)

    def _control(self, target: str) -> None:
        asked = parse_qs(urlsplit(target).query)
        if "delay" in asked:
            self._counts.forget(float(asked["delay"][0]))
        self._transport.write(_http(self._counts.told()))


def _phones(target: bytes) -> int:
    at = target.find(b"send_phone=")
    return target[at:].split(b"&", 1)[0].count(b",") + 1 if at >= 0 else 1


def _http(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


async def main() -> None:
    counts = Counts()
    listening = await counts.loop.create_server(
        lambda: Connection(counts), "127.0.0.1", 0, backlog=2048
    )
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
