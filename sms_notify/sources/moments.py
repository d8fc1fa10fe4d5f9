"""Turns the timestamps of a payload (RFC 3339, as Go writes them) into moments."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from sms_notify.model import Micros

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_LAST = 253_370_764_800_000_000  # 9999-01-01: a later one could not be shown in every zone


@lru_cache(maxsize=1024)  # the alerts of a call began together, or at moments that come again
def rfc3339(text: str) -> Micros:
    """`2026-11-22T13:01:56.188123456+08:00` → microseconds; digits beyond the sixth are dropped.

    Go's zero time (year 1) and all before 1970 is negative. Raises ValueError with a text that
    does not repeat the input.
    """
    if not _RFC3339.fullmatch(text):
        raise ValueError("expected a time like 2026-11-22T13:01:56.188Z")
    try:
        parsed = datetime.fromisoformat(text.upper())
    except ValueError as wrong:
        raise ValueError("there is no such day or time of day") from wrong
    moment = (parsed - _EPOCH) // _MICROSECOND
    if moment >= _LAST:
        raise ValueError("a time after the year 9998")
    return moment
