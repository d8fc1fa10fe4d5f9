"""The endpoints for those who run the service: health, readiness, reload, metrics."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import orjson
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sms_notify.server import tokens
from sms_notify.server.parts import Parts

log = logging.getLogger(__name__)
Endpoint = Callable[[Request], Awaitable[Response]]


def routes(parts: Parts) -> list[Route]:
    operating = Operating(parts)
    return [
        _route("/-/healthy", operating.healthy, "GET"),
        _route("/-/ready", operating.ready, "GET"),
        _route("/-/reload", operating.reload, "POST"),
        _route("/metrics", operating.metrics, "GET"),
    ]


def _route(path: str, endpoint: Endpoint, method: str) -> Route:
    return Route(path, endpoint, methods=[method], include_in_schema=False)


class Operating:
    """Short answers; what reads the store or a file runs in a thread."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def healthy(self, request: Request) -> Response:
        """The process answers; nothing else is asked."""
        return PlainTextResponse("healthy\n")

    async def ready(self, request: Request) -> Response:
        """Can alerts be stored and SMS leave? Details only for those who have a token."""
        works, details = await asyncio.to_thread(self._parts.readiness)
        said = {"ready": works, "parts": details} if self._trusted(request) else {"ready": works}
        answer = orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_INDENT_2)
        return Response(answer, 200 if works else 503, media_type="application/json")

    async def reload(self, request: Request) -> Response:
        """Read the configuration again. 422 names every problem; the old one stays then."""
        problems = await asyncio.to_thread(self._parts.reload)
        self._parts.metrics.reloaded.set(not problems)
        if problems:
            log.error("reload_refused", extra={"problems": len(problems), "first": problems[0]})
            text = "\n".join(["the old configuration stays:", *problems])
            return PlainTextResponse(text + "\n", 422)
        log.info("reloaded")
        return PlainTextResponse("reloaded\n")

    async def metrics(self, request: Request) -> Response:
        page = await asyncio.to_thread(self._parts.metrics.page)
        return Response(page, headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _trusted(self, request: Request) -> bool:
        return tokens.allowed(request, self._parts.rules().config.server, "ready")
