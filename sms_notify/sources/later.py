"""Reads a text that is to be told later: the call as it is kept, and the moment when it is due."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import orjson

from sms_notify.config import moments, parse_duration
from sms_notify.errors import Malformed
from sms_notify.model import DAY, Call, Micros
from sms_notify.sources import line
from sms_notify.sources.json_body import a_kind, read_object
from sms_notify.sources.levels import Levels

FARTHEST: Micros = 366 * DAY
"""Nobody plans an SMS for longer; a year that was mistyped is found so."""

_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Later:
    """`key` is the id of the call, which its retry keeps; `call` the JSON that `told` parses."""

    key: str
    due_at: Micros
    call: str
    span: bool = False
    """It was written as `+2h`: never too late, however long the call took to arrive."""


def read(body: bytes, *, levels: Levels, called_at: Micros, timezone: str) -> Later | None:
    """What the body of `POST /line` asks for, None where it has no `at`: that is told now.

    `at` is `2026-12-01 09:00` on the clock of the site, a time with an offset, or `+2h`. Raises
    as line.parse_http, and Malformed for a time that is none or too far away.
    """
    at = read_object(body).get("at")
    if at is None or at == "":
        return None
    if not isinstance(at, str):
        raise Malformed(f"at: {a_kind(at)}, expected a text such as 2026-12-01 09:00")
    call = line.parse_http(body, levels=levels, called_at=called_at)
    due_at = _moment(at.strip(), ZoneInfo(timezone), called_at)
    if due_at > called_at + FARTHEST:
        raise Malformed(f"at: {at.strip()} is more than {FARTHEST // DAY} days away")
    kept = line.lasting(body, called_at) | {"call_id": call.key}
    span = at.strip().startswith("+")
    return Later(call.key or "", due_at, orjson.dumps(kept).decode(), span)


def told(call: str, *, levels: Levels, due_at: Micros) -> Call:
    """The call as if it were made when it is due."""
    return line.parse_http(call.encode(), levels=levels, called_at=due_at)


def _moment(text: str, zone: ZoneInfo, now: Micros) -> Micros:
    if len(text) > _LONGEST:
        raise Malformed("at: not a time; write it like 2026-12-01 09:00, or +2h")
    try:
        if text.startswith("+"):
            return now + parse_duration(text[1:])
        return moments.starts(moments.wall(text), zone)
    except ValueError as wrong:
        raise Malformed(f"at: {wrong}, or +2h") from None
