"""The endpoints that monitoring systems call: read, parse, judge, and 202 only after COMMIT.

What each answer makes Alertmanager do: 2xx it is done; 4xx no retry, so only for what no retry can
mend; 5xx it tries again. 429 is never said: it would not be retried either.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sms_notify.errors import InputError, StoreError, TooLarge
from sms_notify.intake import Accepted, Rules, TellCall
from sms_notify.model import Call, Micros
from sms_notify.recorded import Received
from sms_notify.server import body
from sms_notify.server.parts import Parts
from sms_notify.sources import alertmanager, later, line, zabbix
from sms_notify.sources.later import Later
from sms_notify.watching import Keep, Kept, kept

log = logging.getLogger(__name__)

AT_ONCE = 64 * 1024
"""A larger body is parsed in a thread: 10 MB take 0.3 s, in which others want an answer."""

_JSON = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
Parse = Callable[[bytes, Rules, Micros], "Call | Later"]
Endpoint = Callable[[Request], Awaitable[Response]]


class _Asgi:
    """An endpoint as a bare ASGI application: Starlette wraps a function in three layers more."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._endpoint(Request(scope, receive))
        await response(scope, receive, send)


def routes(parts: Parts) -> list[Route]:
    """Asked before the application: half the time of a small webhook is the HTTP stack."""
    webhooks = Webhooks(parts)
    return [
        _post("/alertmanager", webhooks.alertmanager),
        _post("/alertmanager/{receiver:path}", webhooks.alertmanager),
        _post("/line", webhooks.line),
        _post("/zabbix", webhooks.zabbix),
    ]


def _post(path: str, endpoint: Endpoint) -> Route:
    return Route(path, _Asgi(endpoint), methods=["POST"], include_in_schema=False)


class Webhooks:
    """One method a source; `_answer` turns what came of it into a status."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def alertmanager(self, request: Request) -> Response:
        receiver = request.path_params.get("receiver", "").strip("/") or None

        def parse(raw: bytes, rules: Rules, now: Micros) -> Call:
            levels = rules.config.site.levels
            return alertmanager.parse(raw, levels=levels, called_at=now, receiver=receiver)

        return await self._answer(request, alertmanager.SOURCE, parse)

    async def line(self, request: Request) -> Response:
        def parse(raw: bytes, rules: Rules, now: Micros) -> Call | Later:
            site = rules.config.site
            planned = later.read(raw, levels=site.levels, called_at=now, timezone=site.timezone)
            return planned or line.parse_http(raw, levels=site.levels, called_at=now)

        return await self._answer(request, line.SOURCE, parse)

    async def zabbix(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "")

        def parse(raw: bytes, rules: Rules, now: Micros) -> Call:
            site = rules.config.site
            return zabbix.parse(
                raw, content_type=kind, levels=site.levels, called_at=now, timezone=site.timezone
            )

        return await self._answer(request, zabbix.SOURCE, parse)

    async def _answer(self, request: Request, source: str, parse: Parse) -> Response:
        count = self._parts.metrics.calls
        try:
            accepted = await self._take(request, source, parse)
        except ClientDisconnect:
            count.labels(source, "gone").inc()
            log.info("caller_gone", extra={"source": source})
            return Response(status_code=400)  # nobody reads it
        except (InputError, StoreError, TimeoutError) as error:
            response = self._refused(source, error)
        except Exception as error:
            self._parts.metrics.error(error)
            log.exception("request_failed")
            response = PlainTextResponse("Internal Server Error\n", 500)
        else:
            answer = orjson.dumps(accepted, option=_JSON)
            response = Response(answer, 202, media_type="application/json")
        count.labels(source, str(response.status_code)).inc()
        return response

    async def _take(self, request: Request, source: str, parse: Parse) -> Accepted | Kept:
        raw = await body.read(request)
        rules, now = self._parts.rules(), self._parts.store.now()
        if rules.config.server.record:
            self._record(request, source, raw, now)
        if len(raw) > AT_ONCE:
            wanted = await asyncio.to_thread(_wanted, parse, raw, rules, now)
        else:
            wanted = _wanted(parse, raw, rules, now)
        if isinstance(wanted, Keep):
            return await self._keep(wanted, rules)
        accepted: Accepted = await _judged(self._parts.hand_in(wanted))
        self._count(source, wanted, accepted)
        return accepted

    def _record(self, request: Request, source: str, raw: bytes, now: Micros) -> None:
        kind = request.headers.get("content-type", "")
        self._parts.record(Received(now, source, request.url.path, kind, raw))

    async def _keep(self, wanted: Keep, rules: Rules) -> Kept:
        """A text for later: which number it has, and when it is due."""
        came = await _judged(self._parts.hand_in(wanted))
        zone = ZoneInfo(rules.config.site.timezone)
        return await asyncio.to_thread(kept, self._parts.store, wanted.wanted, came, zone)

    def _count(self, source: str, wanted: TellCall, accepted: Accepted) -> None:
        metrics, call = self._parts.metrics, wanted.call
        metrics.alerts.labels(source).inc(len(call.alerts))
        metrics.bad.labels(source).inc(len(call.bad))
        metrics.levels.labels(source).inc(_unknown_levels(wanted))
        metrics.judged(accepted.verdicts, len(accepted.messages), accepted.fallbacks)
        if accepted.unknown_receiver:
            metrics.receivers.labels(source).inc()
            known = {"source": source, "receiver": call.receiver}
            log.warning("unknown_receiver_root_told", extra=known)

    def _refused(self, source: str, error: Exception) -> Response:
        if not isinstance(error, TimeoutError):
            self._parts.metrics.error(error)
        status = _status(error)
        why = str(error) or f"the body did not arrive within {body.PATIENCE:.0f} seconds"
        log.warning("call_refused", extra={"source": source, "status": status, "why": why})
        closing = {"Connection": "close"} if status == 413 else None
        return PlainTextResponse(f"{why}\n", status, closing)


async def _judged(handed: Future[Any]) -> Any:
    """The writer's answer; a cancelled request does not cancel what the writer has begun.

    asyncio.wrap_future with a shield is the same for six times the cost.
    """
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[None] = loop.create_future()

    def done(_handed: Future[Any]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(_wake, answered)

    handed.add_done_callback(done)
    await answered
    return handed.result()


def _wake(answered: asyncio.Future[None]) -> None:
    if not answered.done():
        answered.set_result(None)


def _wanted(parse: Parse, raw: bytes, rules: Rules, now: Micros) -> TellCall | Keep:
    said = parse(raw, rules, now)
    return Keep(said) if isinstance(said, Later) else TellCall(rules, said)


def _unknown_levels(wanted: TellCall) -> int:
    """How many alerts carry a level word that the configuration does not list."""
    words = wanted.rules.config.site.levels.words
    said = Counter(alert.source_level.strip().casefold() for alert in wanted.call.alerts)
    return sum(number for word, number in said.items() if word and word not in words)


def _status(error: Exception) -> int:
    match error:
        case TooLarge():
            return 413
        case InputError():
            return 400
        case _:
            return 503
