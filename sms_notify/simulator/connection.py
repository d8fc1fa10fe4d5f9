"""One client's connection: requests in their order, answers when their time has come."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import cast

from sms_notify.simulator.model import Ending, Outcome
from sms_notify.simulator.pages import page
from sms_notify.simulator.wire import BadRequest, Request, response, take_request

ANSWERING = (Ending.ANSWERED, Ending.TRUNCATED)


class Connection(asyncio.Protocol):
    """Keep-alive and pipelining; a slow answer holds up its own connection and no other."""

    def __init__(
        self, answer: Callable[[Request], Outcome], open_connections: set[Connection]
    ) -> None:
        self._answer = answer
        self._open = open_connections
        self._buffer = bytearray()
        self._later: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio for a new client."""
        self._transport = cast(asyncio.Transport, transport)
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio when either side has closed; what was accepted stays accepted."""
        if self._later is not None:
            self._later.cancel()
        self._transport = None
        self._open.discard(self)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio with bytes of requests."""
        self._buffer += data
        self._work()

    def abort(self) -> None:
        """Close at once; the client sees a reset where the system can send one."""
        if self._transport is None:
            return
        linger = struct.pack("ii", 1, 0)
        sock: socket.socket = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._transport.abort()

    def _work(self) -> None:
        try:
            while self._is_free() and (request := take_request(self._buffer)) is not None:
                self._start(request)
        except BadRequest as bad:
            self._finish(page(bad.status, "Bad Request"), keep=False)

    def _is_free(self) -> bool:
        return (
            self._later is None and self._transport is not None and not self._transport.is_closing()
        )

    def _start(self, request: Request) -> None:
        outcome = self._answer(request)
        if outcome.seconds:
            loop = asyncio.get_running_loop()
            self._later = loop.call_later(outcome.seconds, self._resume, outcome, request.keep)
        else:
            self._finish(outcome, request.keep)

    def _resume(self, outcome: Outcome, keep: bool) -> None:
        self._later = None
        self._finish(outcome, keep)
        self._work()

    def _finish(self, outcome: Outcome, keep: bool) -> None:
        if self._transport is None:
            return
        if outcome.ended is Ending.REFUSED:
            self.abort()
        elif outcome.ended not in ANSWERING:
            self._transport.abort()
        else:
            keep = keep and outcome.ended is Ending.ANSWERED
            self._transport.write(response(outcome, keep))
            if not keep:
                self._transport.close()
