"""Spans of several parts, one number each: `14h 27m 41s`, `5天12小时`, `2 days, 3 hours`."""

from __future__ import annotations

import re

_NEXT = r"(?:\s?|(?<=[a-z]{2}),?\s(?:and\s)?)"
"""Between two parts. A comma only behind a word: `1h, 5m` are two windows of one rule."""
_DAY = r"(?:days?|d|天)"
_HOUR = r"(?:hours?|hrs?|h|个?小时)"
_MINUTE = r"(?:minutes?|mins?|m(?!s)|分(?!之)钟?)"
_SECOND = r"(?:seconds?|secs?|s|秒)"
_MILLIS = r"\d+(?:\.\d+)?\s?(?:milliseconds?|ms|毫秒)"
_BELOW_MINUTES = rf"{_NEXT}\d+(?:\.\d+)?\s?{_SECOND}(?:{_NEXT}{_MILLIS})?"
_BELOW_HOURS = rf"(?:{_NEXT}\d+\s?{_MINUTE}(?:{_BELOW_MINUTES})?|{_BELOW_MINUTES})"
_BELOW_DAYS = rf"(?:{_NEXT}\d+\s?{_HOUR}(?:{_BELOW_HOURS})?|{_BELOW_HOURS})"

PATTERN = (
    rf"\d+(?:\.\d+)?\s?(?:{_DAY}{_BELOW_DAYS}|{_HOUR}{_BELOW_HOURS}|{_MINUTE}{_BELOW_MINUTES}"
    rf"|{_SECOND}{_NEXT}{_MILLIS})"
)
"""Two parts or more, from the largest down."""

_PART = re.compile(r"(\d+(?:\.\d+)?)\s?([a-z]+|个?小时|分钟?|天|毫秒|秒)")


def parts(span: str) -> list[tuple[str, str]]:
    """`14h 27m` → `[("14", "h"), ("27", "m")]`, of a match of PATTERN."""
    return _PART.findall(span)
