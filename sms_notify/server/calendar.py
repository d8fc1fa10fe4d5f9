"""`GET /oncall.ics`: the rota as a calendar that a phone subscribes to.

A calendar cannot send a header. Where tokens are needed, the address carries one as basic
authentication: `https://calendar:TOKEN@host/oncall.ics?person=张伟`; the user's name is not looked
at. Never as `?token=…`, which every proxy on the way would write to its log.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sms_notify.config import Config
from sms_notify.errors import StoreUnavailable
from sms_notify.model import DAY
from sms_notify.oncall.ics import calendar_text
from sms_notify.server.parts import Parts
from sms_notify.store.overrides import overrides

PATH = "/oncall.ics"
BACK, AHEAD = 7 * DAY, 90 * DAY
"""How much of the past and of the future a calendar holds."""


def routes(parts: Parts) -> list[Route]:
    async def oncall(request: Request) -> Response:
        """All schedules, or those of `schedule` and the shifts of `person`; 404 for others."""
        return await asyncio.to_thread(_answer, parts, request)

    return [Route(PATH, oncall, methods=["GET"], include_in_schema=False)]


def _answer(parts: Parts, request: Request) -> Response:
    config, now = parts.rules().config, parts.store.now()
    schedule, person = (request.query_params.get(key) for key in ("schedule", "person"))
    wrong = _unknown(config, schedule, person)
    if wrong:
        return PlainTextResponse(wrong + "\n", 404)
    try:
        stored = overrides(parts.store, now - BACK)
    except StoreUnavailable as error:  # better no calendar now than one that leaves them out
        return PlainTextResponse(f"{error}\n", 503)
    text = calendar_text(
        config, now - BACK, now + AHEAD, now=now, schedule=schedule, person=person,
        overrides=stored,
    )  # fmt: skip
    return Response(text, media_type="text/calendar; charset=utf-8")


def _unknown(config: Config, schedule: str | None, person: str | None) -> str | None:
    if schedule is not None and schedule not in config.schedules:
        return "there is no schedule of that name"
    if person is not None and person not in config.people:
        return "there is no person of that name"
    return None
