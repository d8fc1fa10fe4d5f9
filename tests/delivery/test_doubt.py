"""What a claim took whose COMMIT was not answered: nothing of it left, so all of it is queued."""

from __future__ import annotations

import pytest

from sms_notify import delivery
from sms_notify.delivery.doubt import give_back
from sms_notify.model import MINUTE, SECOND, Micros
from sms_notify.store import tables

from .world import World


def back(world: World, began: Micros, alive: frozenset[int] = frozenset()) -> list[Micros]:
    return give_back(world.store, world.terms, [began, began + 1], world.now, alive)


@pytest.mark.parametrize("given_up", [False, True])
def test_it_is_sent_once_and_counted_once(world: World, given_up: bool) -> None:
    numbers, began = [world.put(kind=kind) for kind in ("first", "answer")], world.now
    assert len(world.claim()) == 2
    if given_up:  # somebody else found that the lease was over
        world.pass_time(5 * MINUTE)
        delivery.recover(world.store, world.terms, world.now, set())
        assert world.states(numbers) == ["uncertain"] * 2
    assert back(world, began) == [began]
    assert [world.row(each)["orphaned"] for each in numbers] == [0, 0]
    assert {row["segments"] for row in world.rows(tables.usage)} == {0}
    assert back(world, began) == []
    world.judge()
    world.go_on(lambda: world.states(numbers) == ["sent"] * 2)
    assert world.heard(numbers) == [1, 1]
    assert {row["segments"] for row in world.rows(tables.usage)} == {1}


def test_what_flies_or_has_landed_is_none_of_it(world: World) -> None:
    numbers, began = [world.put() for _ in range(2)], world.now
    landed, flies = world.claim()
    world.settle(landed, world.fly(landed))
    assert back(world, began, frozenset({flies.request})) == []
    world.settle(flies, world.fly(flies))
    assert back(world, began) == []
    assert world.states(numbers) == ["sent"] * 2


def test_what_was_claimed_again_since_is_left_to_that(world: World) -> None:
    number, began = world.put(), world.now
    world.claim()
    world.pass_time(5 * MINUTE)
    delivery.recover(world.store, world.terms, world.now, set())
    world.pass_time(90 * SECOND)
    delivery.uncertain_due(world.store, world.terms, world.now)
    world.judge()
    [second] = world.claim()
    back(world, began)
    assert (world.state(number), world.row(number)["request"]) == ("sending", second.request)
