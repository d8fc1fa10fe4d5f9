"""A small web server that writes down what is posted to it and answers as the test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .process import wait_until


@dataclass(frozen=True, slots=True)
class Posted:
    """One request as it came in."""

    method: str
    path: str
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Receiver(ThreadingHTTPServer):
    """Listens on a free loopback port; `posted` grows with each request.

    answer: the status for a request, 0 to hang up; 200 unless the test says otherwise.
    text: the answer's body.
    """

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.posted: list[Posted] = []
        self.answer: Callable[[Posted], int] = lambda posted: 200
        self.text = ""
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        """Stop listening and end the thread."""
        self.shutdown()
        self._thread.join()
        self.server_close()

    def wait_for(
        self, what: str, wanted: Callable[[Posted], bool] = lambda posted: True, seconds: float = 30
    ) -> Posted:
        """The first request that is `wanted`, as soon as it has come."""
        return wait_until(
            what, lambda: next((each for each in list(self.posted) if wanted(each)), None), seconds
        )


class _Answering(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        posted = Posted(self.command, self.path, self.headers, self.rfile.read(length))
        self.server.posted.append(posted)
        status = self.server.answer(posted)
        if status == 0:
            self.close_connection = True
            return
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"{self.server.url}/elsewhere")
        text = self.server.text.encode()
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        with suppress(ConnectionError):  # it did not wait for the answer
            self.wfile.write(text)

    def do_GET(self) -> None:
        self.do_POST()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep quiet: `posted` is the log."""
