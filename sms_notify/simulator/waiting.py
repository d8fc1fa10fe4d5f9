"""What waits for its time: SMS on the way, and reports and replies that are handed out once."""

from __future__ import annotations

import heapq
from typing import Generic, TypeVar

T = TypeVar("T")


class Waiting(Generic[T]):
    """Things that may be taken from a time on (UTC microseconds), oldest first, each once."""

    __slots__ = ("_heap", "_put")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, T]] = []
        self._put = 0

    def __len__(self) -> int:
        return len(self._heap)

    def put(self, at: int, thing: T) -> None:
        """Let `thing` be taken from `at` on."""
        heapq.heappush(self._heap, (at, self._put, thing))
        self._put += 1

    def take(self, now: int, most: int) -> list[T]:
        """At most `most` things that are due; they are gone afterwards."""
        taken: list[T] = []
        while self._heap and self._heap[0][0] <= now and len(taken) < most:
            taken.append(heapq.heappop(self._heap)[2])
        return taken

    def next_due(self) -> int | None:
        """When the next thing may be taken, or None when nothing waits."""
        return self._heap[0][0] if self._heap else None
