"""Taking back: an input that raises leaves nothing behind of what it decided."""

from __future__ import annotations

from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_ABSENT: Any = object()


class Undo:
    """Dictionaries that are changed through `put` and `drop` alone, each of which remembers what
    stood there."""

    def __init__(self) -> None:
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []

    def mark(self) -> int:
        """A point to come back to."""
        return len(self._undo)

    def back_to(self, mark: int) -> None:
        """Forget every change since `mark`."""
        while len(self._undo) > mark:
            table, key, old = self._undo.pop()
            if old is _ABSENT:
                table.pop(key, None)
            else:
                table[key] = old

    def keep(self) -> None:
        """An input is judged: nobody comes back to before it."""
        self._undo.clear()

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        self._undo.append((table, key, table.get(key, _ABSENT)))
        table[key] = value

    def drop(self, table: dict[K, V], key: K) -> None:
        """Take one of the facts out."""
        self._undo.append((table, key, table.pop(key)))
