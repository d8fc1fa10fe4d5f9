"""A number that an alert states, with the threshold that it crossed."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from sms_notify.text import quantity
from sms_notify.text.quantity import COUNTED, Quantity

HOLDS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip

_SHOWN = {">=": "≥", "<=": "≤"}


class Value(NamedTuple):
    """A stated number; `op` and `threshold` where it crossed one that is known."""

    quantity: Quantity
    op: str = ""
    threshold: Quantity | None = None

    def words(self) -> tuple[str, str]:
        """(`93.4%`, `>90%`): digits are added until the two stand as the numbers do."""
        limit = self.threshold
        if limit is None:
            return quantity.write(self.quantity), ""
        op = _SHOWN.get(self.op, self.op)
        unit = self.quantity.unit or limit.unit
        stated, bounded = self.quantity.within(unit), limit.within(unit)
        said, bound = _told_apart(stated, bounded)
        if said == bound and stated != bounded:
            return said, ""
        if unit in COUNTED:
            bound = bound.removesuffix(unit)  # `5次>3`: said once
        return said, op + (bound if limit.value else "0")


def _told_apart(stated: Quantity, limit: Quantity) -> tuple[str, str]:
    """Both with as many digits as it takes for two texts to differ, all of them if need be."""
    for digits in (3, 4, 5, 6):
        said, bound = quantity.write(stated, digits), _limit_written(limit, digits)
        if said != bound or stated == limit:
            return said, bound
    return quantity.exact(stated), quantity.exact(limit)


_limit_written = lru_cache(maxsize=1024)(quantity.write)
"""The limits of rules: few, and for ever the same."""


def crossed(op: str, said: Quantity, limit: Quantity) -> str:
    """`op` if `said` crosses `limit` so; of a threshold without direction the side it is on."""
    if op == "?":
        return "" if said.value == limit.value else ">" if said.value > limit.value else "<"
    return op if HOLDS[op](said.value, limit.value) else ""
