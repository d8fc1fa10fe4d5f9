"""Plain HTTP without a proxy, as most gateways are reached: urllib3's connections, not its pool.

requests' adapter parses and quotes each URL three times, and urllib3's pool takes care of retries
and redirects that nobody wants here: two thirds of what a request costs (measured). What is sent,
what is read and what is raised are the same.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.connection import HTTPConnection

from sms_notify.gateways.punctual import PunctualResponse

MOST_IDLE = 5.0
"""Seconds: an idle connection older than this may be closed by the other side any moment."""


class Fresh(HTTPConnection):
    """A connection that is opened anew rather than used when it may be dying: a request on one
    that dies would be uncertain."""

    response_class = PunctualResponse
    used = 0.0

    def request(self, *args: Any, **kwargs: Any) -> None:
        close_if_stale(self)
        super().request(*args, **kwargs)


def close_if_stale(connection: Any) -> None:
    now = time.monotonic()
    if connection.sock is not None and now - connection.used > MOST_IDLE:
        connection.close()
    connection.used = now


class Body:
    """An answer, whose connection is kept for the next request once all of it was read."""

    def __init__(
        self, response: BaseHTTPResponse, connection: Fresh, keep: Callable[[Fresh], None]
    ) -> None:
        self._response = response
        self._connection: Fresh | None = connection
        self._keep = keep
        self.status = response.status
        self.headers = response.headers

    def read1(self, most: int, *, decode_content: bool) -> bytes:
        part = self._response.read1(most, decode_content=decode_content)
        if not part and self._connection is not None:
            self._keep(self._connection)
            self._connection = None
        return part

    def close(self) -> None:
        """Give up what was not read, and the connection with it."""
        self._response.close()
        if self._connection is not None:
            self._connection.close()


class Host:
    """Connections to one host, as many as are used at once; stands where requests has a pool."""

    def __init__(self, base: str, most: int) -> None:
        """`base`: `http://host:port`; `most` connections are kept for later."""
        split = urlsplit(base)
        self._host, self._port = split.hostname or "", split.port or 80
        self._most = most
        self._idle: list[Fresh] = []
        weakref.finalize(self, _close, self._idle)  # as a pool does that nobody closed

    def urlopen(
        self, method: str, url: str, headers: Mapping[str, str], timeout: Timeout, **_rest: Any
    ) -> Body:
        """What `HTTPAdapter.send` asks of a pool; no retry, no redirect, `url` as it is."""
        connection = self._taken()
        try:
            connection.timeout = cast("float | None", timeout.connect_timeout)
            connection.request(
                method, url, headers=headers, preload_content=False, decode_content=False
            )
            connection.timeout = timeout.read_timeout
            response = connection.getresponse()
        except BaseException:
            connection.close()
            raise
        return Body(response, connection, self._keep)

    def _taken(self) -> Fresh:
        """The one used last, which is the least likely to be closed; a dead one is opened anew."""
        try:
            connection = self._idle.pop()
        except IndexError:
            return Fresh(self._host, self._port)
        if connection.sock is not None and not connection.is_connected:
            connection.close()
        return connection

    def _keep(self, connection: Fresh) -> None:
        if len(self._idle) < self._most:
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        _close(self._idle)


def _close(idle: list[Fresh]) -> None:
    while idle:
        idle.pop().close()
