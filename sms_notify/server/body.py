"""Reads the body of a request: bounded while it streams, whatever its headers promise."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from sms_notify.errors import TooLarge
from sms_notify.sources.bounds import BODY

PATIENCE = 60.0
"""Seconds for a body to arrive."""

DISCARDED = 4 * BODY
"""So much of a body that is too large is read and thrown away: a sender that still writes when the
connection is closed never sees our answer."""


async def read(request: Request) -> bytes:
    """The whole body. Raises TooLarge, TimeoutError, and Starlette's ClientDisconnect."""
    async with asyncio.timeout(PATIENCE):
        return await _read(request)


async def _read(request: Request) -> bytes:
    promised = request.headers.get("content-length", "")
    if promised.isdigit() and int(promised) > DISCARDED:
        raise _too_large(promised)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > DISCARDED:
            break
        if size > BODY:
            chunks.clear()
        else:
            chunks.append(chunk)
    if size > BODY:
        raise _too_large(promised)
    return b"".join(chunks)


def _too_large(promised: str) -> TooLarge:
    found = f"{promised} bytes" if promised.isdigit() else "more"
    return TooLarge(
        f"the body has {found}, the limit is {BODY}: send fewer alerts in one call "
        "(Alertmanager: max_alerts in webhook_configs)"
    )
