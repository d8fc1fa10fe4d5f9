"""A number that an alert states, with the threshold that it crossed."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sms_notify.text import quantity
from sms_notify.text.quantity import Quantity

HOLDS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Value:
    """A stated number; `op` and `threshold` where it crossed one that is known."""

    quantity: Quantity
    op: str = ""
    threshold: Quantity | None = None

    def words(self) -> tuple[str, str]:
        """(`93.4%`, `>90%`): digits are added until the two differ as the numbers do."""
        limit = self.threshold
        if limit is None:
            return quantity.write(self.quantity), ""
        for digits in (3, 4, 5, 6):
            said = quantity.write(self.quantity, digits)
            bound = quantity.write(limit) if limit.value else "0"
            if said != bound or self.quantity == limit:
                break
        return said, {">=": "≥", "<=": "≤"}.get(self.op, self.op) + bound


def crossed(op: str, said: Quantity, limit: Quantity) -> str:
    """`op` if `said` crosses `limit` so; of a threshold without direction the side it is on."""
    if op == "?":
        return "" if said.value == limit.value else ">" if said.value > limit.value else "<"
    return op if HOLDS[op](said.value, limit.value) else ""
