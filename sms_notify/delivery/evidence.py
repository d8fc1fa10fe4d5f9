"""What a reading of the balance proves: pure. Only a balance that nobody else spends proves any.

Evidence is a difference: the reading before must have been exactly as expected, and one send alone
may be unsettled. Lower than all our sends explain: others spend from the account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ledger:
    """The last reading: what was left (-1: never read), what was accepted since, and whether it
    was exactly what was expected (`exact`)."""

    left: int = -1
    spent: int = 0
    exact: bool = False

    @property
    def available(self) -> int | None:
        """What should be left now, None if it was never read."""
        return None if self.left < 0 else max(0, self.left - self.spent)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A send since then whose end nobody knows; `whole`: all of its messages still wait for it."""

    request: int
    segments: int
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Proof:
    """What follows. `taken`, `not_taken`: the request that is decided."""

    exact: bool = False
    taken: int | None = None
    not_taken: int | None = None
    shared: bool = False
    topped_up: int = 0


def weigh(was: Ledger, left: int, doubts: Sequence[Doubt], *, quiet: bool, blur: int = 0) -> Proof:
    """Compare `left` with what was expected; `quiet`: nothing was being sent meanwhile.

    `blur`: segments that one of the two readings may have counted or not.
    """
    expected = was.left - was.spent
    if was.left >= 0 and left > expected + blur:  # what is under way can only have lowered it
        return Proof(topped_up=left - expected)
    if was.left < 0 or not quiet:
        return Proof()
    if left < expected - blur - sum(doubt.segments for doubt in doubts):
        return Proof(shared=True)
    if blur:  # the next reading has this one to start from
        return Proof()
    if not doubts:
        return Proof(exact=True)
    [first, *others] = doubts
    if others or not first.whole or not was.exact:
        return Proof()
    if left == expected:
        return Proof(exact=True, not_taken=first.request)
    if left == expected - first.segments:
        return Proof(exact=True, taken=first.request)
    return Proof()
