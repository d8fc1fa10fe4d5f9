"""A server that does to a connection whatever a test says, byte by byte."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from types import TracebackType

Script = Callable[[socket.socket, bytes], None]
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n0|1|0|5"


class Raw:
    """Listens on loopback; `script` gets each request's head. `heads`, `connections`: what came."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.heads: list[bytes] = []
        self.connections = 0
        self.over = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Raw:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.over.set()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while head := _head(connection):
                    self.heads.append(head)
                    self._script(connection, head)
            except OSError:
                return


def _head(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        part = connection.recv(65_536)
        if not part:
            return b""
        head += part
    return head


def answer(connection: socket.socket, _head: bytes) -> None:
    """Take it, whatever it is."""
    connection.sendall(ANSWER)
