"""Any order of steps, crashes, late settles and faults: messages only move as they may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sms_notify import delivery
from sms_notify.delivery import Flight
from sms_notify.gateways import Outcome
from sms_notify.model import MINUTE, MOVES, SECOND, MessageState
from sms_notify.simulator import Kind
from sms_notify.store import Store, open_store, tables

from .world import World, empty, phone_of

FAULTS = [
    Kind.BUSY, Kind.DROP_BEFORE, Kind.DROP_AFTER, Kind.TRUNCATED, Kind.HTML, Kind.HTTP500,
    Kind.REFUSE, Kind.EMPTY, Kind.ANSWER,
]  # fmt: skip


def reachable(start: MessageState) -> frozenset[MessageState]:
    """Every state that some moves lead to, the start included."""
    found, waiting = {start}, [start]
    while waiting:
        for target in MOVES[waiting.pop()] - found:
            found.add(target)
            waiting.append(target)
    return frozenset(found)


REACHABLE = {state: reachable(state) for state in MessageState}


@contextmanager
def quick_store() -> Iterator[Store]:
    with TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder)}/store.db")
        try:
            yield store
        finally:
            store.close()


class Outbox(RuleBasedStateMachine):
    """Flights are held in the air by the test: each may land, land late, or never."""

    store: Store

    def __init__(self) -> None:
        super().__init__()
        empty(self.store)
        self.world = World(self.store)
        self.air: list[tuple[Flight, Outcome | None]] = []
        self.sends: dict[int, int] = {}
        self.states: dict[int, str] = {}

    @rule(same=st.booleans(), level=st.integers(0, 2), kind=st.sampled_from(["first", "resolved"]))
    def queue(self, same: bool, level: int, kind: str) -> None:
        put = self.world.put_known if same else self.world.put
        put(level=level, kind=kind, **({"text": "same"} if same else {}))

    @rule(most=st.integers(1, 4))
    def claim(self, most: int) -> None:
        self.air += [(flight, None) for flight in self.world.claim(most)]

    @precondition(lambda self: any(outcome is None for _flight, outcome in self.air))
    @rule(data=st.data())
    def send(self, data: st.DataObject) -> None:
        waiting = [place for place, pair in enumerate(self.air) if pair[1] is None]
        place = data.draw(st.sampled_from(waiting))
        flight, _none = self.air[place]
        before = self.world.other.truth.accepted()
        self.air[place] = (flight, self.world.fly(flight))
        if self.world.other.truth.accepted() > before:
            for number in flight.messages:
                self.sends[number] = self.sends.get(number, 0) + 1

    @precondition(lambda self: any(outcome for _flight, outcome in self.air))
    @rule(data=st.data(), again=st.booleans())
    def land(self, data: st.DataObject, again: bool) -> None:
        landed = [place for place, pair in enumerate(self.air) if pair[1] is not None]
        place = data.draw(st.sampled_from(landed))
        flight, outcome = self.air[place] if again else self.air.pop(place)
        assert outcome is not None
        self.world.settle(flight, outcome)

    @rule()
    def crash(self) -> None:
        self.air.clear()

    @rule(kind=st.sampled_from(FAULTS), count=st.integers(1, 4))
    def strike(self, kind: Kind, count: int) -> None:
        self.world.strike(kind, count=count, text="-7")

    @rule(number=st.integers(1, 40))
    def refuse(self, number: int) -> None:
        self.world.other.refused ^= {phone_of(number).removeprefix("+86")}

    @rule(span=st.sampled_from([1, SECOND, 11 * SECOND, 91 * SECOND, 20 * MINUTE]))
    def pass_time(self, span: int) -> None:
        self.world.pass_time(span)

    @rule()
    def look_after_what_waits(self) -> None:
        world = self.world
        delivery.recover(world.store, world.terms, world.now, set())
        delivery.uncertain_due(world.store, world.terms, world.now)
        delivery.expire(world.store, world.now)
        world.judge()

    @invariant()
    def states_only_move_as_they_may(self) -> None:
        for row in self.world.rows(tables.message):
            if row["text"] == "earlier":
                continue
            was = MessageState(self.states.get(row["id"], "queued"))
            assert row["state"] in REACHABLE[was]
            if row["state"] == "failed" and was != "failed":
                assert row["reason"] in ("refused", "rejected", "unknown_answer")
            self.states[row["id"]] = row["state"]

    @invariant()
    def nobody_hears_it_again_but_by_a_counted_second_send(self) -> None:
        for row in self.world.rows(tables.message):
            heard = self.sends.get(row["id"], 0)
            assert heard <= 1 + row["resent"] + row["orphaned"]
            assert row["resent"] <= 1
            assert row["orphaned"] <= 5
            assert row["kind"] == "first" or heard <= 1

    @invariant()
    def what_is_sending_has_an_open_request(self) -> None:
        running = {row["id"] for row in self.world.rows(tables.request) if not row["ended_at"]}
        for row in self.world.rows(tables.message):
            assert row["state"] != "sending" or row["request"] in running


def test_messages_move_only_as_they_may_and_are_doubled_only_by_count() -> None:
    with quick_store() as store:

        class Machine(Outbox):
            pass

        Machine.store = store
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=40,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )


@pytest.mark.parametrize("seed", range(2))
def test_a_thousand_messages_through_a_gateway_that_drops_a_fifth_of_its_answers(
    seed: int,
) -> None:
    with quick_store() as store:
        world = World(store)
        world.other.rng.seed(seed)
        world.rng = Random(seed)
        world.strike(Kind.DROP_AFTER, probability=0.2)
        numbers = world.put_many(1000, "text {}")
        world.go_on(lambda: world.next_due() is None, 30 * MINUTE)
        states = world.states(numbers)
        heard = world.heard(numbers)
    assert set(states) <= {"sent", "uncertain"}
    assert min(heard) >= 1
    assert max(heard) <= 2
    assert 0.01 < states.count("uncertain") / 1000 < 0.1  # twice unlucky: 4 in 100
