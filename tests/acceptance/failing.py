"""A gateway that fails in every way there is: by its address, its proxy, its answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sms_notify.simulator import Fault, Kind, Simulator
from tests.programs.process import free_port

Settings = dict[str, dict[str, Any]]
"""A name of what fails → the keys of the gateway's block that make it fail."""


class Echo(BaseHTTPRequestHandler):
    """An IIS that shows the whole query in its error page, or sends us to a stranger with it."""

    status = 200
    elsewhere = ""

    def do_GET(self) -> None:
        body = f"<html><b>{self.requestline}</b> {self.headers}</html>".encode()
        self.send_response(self.status)
        self.send_header("X-Said", self.path)
        if self.status == 302:
            self.send_header("Location", f"{self.elsewhere}{self.path}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_parts: Any) -> None:
        """Keep quiet."""


@contextmanager
def echoing(status: int, elsewhere: str = "") -> Iterator[str]:
    answering = type("Answering", (Echo,), {"status": status, "elsewhere": elsewhere})
    server = ThreadingHTTPServer(("127.0.0.1", 0), answering)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def resetting() -> Iterator[str]:
    """Takes each connection, reads a little, and resets it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def reset() -> None:
            while True:
                try:
                    taken, _peer = listener.accept()
                except OSError:
                    return
                taken.recv(10)
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                taken.close()

        thread = threading.Thread(target=reset, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


@contextmanager
def ways(sim: Simulator, stranger: str, proxy_word: str) -> Iterator[Settings]:
    """How a call may fail: the gateway's settings for each."""
    with (
        resetting() as reset,
        echoing(200) as echo,
        echoing(500) as e500,
        echoing(302, stranger) as away,
    ):
        yield _ways(sim, proxy_word, reset, echo, e500, away)


def _ways(
    sim: Simulator, proxy_word: str, reset: str, echo: str, e500: str, away: str
) -> dict[str, dict[str, Any]]:
    closed = f"http://127.0.0.1:{free_port()}"
    proxy = closed.replace("//", f"//user:{proxy_word}@")
    echoing_proxy = echo.replace("//", f"//user:{proxy_word}@")
    return {
        "dns": {"urls": ["http://no-such-gateway.invalid:8088"]},
        "refused": {"urls": [closed]},
        "reset": {"urls": [reset]},
        "proxy refused": {"urls": ["http://10.255.255.1:8088"], "proxy": proxy},
        "proxy that is none": {"urls": ["http://10.255.255.1:8088"], "proxy": echoing_proxy},
        "https through no proxy": {"urls": ["https://10.255.255.1"], "proxy": proxy},
        "tls to plain": {"urls": [sim.url.replace("http:", "https:")]},
        "echo 200": {"urls": [echo]},
        "echo 500": {"urls": [e500]},
        "redirect elsewhere": {"urls": [away]},
    }


def faults(said: str) -> dict[str, Fault]:
    """What goes wrong behind a gateway that is reached; `said`: a text of ours in its answer."""
    return {
        "timeout": Fault(Kind.SLOW, seconds=2.5),
        "dropped before": Fault(Kind.DROP_BEFORE),
        "dropped after": Fault(Kind.DROP_AFTER),
        "cut": Fault(Kind.TRUNCATED),
        "500": Fault(Kind.HTTP500),
        "html": Fault(Kind.HTML),
        "garbage": Fault(Kind.GARBAGE),
        "wrong password": Fault(Kind.ANSWER, text="-7"),
        "forbidden word": Fault(Kind.ANSWER, text=f"-3|{said}"),
    }
