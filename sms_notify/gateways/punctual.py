"""An HTTP answer that is whole in time, or given up: a timeout of a socket bounds each byte alone,
and a server that drips its headers would hold a worker for hours."""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import Any


class PunctualResponse(http.client.HTTPResponse):
    """Status, headers and body within twice the socket's timeout; then TimeoutError."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        patience = sock.gettimeout()
        if patience is not None:
            self.fp = io.BufferedReader(_Until(self.fp.detach(), time.monotonic() + 2 * patience))


class _Until(io.RawIOBase):
    """What is read before a moment of the monotonic clock."""

    def __init__(self, raw: io.RawIOBase, end: float) -> None:
        self._raw, self._end = raw, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if time.monotonic() > self._end:
            raise TimeoutError
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
