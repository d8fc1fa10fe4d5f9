"""A number as people write it: `1,024`, `93,4`, `1 024`, `3.5万`; what is not certain is none.

Locales disagree about points and commas, so a reading is taken only where no other is likely.
"""

from __future__ import annotations

import math
import re

_HARD_SPACES = "\u00a0\u2007\u2009\u202f"
"""Blanks that are written to hold a number together."""

PATTERN = (
    rf"(?>[-+]?(?:\d{{1,3}}(?:[ {_HARD_SPACES}]\d{{3}}(?!\d))+(?:[.,]\d+)?"
    r"|\d+(?:[.,'’·٫٬．，]\d+)*|\.\d+)(?:[eE][-+]?\d+)?)"
)
"""The whole of a number with all its separators: its tail is never taken for another number."""

_PLAIN = re.compile(r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?")
_GROUPED = re.compile(
    rf"[-+]?[1-9]\d{{0,2}}(?:([,'’{_HARD_SPACES}])\d{{3}})(?:\1\d{{3}})*(?:\.\d+)?"
)
_COMMA = re.compile(rf"[-+]?\d+,\d+|[-+]?[1-9]\d{{0,2}}(?:([.{_HARD_SPACES}])\d{{3}})+,\d+")
_SEPARATORS = re.compile(rf"[,'’{_HARD_SPACES}]")


def value(text: str, unit: str, counts: bool) -> float | None:
    """What `text` (a match of PATTERN) says before `unit`; None where it might be another number.

    `counts`: the unit counts whole things, so `3,4` before it is a list. A point is a decimal
    point, as every template prints it; a comma before three digits groups thousands, unless a
    percentage would then be in the thousands.
    """
    if _PLAIN.fullmatch(text):
        return _finite(text)
    if _GROUPED.fullmatch(text):
        if unit in ("%", "％", "percent") and text.count(",") == 1:
            return None
        return _finite(_SEPARATORS.sub("", text))
    if unit and not counts and _COMMA.fullmatch(text):
        whole, _, fraction = text.partition(",")
        return _finite(f"{re.sub(rf'[.{_HARD_SPACES}]', '', whole)}.{fraction}")
    return None


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None
