"""One HTTP GET to a gateway: what came back, or whether the request may have left us.

Ends are values, not exceptions: an exception keeps the URL, and with it the password, in its
context whatever is raised in its place.
"""

from __future__ import annotations

import http.client
import logging
import re
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, exceptions
from urllib3.connection import HTTPSConnection

from sms_notify.gateways.plain import Fresh, Host, close_if_stale
from sms_notify.gateways.punctual import PunctualResponse

MOST_BODY = 64 * 1024
HEADERS = {"User-Agent": "sms-notify", "Accept": "*/*", "Accept-Encoding": "identity"}
PLAIN = "http://"


@dataclass(frozen=True, slots=True)
class Answered:
    """An HTTP answer. `body` is at most MOST_BODY bytes; `whole` is False if there was more."""

    status: int
    body: bytes
    location: str = ""
    whole: bool = True
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class NotReached:
    """No connection: not a byte of the request has left."""

    reason: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Lost:
    """The request may have been read, its answer was not. `body`: what of it had arrived."""

    reason: str
    seconds: float = 0.0
    body: bytes = b""


Got = Answered | NotReached | Lost


class Http(Protocol):
    """The seam for virtual time: a GET of `target` (`/path?query`, ASCII) at `base`; no raising."""

    def get(self, base: str, target: str) -> Got: ...

    def close(self) -> None: ...


class RequestsHttp:
    """The real one: a pool of its own, no redirects, nothing from the environment. Thread-safe."""

    def __init__(self, connect: float, read: float, proxy: str | None, pool: int = 64) -> None:
        """`connect` and `read` in seconds; `proxy` is the configured one, or None."""
        self._timeout = (connect, read)
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._adapter = _Adapter(pool_connections=8, pool_maxsize=pool)
        self._bases: dict[str, str] = {}

    def get(self, base: str, target: str) -> Got:
        began, body = time.monotonic(), bytearray()
        try:
            status, location = self._get(self._at(base) + target, body)
        except Exception as error:
            return _failed(error, time.monotonic() - began, bytes(body[:MOST_BODY]))
        took, whole = time.monotonic() - began, len(body) <= MOST_BODY
        return Answered(status, bytes(body[:MOST_BODY]), location, whole, took)

    def _at(self, base: str) -> str:
        """`base` as requests writes it (a host name in IDNA), worked out once."""
        known = self._bases.get(base)
        if known is None:
            prepared = PreparedRequest()
            prepared.prepare_url(f"{base}/", None)
            known = self._bases[base] = (prepared.url or "").removesuffix("/")
        return known

    def _get(self, url: str, body: bytearray) -> tuple[int, str]:
        response = self._adapter.send(
            _prepared(url), stream=True, timeout=self._timeout, proxies=self._proxies
        )
        _read(response, body)
        return response.status_code, response.headers.get("Location", "")

    def close(self) -> None:
        self._adapter.close()


def _read(response: Response, body: bytearray) -> None:
    """The body, at most a byte more than MOST_BODY. What has arrived is in `body` even when this
    raises."""
    try:
        while len(body) <= MOST_BODY:
            part: bytes = response.raw.read1(MOST_BODY + 1 - len(body), decode_content=True)
            if not part:
                return
            body += part
    except BaseException:
        response.raw.close()
        raise
    response.raw.close()


def _prepared(url: str) -> PreparedRequest:
    """A GET of an URL that is quoted already: `prepare` would quote it all again, which is a
    quarter of what a request costs (measured)."""
    made = PreparedRequest()
    made.method, made.url, made.headers = "GET", url, CaseInsensitiveDict(HEADERS)
    return made


class _FreshHTTPSConnection(HTTPSConnection):
    response_class = PunctualResponse
    used = 0.0

    def request(self, *args: Any, **kwargs: Any) -> None:
        close_if_stale(self)
        super().request(*args, **kwargs)


class _FreshHTTPPool(HTTPConnectionPool):
    ConnectionCls = Fresh


class _FreshHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _FreshHTTPSConnection


_POOLS = {"http": _FreshHTTPPool, "https": _FreshHTTPSPool}


class _Adapter(HTTPAdapter):
    """requests' adapter, whose connections do not grow stale. (`send` is left to be mocked.)"""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._most: int = kwargs["pool_maxsize"]
        self._hosts: dict[str, Host] = {}

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        made = super().proxy_manager_for(proxy, **kwargs)
        made.pool_classes_by_scheme = _POOLS
        return made

    # Plain HTTP without a proxy, see plain.py

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        url = request.url or ""
        if proxies or not url.startswith(PLAIN):
            return super().get_connection_with_tls_context(request, verify, proxies, cert)
        base = url[: url.index("/", len(PLAIN))]
        known = self._hosts.get(base)
        if known is None:
            known = self._hosts.setdefault(base, Host(base, self._most))
        return known

    def request_url(self, request: PreparedRequest, proxies: Any) -> str:
        url = request.url or ""
        if proxies or not url.startswith(PLAIN):
            return super().request_url(request, proxies)
        return url[url.index("/", len(PLAIN)) :]

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """No cookies, no encoding, no history: nobody asks for them."""
        made = Response()
        made.status_code, made.headers, made.raw = resp.status, resp.headers, resp
        return made

    def close(self) -> None:
        super().close()
        for host in self._hosts.values():
            host.close()


_NOT_REACHED: tuple[tuple[type[BaseException], str], ...] = (
    (exceptions.NameResolutionError, "dns"),
    (ConnectionRefusedError, "refused"),
    (exceptions.ConnectTimeoutError, "connect_timeout"),
    (exceptions.NewConnectionError, "no_connection"),
)
_LOST: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLError, "tls"),
    (exceptions.SSLError, "tls"),
    (TimeoutError, "timeout"),
    (exceptions.TimeoutError, "timeout"),
    (exceptions.ProxyError, "proxy"),
    (exceptions.IncompleteRead, "cut"),
    (http.client.IncompleteRead, "cut"),
    (ConnectionError, "reset"),  # RemoteDisconnected, BrokenPipeError and ECONNRESET are such
    (http.client.HTTPException, "not_http"),
)


def _failed(error: Exception, seconds: float, body: bytes) -> NotReached | Lost:
    """Only what provably came before the connection is "not reached"; all else may have left."""
    chain = list(_chain(error))
    never = exceptions.NewConnectionError, exceptions.ConnectTimeoutError
    if any(isinstance(each, (*never, exceptions.NameResolutionError)) for each in chain):
        proxied = any(isinstance(each, exceptions.ProxyError) for each in chain)
        reason = _first(_NOT_REACHED, chain) or "no_connection"
        return NotReached(f"proxy_{reason}" if proxied else reason, seconds)
    return Lost(_first(_LOST, chain) or type(error).__name__, seconds, body)


def _first(
    table: tuple[tuple[type[BaseException], str], ...], chain: list[BaseException]
) -> str | None:
    return next((slug for kind, slug in table for each in chain if isinstance(each, kind)), None)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it was made of: causes, contexts, wrapped reasons and arguments."""
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        inner = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
        waiting += [more for more in inner if isinstance(more, BaseException)]


_REQUEST_LINE = re.compile(r'\?|"[A-Z]+ /')


def _holds_no_target(record: logging.LogRecord) -> bool:
    return _REQUEST_LINE.search(record.getMessage()) is None


# urllib3 logs the whole request line at DEBUG: such a record is dropped, whatever level is set.
# A query holds a password, and the path of a chat's webhook its token.
logging.getLogger("urllib3.connectionpool").addFilter(_holds_no_target)
