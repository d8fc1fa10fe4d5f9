"""Listens: binds the address, runs the application in a thread of its own, stops gracefully."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from sms_notify.errors import UsageError

log = logging.getLogger(__name__)

BACKLOG = 2048
"""400 groups at once open 400 connections within 0.16 s (measured on Alertmanager)."""

KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than the usual group_interval is apart."""


class Http:
    """One listening address. The port is bound at once, so that a taken one is told at once."""

    def __init__(self, host: str, port: int) -> None:
        """Port 0 takes a free one. Raises UsageError when the address cannot be had."""
        self._socket = _bound(host, port)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, app: ASGIApp, *, died: Callable[[], None] = lambda: None) -> None:
        """Serve `app`; returns when it answers. `died` is called should it end unasked."""
        server = self._server = _Server(_settings(app))

        def run() -> None:
            try:
                server.run(sockets=[self._socket])
            except BaseException:
                log.exception("http_died")
            finally:
                server.up.set()
                if not server.should_exit:
                    died()

        self._thread = threading.Thread(target=run, name="http", daemon=True)
        self._thread.start()
        server.up.wait()

    def stop(self, seconds: float) -> None:
        """Accept nothing more; answer what has begun, for at most so many seconds."""
        if self._server is None or self._thread is None:
            self._socket.close()
            return
        self._server.config.timeout_graceful_shutdown = max(1, int(seconds))
        self._server.should_exit = True
        self._thread.join(seconds + 5)


class _Server(uvicorn.Server):
    """uvicorn that says when it is up; signals are the command's business, not its."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


def _settings(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
    )


def _bound(host: str, port: int) -> socket.socket:
    bound: socket.socket | None = None
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        if bound is not None:
            bound.close()
        raise UsageError(
            f"cannot listen on {host}:{port}: {error.strerror or error}; is sms-notify running "
            "already? server.listen names the address"
        ) from None
    return bound
