"""Reads a JSON body from a stranger: everything readable is kept, what is not is named."""

from __future__ import annotations

import re
from typing import Any

import orjson

from sms_notify.errors import Malformed
from sms_notify.sources import bounds
from sms_notify.sources.encoding import decoded

_LONE_HALF = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_NUL = rb"\u0000"
_REPLACEMENT = rb"\ufffd"
_BLANK = bytes(0x20 if byte < 0x20 else byte for byte in range(256))


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`.

    One torn character does not cost the alerts around it: bytes that are not UTF-8 (unless all is
    GB18030 or UTF-16), lone surrogates (`"\\ud800"`) and NULs become U+FFFD, raw control characters
    a blank. So every text can be stored (PostgreSQL has no NUL). Raises TooLarge, Malformed.
    """
    bounds.refuse_large(body)
    document = _mended(body) if _NUL in body else _read(body)
    if not isinstance(document, dict):
        raise Malformed(f"the body is {a_kind(document)}, expected a JSON object")
    return document


def _read(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _mended(body)


def _mended(body: bytes) -> Any:
    if not body.strip():
        raise Malformed("the body is empty, expected a JSON object")
    text = decoded(body, otherwise="utf-8").encode().translate(_BLANK)
    # an escaped backslash may stand before a plain `u0000`: it is out of the way meanwhile
    text = text.replace(rb"\\", b"\x00").replace(_NUL, _REPLACEMENT)
    text = _LONE_HALF.sub(rb"\\ufffd", text).replace(b"\x00", rb"\\")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as wrong:
        # orjson's own text holds a position, never a part of the body
        raise Malformed(f"the body is not JSON: {wrong.msg}, line {wrong.lineno}") from None


def a_kind(value: object) -> str:
    """What a JSON value is, in words for an error text."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "an object"


def path(*steps: str | int) -> str:
    """`path("alerts", 3, "labels", "a b")` → `alerts[3].labels."a b"`; foreign names are cut."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            plain = step if step.isidentifier() else f'"{_printable(step)}"'
            text += f".{bounds.cut(plain, 60)}" if text else bounds.cut(plain, 60)
    return text


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in text[:60])
