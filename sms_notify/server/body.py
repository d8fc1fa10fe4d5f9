"""Reads the body of a request: bounded while it streams, whatever its headers promise."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

from sms_notify.sources.bounds import BODY, too_large

PATIENCE = 60.0
"""Seconds for a body to arrive."""

DISCARDED = 4 * BODY
"""So much of a body that is too large is read and thrown away: a sender that still writes when the
connection is closed never sees our answer."""


async def read(request: Request) -> bytes:
    """The whole body. Raises TooLarge, TimeoutError, and Starlette's ClientDisconnect."""
    task, late = asyncio.current_task(), False
    assert task is not None  # noqa: S101 — for the type checker

    def give_up() -> None:
        nonlocal late
        late = True
        task.cancel()

    # asyncio.timeout is the same for three times the cost
    timer = asyncio.get_running_loop().call_later(PATIENCE, give_up)
    try:
        return await _read(request)
    except asyncio.CancelledError:
        if late and task.uncancel() == 0:
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()


async def _read(request: Request) -> bytes:
    promised = request.headers.get("content-length", "")
    found = f"{promised} bytes" if promised.isdigit() else "more"
    if promised.isdigit() and int(promised) > DISCARDED:
        raise too_large(found)
    chunks: list[bytes] = []
    size, more = 0, True
    while more and size <= DISCARDED:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size > BODY:
            chunks.clear()
        else:
            chunks.append(chunk)
    if size > BODY:
        raise too_large(found)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
