"""What glibc keeps of memory that nobody uses any more; without glibc nothing is done."""

from __future__ import annotations

from contextlib import suppress

M_ARENA_MAX = -8
"""Of malloc.h."""


def few_arenas() -> None:
    """glibc gives each thread memory of its own to keep: a quarter of what `serve` grew by."""
    import ctypes  # not needed by commands

    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def give_back() -> None:
    """After a storm, let the system have what it took: some MiB, in about a millisecond."""
    import ctypes

    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
