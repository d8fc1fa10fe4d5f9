"""The store's moment: no jitter backwards, and a clock that was set is followed, loudly."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from sms_notify.model import SECOND, Micros

log = logging.getLogger(__name__)

STEPPED: Micros = 2 * SECOND
"""More than this between the wall clock and the time that went by: somebody set the clock."""

LATE: Micros = SECOND
"""So long an answer may take that says what another clock shows."""

Clock = Callable[[], Micros]


def wall_clock() -> Micros:
    """Microseconds since 1970 UTC by the clock of this machine."""
    return time.time_ns() // 1000


def steady_clock() -> Micros:
    """Microseconds since some moment; nobody can set it."""
    return time.monotonic_ns() // 1000


class StoreClock:
    """Wall time that advances with the steady clock and follows the wall clock when it is set.

    A step back is followed too: holding time still for an hour would hold back every page.
    Once it follows another clock, the database's, that one alone counts: what somebody does to the
    clock of this machine no longer matters.
    Thread-safe. `wall` alone makes a clock for virtual time: no steady clock, no steps.
    """

    def __init__(self, wall: Clock = wall_clock, steady: Clock | None = steady_clock) -> None:
        self._wall = wall
        self._steady = steady
        self._lock = threading.Lock()
        self._follows = False
        self._base = wall()
        self._mark = steady() if steady else 0
        self._last = self._base
        self._stepped: tuple[Micros, Micros] | None = None

    def __call__(self) -> Micros:
        with self._lock:
            now = self._now()
            if self._last - STEPPED <= now < self._last:
                return self._last
            self._last = now
            return now

    def follow(self, ask: Clock) -> None:
        """`ask` tells what another clock, which counts, shows now.

        What it said is of no use where the answer was long on its way: that would be a step.
        """
        if self._steady is None:
            return
        began = self._steady()
        other = ask()
        with self._lock:
            mark = self._steady()
            if self._follows and mark - began > LATE:
                return
            by = other - (self._base + mark - self._mark)
            if self._follows and abs(by) > STEPPED:
                self._step(by, mark, "store")
            self._base, self._mark, self._follows = other, mark, True

    def stepped(self, within: Micros) -> Micros:
        """By how much the clock was set in this last while, by the steady clock; 0: it was not."""
        with self._lock:
            if self._stepped is None or self._steady is None:
                return 0
            at, by = self._stepped
            return by if self._steady() - at < within else 0

    def _now(self) -> Micros:
        if self._steady is None:
            return self._wall()
        mark = self._steady()
        expected = self._base + mark - self._mark
        if self._follows:
            return expected
        wall = self._wall()
        if abs(wall - expected) > STEPPED:
            self._step(wall - expected, mark, "machine")
            expected = wall
        self._base, self._mark = max(wall, expected), mark
        return self._base

    def _step(self, by: Micros, mark: Micros, whose: str) -> None:
        log.warning("clock_stepped", extra={"by_us": by, "of": whose})
        self._stepped = mark, by
