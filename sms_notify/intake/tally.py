"""What one input came to, for its answer and its metrics."""

from __future__ import annotations

from sms_notify.model import Verdict


class Tally:
    """What one input came to, for its answer and its metrics."""

    def __init__(self) -> None:
        self.verdicts: dict[str, int] = {}
        self.incidents: dict[int, None] = {}
        self.messages: list[int] = []
        self.again = 0
        self.unanswered: list[int] = []  # incidents whose chain is over, and nobody answered
        self.fallbacks = 0  # texts made without the operator's template

    def count(self, verdict: Verdict, number: int = 1) -> None:
        self.verdicts[verdict] = self.verdicts.get(verdict, 0) + number
