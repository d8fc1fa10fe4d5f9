"""Brings the writer's answers to the requests that wait for them, one wake-up a batch.

A batch answers all its requests at once, from the writer's thread. To wake the event loop for each
of them costs more than all else of waiting (measured): the first wakes it, and the others are there
by the time it looks.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future
from functools import partial
from typing import Any


class Answers:
    """Of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._there: deque[asyncio.Future[None]] = deque()
        self._woken = False

    async def of(self, handed: Future[Any]) -> Any:
        """What `handed` comes to. A cancelled request does not cancel what the writer has begun."""
        waits: asyncio.Future[None] = self.loop.create_future()
        handed.add_done_callback(partial(self._is_there, waits))
        await waits
        return handed.result()

    def _is_there(self, waits: asyncio.Future[None], _handed: Future[Any]) -> None:
        """In the writer's thread. What is put down before the loop is asked to look is seen by that
        look, or by the one before it: `_look` takes the flag down first."""
        self._there.append(waits)
        if not self._woken and not self.loop.is_closed():
            self._woken = True
            self.loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        self._woken = False
        while self._there:
            waits = self._there.popleft()
            if not waits.done():  # cancelled: its caller is gone
                waits.set_result(None)
