"""The gateway on a real socket: one thread, many connections, a listener that can go away."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Self, TypeVar

from sms_notify.simulator.connection import Connection
from sms_notify.simulator.control import PREFIX, control
from sms_notify.simulator.gateway import Gateway
from sms_notify.simulator.model import Outcome
from sms_notify.simulator.pages import page
from sms_notify.simulator.wire import Request

BACKLOG = 2048
TICK = 0.1
T = TypeVar("T")


def system_clock() -> int:
    """UTC microseconds now."""
    return time.time_ns() // 1000


def serve(
    gateway: Gateway,
    port: int = 0,
    host: str = "127.0.0.1",
    clock: Callable[[], int] = system_clock,
) -> Simulator:
    """Serve the gateway in a thread of its own; use it with `with`, or call close().

    port 0 takes a free one. One gateway may be served on several ports (several hosts of
    one account). Raises OSError when the port is taken.
    """
    return Simulator(gateway, port, host, clock)


class Simulator:
    """A gateway that listens. url: `http://host:port`, port: the real one."""

    def __init__(self, gateway: Gateway, port: int, host: str, clock: Callable[[], int]) -> None:
        self.gateway = gateway
        self.host = host
        self._clock = clock
        self._connections: set[Connection] = set()
        self._listener: asyncio.Server | None = None
        self._pausing: asyncio.Task[None] | None = None
        bound = _bound(host, port)
        self.port: int = bound.getsockname()[1]
        self.url = f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)
        self._thread.start()
        self._in_loop(self._listen(bound))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def stop_listening(self) -> None:
        """Refuse connections from now on and cut those that are open."""
        self._in_loop(self._stop())

    def start_listening(self) -> None:
        """Listen again, on the same port. Raises OSError when somebody else took it."""
        self._in_loop(self._start())

    def close(self) -> None:
        """Stop listening and end the thread; may be called again."""
        if self._loop.is_closed():
            return
        self._in_loop(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(self._tick)
        self._loop.run_forever()

    def _tick(self) -> None:
        self.gateway.advance(self._clock())
        self._loop.call_later(TICK, self._tick)

    def _in_loop(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self, bound: socket.socket) -> None:
        self._listener = await self._loop.create_server(
            lambda: Connection(self._answer, self._connections), sock=bound, backlog=BACKLOG
        )

    async def _start(self) -> None:
        if self._listener is None:
            await self._listen(_bound(self.host, self.port))

    async def _stop(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        await asyncio.sleep(0)  # let what was accepted a moment ago become a connection
        while self._connections:
            for connection in tuple(self._connections):
                connection.abort()
            await asyncio.sleep(0)

    async def _end(self) -> None:
        await self._stop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _answer(self, request: Request) -> Outcome:
        now = self._clock()
        if request.target.startswith(PREFIX):
            answered = control(self.gateway, request.method, request.target, request.body, now)
            if answered.refuse_seconds:
                self._loop.call_soon(self._refuse_for, answered.refuse_seconds)
            return answered.outcome
        if request.method != "GET":
            return page(405, "HTTP Error 405 - The HTTP verb is not allowed.")
        return self.gateway.answer(request.target, now, f"{self.host}:{self.port}")

    def _refuse_for(self, seconds: float) -> None:
        self._pausing = self._loop.create_task(self._pause(seconds))

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(0.05)
        await self._stop()
        await asyncio.sleep(seconds)
        await self._start()


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError:
        bound.close()
        raise
    return bound
