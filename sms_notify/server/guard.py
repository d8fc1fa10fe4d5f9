"""The door: no request gets further than this without a token, and no fault of ours looks out."""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sms_notify.server import tokens
from sms_notify.server.parts import Parts
from sms_notify.server.users import Users

log = logging.getLogger(__name__)

FREE = frozenset({"/-/healthy", "/-/ready"})
"""Probes of a service supervisor have no token."""

UNAUTHORIZED = (
    "a token is needed: send `Authorization: Bearer TOKEN`, or the token as basic password, "
    "with a token of server.tokens; or the name and password of one of server.users\n"
)
LOOKS = ("GET", "HEAD")
USER = "sms_notify.user"
"""Where a request's scope says which user it is of."""

LARGEST = 64 * 1024
TOO_LARGE = f"a body of the API has at most {LARGEST} bytes, and a Content-Length that says so\n"


class Guard:
    """Wraps the whole application: what is not known to be free needs a token."""

    def __init__(self, app: ASGIApp, parts: Parts) -> None:
        self._app = app
        self._parts = parts
        self._users = Users()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, asked = Request(scope), endpoint(scope["path"])
        refusal = None if scope["path"] in FREE else await self._refusal(request, asked)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        if asked == "api" and too_large(request):
            await PlainTextResponse(TOO_LARGE, 413, {"Connection": "close"})(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # answered with 500 by the application already
            self._parts.metrics.error(error)
            log.exception("request_failed")

    async def _refusal(self, request: Request, asked: str) -> PlainTextResponse | None:
        """Why this request gets no further; None: it may. A user's name goes with the request."""
        server = self._parts.rules().config.server
        if asked == "api" and request.method not in LOOKS:
            asked = "api, to act"  # `server.open` lets anybody look at the API, not act through it
        if tokens.allowed(request, server, asked):
            return None
        user = await self._users.who(request.headers.get("authorization", ""), server.users)
        if user is not None and (user.acts or request.method in LOOKS):
            request.scope[USER] = user.name
            return None
        self._parts.metrics.refused.inc()
        if user is not None:
            return PlainTextResponse(f"{user.name} may look, not act: role: act is needed\n", 403)
        challenge = {"WWW-Authenticate": tokens.CHALLENGE}
        return PlainTextResponse(UNAUTHORIZED, 401, challenge)


def too_large(request: Request) -> bool:
    """Of the API, whose bodies are read whole: those of webhooks are bounded while they stream."""
    if request.method in ("GET", "HEAD"):
        return False
    promised = request.headers.get("content-length", "")
    chunked = "transfer-encoding" in request.headers
    return chunked or (promised.isdigit() and int(promised) > LARGEST)


def endpoint(path: str) -> str:
    """`/alertmanager/数据库` is endpoint `alertmanager`: the word that `server.open` lists."""
    return path.lstrip("/").partition("/")[0]
