"""When the loop looks at everything that may be due: in time, and not for every commit."""

from __future__ import annotations

import time
from collections.abc import Callable

LEAST = 0.05
"""Seconds between two looks that nothing but a wake-up asks for."""
SHARE = 4
"""A look of a long queue takes long: so many times as long passes before the next one."""
MOST = 0.5
"""Seconds before the next look at most, however long the last one took: the first of a process
takes a second, and another process may wait for help."""


class Pace:
    """What may leave leaves at every wake-up; a whole look costs some thirty statements.

    A look that is due is made at once, one that somebody woke us for after a pause: in a storm
    each webhook and each answer wakes us.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = 0.0
        self._ended = float("-inf")
        self._pause = 0.0
        self._due = float("-inf")

    @property
    def due(self) -> bool:
        return self._clock() >= self._due

    @property
    def seconds(self) -> float:
        """Until the next look."""
        return max(0.0, self._due - self._clock())

    def looking(self) -> None:
        self._began = self._clock()

    def looked(self, wait: float) -> None:
        """The next one is due in `wait` seconds."""
        self._ended = self._clock()
        self._pause = min(MOST, max(LEAST, SHARE * (self._ended - self._began)))
        self._due = self._ended + wait

    def failed(self, wait: float) -> None:
        """The look, or what was to leave, could not be: not again before so many seconds."""
        self._ended, self._pause = self._clock(), wait
        self._due = self._ended + wait

    def woken(self) -> None:
        """There may be more to do than was known."""
        self._due = min(self._due, self._ended + self._pause)
