"""The endpoints that monitoring systems call: read, parse, judge, and 202 only after COMMIT.

What each answer makes Alertmanager do: 2xx it is done; 4xx no retry, so only for what no retry can
mend; 5xx it tries again. 429 is never said: it would not be retried either.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sms_notify.errors import InputError, StoreError, TooLarge
from sms_notify.intake import Accepted, Input, Rules, TellCall
from sms_notify.metrics import SOURCES
from sms_notify.model import Call, Micros
from sms_notify.recorded import Received
from sms_notify.server import body
from sms_notify.server.answers import Answers
from sms_notify.server.counts import Counts
from sms_notify.server.parts import Parts
from sms_notify.sources import alertmanager, later, line, zabbix
from sms_notify.sources.later import Later
from sms_notify.watching import Keep, Kept, kept

log = logging.getLogger(__name__)

AT_ONCE = 64 * 1024
"""A larger body is parsed in a thread: 10 MB take 0.3 s, in which others want an answer."""

_RECEIVER = "/alertmanager/"
_JSON = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
Parse = Callable[[bytes, Rules, Micros], "Call | Later"]
Endpoint = Callable[[Request], Awaitable["Response | bytes"]]


class Webhooks:
    """One method a source, and before all else the application that finds them by the path.

    A router that goes through its routes, and the layers that Starlette puts around a function,
    cost as much as reading the body (measured). Whatever is no webhook goes on to `others`.
    """

    def __init__(self, parts: Parts, others: ASGIApp) -> None:
        self._parts = parts
        self.others = others
        self._answers: Answers | None = None
        self._counts = {source: Counts(parts.metrics, source) for source in SOURCES}
        self._endpoints: dict[str, Endpoint] = {
            "/alertmanager": self.alertmanager,
            "/line": self.line,
            "/zabbix": self.zabbix,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._endpoint(scope["path"]) if scope["type"] == "http" else None
        if endpoint is None:
            await self.others(scope, receive, send)
        elif scope["method"] != "POST":
            refused = PlainTextResponse("Method Not Allowed", 405, {"Allow": "POST"})
            await refused(scope, receive, send)
        else:
            answer = await endpoint(Request(scope, receive))
            if isinstance(answer, bytes):
                await _accept(send, answer)
            else:
                await answer(scope, receive, send)

    @property
    def paths(self) -> list[str]:
        """What is asked of it."""
        return [*self._endpoints, f"{_RECEIVER}{{receiver}}"]

    def _endpoint(self, path: str) -> Endpoint | None:
        if path.startswith(_RECEIVER):
            return self.alertmanager
        return self._endpoints.get(path)

    async def alertmanager(self, request: Request) -> Response | bytes:
        """`/alertmanager`, or `/alertmanager/RECEIVER`."""
        path: str = request.scope["path"]
        receiver = path[len(_RECEIVER) :].strip("/") or None

        def parse(raw: bytes, rules: Rules, now: Micros) -> Call:
            levels = rules.config.site.levels
            return alertmanager.parse(raw, levels=levels, called_at=now, receiver=receiver)

        return await self._answer(request, alertmanager.SOURCE, parse)

    async def line(self, request: Request) -> Response | bytes:
        def parse(raw: bytes, rules: Rules, now: Micros) -> Call | Later:
            site = rules.config.site
            planned = later.read(raw, levels=site.levels, called_at=now, timezone=site.timezone)
            return planned or line.parse_http(raw, levels=site.levels, called_at=now)

        return await self._answer(request, line.SOURCE, parse)

    async def zabbix(self, request: Request) -> Response | bytes:
        kind = request.headers.get("content-type", "")

        def parse(raw: bytes, rules: Rules, now: Micros) -> Call:
            site = rules.config.site
            return zabbix.parse(
                raw, content_type=kind, levels=site.levels, called_at=now, timezone=site.timezone
            )

        return await self._answer(request, zabbix.SOURCE, parse)

    async def _answer(self, request: Request, source: str, parse: Parse) -> Response | bytes:
        """The body of a 202, or another answer."""
        count = self._counts[source]
        try:
            accepted = await self._take(request, count, parse)
        except ClientDisconnect:
            count.answers["gone"].inc()
            log.info("caller_gone", extra={"source": source})
            return Response(status_code=400)  # nobody reads it
        except (InputError, StoreError, TimeoutError) as error:
            response = self._refused(source, error)
        except Exception as error:
            self._parts.metrics.error(error)
            log.exception("request_failed")
            response = PlainTextResponse("Internal Server Error\n", 500)
        else:
            count.answers["202"].inc()
            return orjson.dumps(accepted, option=_JSON)
        count.answers[str(response.status_code)].inc()
        return response

    async def _take(self, request: Request, count: Counts, parse: Parse) -> Accepted | Kept:
        raw = await body.read(request)
        rules, now = self._parts.rules(), self._parts.store.now()
        if rules.config.server.record:
            self._record(request, count.source, raw, now)
        if len(raw) > AT_ONCE:
            wanted = await asyncio.to_thread(_wanted, parse, raw, rules, now)
        else:
            wanted = _wanted(parse, raw, rules, now)
        if isinstance(wanted, Keep):
            return await self._keep(wanted, rules)
        accepted: Accepted = await self._judged(wanted)
        self._count(count, wanted, accepted)
        return accepted

    async def _judged(self, wanted: Input) -> Any:
        """The writer's answer."""
        loop = asyncio.get_running_loop()
        if self._answers is None or self._answers.loop is not loop:
            self._answers = Answers(loop)
        return await self._answers.of(self._parts.hand_in(wanted))

    def _record(self, request: Request, source: str, raw: bytes, now: Micros) -> None:
        kind = request.headers.get("content-type", "")
        self._parts.record(Received(now, source, request.url.path, kind, raw))

    async def _keep(self, wanted: Keep, rules: Rules) -> Kept:
        """A text for later: which number it has, and when it is due."""
        came = await self._judged(wanted)
        zone = ZoneInfo(rules.config.site.timezone)
        return await asyncio.to_thread(kept, self._parts.store, wanted.wanted, came, zone)

    def _count(self, count: Counts, wanted: TellCall, accepted: Accepted) -> None:
        call = wanted.call
        count.took(len(call.alerts), len(call.bad), _unknown_levels(wanted))
        self._parts.metrics.judged(accepted.verdicts, len(accepted.messages), accepted.fallbacks)
        if accepted.unknown_receiver:
            self._parts.metrics.receivers.labels(count.source).inc()
            known = {"source": count.source, "receiver": call.receiver}
            log.warning("unknown_receiver_root_told", extra=known)

    def _refused(self, source: str, error: Exception) -> Response:
        if not isinstance(error, TimeoutError):
            self._parts.metrics.error(error)
        status = _status(error)
        why = str(error) or f"the body did not arrive within {body.PATIENCE:.0f} seconds"
        log.warning("call_refused", extra={"source": source, "status": status, "why": why})
        closing = {"Connection": "close"} if status == 413 else None
        return PlainTextResponse(f"{why}\n", status, closing)


async def _accept(send: Send, answer: bytes) -> None:
    """202 with a JSON body, as a Response would say it for four times the cost."""
    length = str(len(answer)).encode()
    headers = [(b"content-length", length), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


def _wanted(parse: Parse, raw: bytes, rules: Rules, now: Micros) -> TellCall | Keep:
    said = parse(raw, rules, now)
    return Keep(said) if isinstance(said, Later) else TellCall(rules, said)


def _unknown_levels(wanted: TellCall) -> int:
    """How many alerts carry a level word that the configuration does not list."""
    words = wanted.rules.config.site.levels.words
    said = {alert.source_level for alert in wanted.call.alerts}  # the same few, again and again
    unknown = {word for word in said if word.strip() and word.strip().casefold() not in words}
    return sum(alert.source_level in unknown for alert in wanted.call.alerts) if unknown else 0


def _status(error: Exception) -> int:
    match error:
        case TooLarge():
            return 413
        case InputError():
            return 400
        case _:
            return 503
