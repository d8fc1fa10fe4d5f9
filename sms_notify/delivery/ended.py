"""One flight that ended: its messages as they stand, where they go, and how that is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sms_notify.delivery import words
from sms_notify.delivery.circuit import Turn
from sms_notify.delivery.decide import Flown, Move
from sms_notify.delivery.flight import Flight, History
from sms_notify.gateways import Outcome
from sms_notify.model import MessageState


@dataclass(frozen=True, slots=True)
class Settled:
    """What a settle changed. `moved`: (message, new state). `again`: it was settled before.

    `closed`: the account works again, so `returned` has people to judge; `opened`: it went down.
    `steps`: incidents whose next step is now due, because a page failed.
    """

    moved: tuple[tuple[int, MessageState], ...] = ()
    opened: bool = False
    closed: bool = False
    steps: tuple[int, ...] = ()
    again: bool = False
    failed: tuple[tuple[int, str], ...] = ()
    """(message, why) of those in `moved` that failed."""
    account: str = ""
    trouble: str = ""
    """Why the account went down: a slug of circuit.py."""


@dataclass(frozen=True)
class Ended:
    """`flown` as it was found; `written`: what goes out instead of a text that was refused."""

    flight: Flight
    outcome: Outcome
    flown: tuple[Flown, ...]
    moves: tuple[tuple[Flown, Move], ...]
    written: words.Written | None = None

    @cached_property
    def ids(self) -> Mapping[int, str]:
        """Message → the id under which the gateway knows it; one may stand for the whole batch."""
        ids = self.outcome.provider_ids
        if len(ids) == 1:
            ids *= len(self.flight.messages)
        return dict(zip(self.flight.messages, ids, strict=False))

    def moved_to(self, target: MessageState) -> list[tuple[Flown, Move]]:
        return [(one, move) for one, move in self.moves if move.target is target]

    def taught(self) -> list[dict[str, object]]:
        """Every attempt learns its id, whatever became of the message: reports match by it."""
        return [
            {"of_id": one.id, "of_request": self.flight.request, "provider": self.ids[one.id]}
            for one in self.flown
            if one.id in self.ids
        ]

    def rewritten(self) -> list[dict[str, object]]:
        """What goes again at once, with another text."""
        if self.written is None:
            return []
        return [self.written.values(one.id) for one, move in self.moves if move.again]

    def write_history(self, history: History) -> None:
        """A line of the story of each message."""
        moved = {one.id: move for one, move in self.moves}
        outcome = self.outcome
        via = f"{outcome.came} via {outcome.host}" if outcome.host else f"{outcome.came} no host"
        said = " ".join(part for part in (outcome.reason, outcome.detail) if part)
        for one in self.flown:
            move = moved.get(one.id)
            if move is None:
                history.message(one.id, "late", f"{via}: {said}; it stays {one.state}")
            else:
                parts = (move.detail, via, said)
                history.message(one.id, move.target, ", ".join(part for part in parts if part))

    def told(self, turned: Turn, steps: tuple[int, ...]) -> Settled:
        """For the operator, the log and the metrics."""
        failed = self.moved_to(MessageState.failed)
        trouble = (self.outcome.reason or self.outcome.came.value) if turned.opened else ""
        return Settled(
            tuple((one.id, move.target) for one, move in self.moves),
            turned.opened,
            turned.closed,
            steps,
            failed=tuple((one.id, f"{move.reason}: {move.detail}") for one, move in failed),
            account=self.flight.account,
            trouble=trouble,
        )
