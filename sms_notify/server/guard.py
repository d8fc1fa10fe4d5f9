"""The door: no request gets further than this without a token, and no fault of ours looks out."""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sms_notify.server import tokens
from sms_notify.server.parts import Parts

log = logging.getLogger(__name__)

FREE = frozenset({"/-/healthy", "/-/ready"})
"""Probes of a service supervisor have no token."""

UNAUTHORIZED = (
    "a token is needed: send `Authorization: Bearer TOKEN`, or the token as basic password, "
    "with a token of server.tokens\n"
)


LARGEST = 64 * 1024
TOO_LARGE = f"a body of the API has at most {LARGEST} bytes, and a Content-Length that says so\n"


class Guard:
    """Wraps the whole application: what is not known to be free needs a token."""

    def __init__(self, app: ASGIApp, parts: Parts) -> None:
        self._app = app
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if not (scope["path"] in FREE or self._allowed(request)):
            await self._refuse()(scope, receive, send)
            return
        if too_large(request):
            await PlainTextResponse(TOO_LARGE, 413, {"Connection": "close"})(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # answered with 500 by the application already
            self._parts.metrics.error(error)
            log.exception("request_failed")

    def _allowed(self, request: Request) -> bool:
        return tokens.allowed(request, self._parts.rules().config.server, endpoint(request))

    def _refuse(self) -> PlainTextResponse:
        self._parts.metrics.refused.inc()
        challenge = {"WWW-Authenticate": tokens.CHALLENGE}
        return PlainTextResponse(UNAUTHORIZED, 401, challenge)


def too_large(request: Request) -> bool:
    """Of the API, whose bodies are read whole: those of webhooks are bounded while they stream."""
    if endpoint(request) != "api" or request.method in ("GET", "HEAD"):
        return False
    promised = request.headers.get("content-length", "")
    chunked = "transfer-encoding" in request.headers
    return chunked or (promised.isdigit() and int(promised) > LARGEST)


def endpoint(request: Request) -> str:
    """`/alertmanager/数据库` is endpoint `alertmanager`: the word that `server.open` lists."""
    path: str = request.scope["path"]
    return path.lstrip("/").partition("/")[0]
