"""What becomes of one message after its request ended: pure, one case a class of answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from sms_notify.delivery.claim import ALONE_FROM
from sms_notify.gateways import Came, Outcome
from sms_notify.model import MOVES, SECOND, MessageState, Micros

S = MessageState

UNKNOWN_TRIES = 5
"""So many tries end a message that gets unknown answers while the account takes others."""
MOST_BACKOFF = 10 * SECOND


@dataclass(frozen=True, slots=True)
class Flown:
    """A message of a request that ended: the columns of store.settling.FLOWN, in their order."""

    id: int
    person: str
    phone: str
    state: str
    request: int
    tries: int
    resent: int
    orphaned: int
    segments: int
    level: int
    receiver: str
    page: bool

    @property
    def second_send(self) -> bool:
        return self.resent > 0 or self.orphaned > 0


@dataclass(frozen=True, slots=True)
class Move:
    """Where a message goes. `detail` is for its history, `wait` (µs) and `tries` for `queued`."""

    target: MessageState
    reason: str = ""
    detail: str = ""
    wait: Micros = 0
    tries: int = 0
    again: bool = False
    """At once, with another text."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that a decision may look at. `worn_out`: others were taken since its second try;
    `rewritten`: it has another text, without the word that was refused."""

    one: Flown
    outcome: Outcome
    size: int
    rng: Random
    worn_out: bool = False
    rewritten: bool = False


def decide(case: Case, request: int) -> Move | None:
    """The move of this message, or None where it must stay as it is.

    Evidence that it was taken counts whenever it comes, even for an earlier send; all else only
    from the holder of the message's latest request, and never for one that is further already.
    """
    move = _BY_CLASS[case.outcome.came](case)
    one = case.one
    was = S(one.state)
    if move.target not in MOVES[was] or was is S.sent:
        return None
    if was is S.queued:
        # waiting to be sent a second time, and the first send is decided after all
        return move if one.second_send and move.target in (S.sent, S.failed) else None
    if move.target is not S.sent and one.request != request:
        return None
    return move


def _accepted(case: Case) -> Move:
    said = case.outcome
    if case.size == 1:
        if said.accepted >= 1:
            return Move(S.sent)
        return Move(S.failed, "refused", "the gateway refused the number")
    if said.refused == 0 and said.accepted >= case.size:
        return Move(S.sent)
    if said.accepted == 0 and said.refused >= case.size:
        return Move(S.failed, "refused", "the gateway refused every number")
    # which ones is not said: never guess
    return Move(S.uncertain, "batch", f"{said.accepted} of {case.size} taken, not said which")


def _rejected(case: Case) -> Move:
    if case.size > 1:
        return Move(S.queued, detail="again, alone", tries=max(case.one.tries, ALONE_FROM))
    return Move(S.failed, "rejected", case.outcome.reason)


def _forbidden(case: Case) -> Move:
    if case.rewritten:
        said = f"rewritten without {case.outcome.word}"
        return Move(S.queued, detail=said, tries=case.one.tries, again=True)
    return Move(S.failed, "forbidden_word", case.outcome.word)


def _account_down(case: Case) -> Move:
    left = case.outcome.left
    if left is not None and case.size > 1:
        if left >= case.size * case.one.segments:
            return _later(case)  # it counts otherwise than we do, or was topped up
        if left >= case.one.segments:
            said = f"the balance covers only {left}"
            return Move(S.queued, detail=said, tries=case.one.tries)
    return Move(S.queued, detail="the account is down", tries=case.one.tries)


def _later(case: Case) -> Move:
    tries = case.one.tries + 1
    return Move(S.queued, detail="again later", wait=backoff(tries, case.rng), tries=tries)


def _unknown(case: Case) -> Move:
    if case.worn_out and case.one.tries + 1 >= UNKNOWN_TRIES:
        return Move(S.failed, "unknown_answer", f"after {case.one.tries + 1} tries")
    return _later(case)


def _uncertain(case: Case) -> Move:
    return Move(S.uncertain, case.outcome.reason)


_BY_CLASS: dict[Came, Callable[[Case], Move]] = {
    Came.accepted: _accepted,
    Came.rejected: _rejected,
    Came.forbidden_word: _forbidden,
    Came.account_down: _account_down,
    Came.busy: _later,
    Came.unknown: _unknown,
    Came.unreached: _later,
    Came.uncertain: _uncertain,
}


def backoff(tries: int, rng: Random) -> Micros:
    """1, 2, 4, 8, 10 s … times a half to one and a half."""
    step = min(SECOND << min(tries - 1, 4), MOST_BACKOFF)
    return int(step * (0.5 + rng.random()))
