"""Just enough HTTP/1.1 for a gateway: take requests out of bytes, turn outcomes into bytes."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from sms_notify.simulator.model import Outcome

MOST_HEAD = 32_768
MOST_BODY = 1_000_000


class BadRequest(Exception):
    """Bytes that are no request this server takes; status is the answer before the close."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One request. target: raw bytes of `/path?query` · keep: may the connection stay open?"""

    method: str
    target: bytes
    host: str
    body: bytes
    keep: bool


def take_request(buffer: bytearray) -> Request | None:
    """Take the first whole request out of `buffer`, or None while it is not complete.

    Raises BadRequest: 400 malformed, 411 chunked, 413 body and 431 head too large.
    """
    while buffer.startswith(b"\r\n"):
        del buffer[:2]
    end = buffer.find(b"\r\n\r\n")
    if end < 0 and len(buffer) <= MOST_HEAD:
        return None
    if end < 0 or end > MOST_HEAD:
        raise BadRequest(431)
    method, target, version, fields = _head(bytes(buffer[:end]))
    length = _body_length(fields)
    if len(buffer) < end + 4 + length:
        return None
    body = bytes(buffer[end + 4 : end + 4 + length])
    del buffer[: end + 4 + length]
    wish = fields.get(b"connection", b"").lower()
    keep = b"close" not in wish if version == b"HTTP/1.1" else b"keep-alive" in wish
    return Request(method, target, fields.get(b"host", b"").decode("latin-1"), body, keep)


def _head(head: bytes) -> tuple[str, bytes, bytes, dict[bytes, bytes]]:
    first, *rest = head.split(b"\r\n")
    words = first.split(b" ")
    if len(words) != 3 or words[2] not in (b"HTTP/1.1", b"HTTP/1.0"):
        raise BadRequest(400)
    fields: dict[bytes, bytes] = {}
    for line in rest:
        name, colon, value = line.partition(b":")
        if not colon:
            raise BadRequest(400)
        fields[name.lower()] = value.strip()
    return words[0].decode("latin-1"), words[1], words[2], fields


def _body_length(fields: dict[bytes, bytes]) -> int:
    if b"transfer-encoding" in fields:
        raise BadRequest(411)
    stated = fields.get(b"content-length", b"0")
    if not stated.isdigit():
        raise BadRequest(400)
    if len(stated) > 9 or int(stated) > MOST_BODY:
        raise BadRequest(413)
    return int(stated)


def response(outcome: Outcome, keep: bool) -> bytes:
    """Status line, headers and body; Content-Length is what the outcome promises."""
    lines = [f"HTTP/1.1 {outcome.status} {_phrase(outcome.status)}"]
    lines.extend(f"{name}: {value}" for name, value in outcome.headers)
    lines.append(f"Content-Length: {outcome.length}")
    lines.append(f"Connection: {'keep-alive' if keep else 'close'}")
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + outcome.body


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
