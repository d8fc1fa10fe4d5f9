"""Reads standard input without ever holding much of it: all at once, or line by line."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Protocol

TEXT = 64 * 1024
"""How many bytes of a text are kept."""

_TAIL = 4 * 1024
_GAP = b"\n[...]\n"
_BORDER = 1024  # how far a cut may move to a blank, so that no character is torn


class Stream(Protocol):
    """What is needed of standard input (binary)."""

    def read(self, size: int = -1, /) -> bytes: ...

    def readline(self, size: int = -1, /) -> bytes: ...


def read_bounded(stream: Stream) -> tuple[bytes, int]:
    """What is kept of everything up to the end, at most 64 KiB, and how many bytes are not.

    Of a longer text the beginning and the end are kept, with a line `[...]` between them: the last
    line of a backup says whether it worked. Needs the same memory for any length.
    """
    text = _read(stream, TEXT)
    rest = _read(stream, 1)
    if not rest:
        return text, 0
    tail, total = text[-_TAIL:], len(text)
    while rest:
        total += len(rest)
        tail = (tail + rest)[-_TAIL:]
        rest = stream.read(TEXT)
    head = _without_torn_end(text[: TEXT - _TAIL - len(_GAP)])
    tail = _without_torn_start(tail)
    return head + _GAP + tail, total - len(head) - len(tail)


def bounded(text: bytes) -> tuple[bytes, int]:
    """The same for bytes that are already here."""
    return (text, 0) if len(text) <= TEXT else read_bounded(BytesIO(text))


def lines(stream: Stream) -> Iterator[bytes]:
    """Each line that is not blank, as soon as it is read, without its end, at most 64 KiB of it.

    Of a longer line the beginning is handed out at once and the rest is passed over, so that a
    stream without any line end still says something, and needs no memory.
    """
    while line := stream.readline(TEXT):
        if line.strip(b" \t\r\n\f\v\x00"):
            yield line.rstrip(b"\r\n")
        while line and not line.endswith(b"\n"):
            line = stream.readline(TEXT)


def _read(stream: Stream, size: int) -> bytes:
    """Exactly `size` bytes, fewer only at the end: a pipe may hand out less at a time."""
    parts: list[bytes] = []
    while size and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _without_torn_end(head: bytes) -> bytes:
    border = max(head.rfind(blank, len(head) - _BORDER) for blank in (b"\n", b" "))
    return head if border < 0 else head[:border]


def _without_torn_start(tail: bytes) -> bytes:
    found = [tail.find(blank, 0, _BORDER) for blank in (b"\n", b" ")]
    return tail[min((place + 1 for place in found if place >= 0), default=0) :]
