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

from sms_notify.errors import StoreUnavailable

PATIENCE = 9.0
"""Seconds that a caller waits for what the store does not say. Alertmanager gives up after 10: then
it is better told to send again, which makes no second SMS of what was stored after all."""
LOOK = 0.5
"""Seconds between looks at who has waited too long; one timer for all costs nothing a request."""


class Answers:
    """Of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._there: deque[asyncio.Future[None]] = deque()
        self._woken = False
        self._waiting: dict[asyncio.Future[None], float] = {}
        self._looks = False

    async def of(self, handed: Future[Any]) -> Any:
        """What `handed` comes to. A cancelled request does not cancel what the writer has begun.

        Raises StoreUnavailable where nothing comes in time.
        """
        waits: asyncio.Future[None] = self.loop.create_future()
        self._waiting[waits] = self.loop.time() + PATIENCE
        if not self._looks:
            self._looks = True
            self.loop.call_later(LOOK, self._give_up)
        handed.add_done_callback(partial(self._is_there, waits))
        try:
            await waits
        finally:
            self._waiting.pop(waits, None)
        return handed.result()

    def _give_up(self) -> None:
        """The oldest come first: who waits has been put down in that order."""
        now = self.loop.time()
        for waits, until in self._waiting.items():
            if until > now:
                break
            if not waits.done():
                waits.set_exception(StoreUnavailable(_NOT_SAID))
        self._looks = bool(self._waiting)
        if self._looks:
            self.loop.call_later(LOOK, self._give_up)

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


_NOT_SAID = f"the store did not say within {PATIENCE:.0f} s whether it is written: send it again"
