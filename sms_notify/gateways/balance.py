"""What a reading of a prepaid balance came to: the words of every gateway."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Told(StrEnum):
    """How far the gateway said what is left."""

    left = "left"
    account_down = "account_down"  # user or password
    unknown = "unknown"  # an answer that says nothing
    unreached = "unreached"  # no answer at all


@dataclass(frozen=True, slots=True)
class Balance:
    """One reading, ended. `left` is in billed SMS, 0 included; -1 where it was not said.

    `detail` is for people: shortened, redacted.
    """

    told: Told
    left: int = -1
    reason: str = ""
    host: str = ""
    seconds: float = 0.0
    detail: str = ""
