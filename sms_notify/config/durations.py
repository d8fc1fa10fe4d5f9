"""Spans of time as operators write them: `12s 5m 2h 1d 1w`, combined `1h30m`."""

from __future__ import annotations

import re

from sms_notify.model import DAY, HOUR, MINUTE, SECOND, Micros

WEEK = 7 * DAY
LONGEST = 3660 * DAY

UNITS: dict[str, Micros] = {"w": WEEK, "d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND}

_SHAPE = re.compile("".join(rf"(?:(?P<{unit}>[0-9]{{1,9}}){unit})?" for unit in UNITS))
_LOOSE = re.compile(r"(?:([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z\u4e00-\u9fff]+)\s*)+")
_FORM = "12s, 5m, 2h, 1d, 1w or 1h30m"


def parse_duration(text: str) -> Micros:
    """`1h30m` → 5 400 000 000. Units in falling order, each at most once, no fractions.

    Raises ValueError that says what to write instead.
    """
    found = _SHAPE.fullmatch(text.strip())
    if found is None or not text.strip():
        raise ValueError(_complaint(text.strip()))
    span = sum(int(count) * UNITS[unit] for unit, count in found.groupdict().items() if count)
    if span > LONGEST:
        raise ValueError(f"{text.strip()} is longer than ten years; write a shorter time")
    return span


def format_duration(span: Micros) -> str:
    """5 400 000 000 → `1h30m`; whole weeks as `2w`; parts below a second are left out."""
    if span < 0:
        return "-" + format_duration(-span)
    if span >= WEEK and span % WEEK == 0:
        return f"{span // WEEK}w"
    parts = []
    for unit in ("d", "h", "m", "s"):
        count, span = divmod(span, UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _complaint(text: str) -> str:
    if not text:
        return f"a time is missing; write {_FORM}"
    if re.fullmatch(r"[0-9]+", text):
        return f'"{text}" has no unit; write {text}s, {text}m or {text}h'
    if re.fullmatch(r"[0-9.]+\s*ms", text):
        return f'"{text}" is below a second; write whole seconds, e.g. 1s'
    if "." in text and _LOOSE.fullmatch(text):
        return f'"{text}" has a fraction; write it in smaller units, e.g. 1h30m'
    return f'"{text}" is not a time; write {_FORM}, larger units first'
