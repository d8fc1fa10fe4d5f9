"""Killed between any two steps, settled late, twice, or by nobody: who hears it how often."""

from __future__ import annotations

import pytest

from sms_notify import delivery
from sms_notify.delivery import Flight
from sms_notify.gateways import Came, Outcome
from sms_notify.model import HOUR, SECOND
from sms_notify.store import tables
from sms_notify.store.summing import sums

from .world import World

LOST = Outcome(Came.uncertain, "timeout", host="gw-1.test:8088")
TAKEN = Outcome(Came.accepted, accepted=1, provider_ids=("640",), host="gw-1.test:8088")
REFUSED = Outcome(Came.accepted, refused=1, host="gw-1.test:8088")
BUSY = Outcome(Came.busy, "-99", host="gw-1.test:8088")


def recovered(world: World) -> tuple[int, Flight]:
    """A message whose first send is long over: nobody told what it came to."""
    number = world.put()
    (flight,) = world.claim()
    world.now = flight.lease_until
    delivery.recover(world.store, world.terms, world.now, set())
    return number, flight


def queued_again(world: World) -> tuple[int, Flight]:
    number, first = recovered(world)
    world.pass_time(90 * SECOND)
    delivery.uncertain_due(world.store, world.terms, world.now)
    world.judge()
    return number, first


def flying_again(world: World) -> tuple[int, Flight, Flight]:
    number, first = queued_again(world)
    (second,) = world.claim()
    return number, first, second


# Killed


def test_killed_between_claim_and_send_it_is_heard_once(world: World) -> None:
    number = world.put()
    world.claim()
    world.go_on(lambda: world.state(number) == "sent")
    assert (world.received(number), world.row(number)["orphaned"]) == (1, 1)


def test_killed_between_send_and_settle_it_is_heard_twice_and_that_is_counted(
    world: World,
) -> None:
    number = world.put()
    (flight,) = world.claim()
    world.fly(flight)
    world.go_on(lambda: world.state(number) == "sent")
    row = world.row(number)
    assert (world.received(number), row["orphaned"], row["resent"]) == (2, 1, 0)


def test_killed_between_send_and_settle_what_is_no_page_is_heard_once(world: World) -> None:
    number = world.put(kind="resolved")
    (flight,) = world.claim()
    world.fly(flight)
    world.go_on(lambda: world.next_due() is None)
    assert (world.received(number), world.state(number)) == (1, "uncertain")


def test_killed_again_and_again_it_is_still_heard(world: World) -> None:
    number, _first = queued_again(world)
    for _ in range(2):
        (flight,) = world.claim()
        world.now = flight.lease_until
        delivery.recover(world.store, world.terms, world.now, set())
        world.pass_time(90 * SECOND)
        delivery.uncertain_due(world.store, world.terms, world.now)
        world.judge()
    world.go_on(lambda: world.state(number) == "sent")
    assert (world.received(number), world.row(number)["orphaned"]) == (1, 3)


# Late


def test_settled_after_its_lease_was_recovered_it_counts(world: World) -> None:
    number, flight = recovered(world)
    world.settle(flight, TAKEN)
    row = world.row(number)
    assert (row["state"], row["provider_id"], row["check_at"]) == ("sent", "640", None)


def test_settled_while_it_waits_for_its_second_send_that_send_is_dropped(world: World) -> None:
    number, flight = queued_again(world)
    world.settle(flight, TAKEN)
    assert world.state(number) == "sent"
    assert world.claim() == []


def test_refused_while_it_waits_for_its_second_send_it_has_failed(world: World) -> None:
    number, flight = queued_again(world)
    world.settle(flight, REFUSED)
    assert world.state(number) == "failed"


@pytest.mark.parametrize("outcome", [BUSY, LOST])
def test_no_news_from_the_first_send_leaves_the_second_waiting(
    world: World, outcome: Outcome
) -> None:
    number, flight = queued_again(world)
    before = world.row(number)
    world.settle(flight, outcome)
    assert world.row(number) == before
    assert world.events(number)[-1].startswith("late: ")


def test_not_taken_after_its_lease_was_recovered_it_goes_back_without_waiting(
    world: World,
) -> None:
    number, flight = recovered(world)
    world.settle(flight, BUSY)
    row = world.row(number)
    assert (row["state"], row["resent"], row["check_at"]) == ("queued", 0, None)


@pytest.mark.parametrize("outcome", [BUSY, LOST, REFUSED])
def test_while_the_second_send_flies_only_success_of_the_first_counts(
    world: World, outcome: Outcome
) -> None:
    number, first, second = flying_again(world)
    world.settle(first, outcome)
    assert (world.state(number), world.row(number)["request"]) == ("sending", second.request)
    world.settle(second, TAKEN)
    assert world.state(number) == "sent"


@pytest.mark.parametrize("outcome", [TAKEN, BUSY, LOST, REFUSED])
def test_once_the_first_send_proved_good_nothing_takes_it_back(
    world: World, outcome: Outcome
) -> None:
    number, first, second = flying_again(world)
    world.settle(first, TAKEN)
    assert world.state(number) == "sent"
    world.settle(second, outcome)
    assert world.state(number) == "sent"
    assert world.events(number)[-1].endswith("it stays sent")


def test_both_sends_teach_their_ids_for_the_reports_to_come(world: World) -> None:
    _number, first, second = flying_again(world)
    world.settle(second, TAKEN)
    world.settle(first, Outcome(Came.accepted, accepted=1, provider_ids=("77",), host="h"))
    known = {row["request"]: row["provider_id"] for row in world.rows(tables.attempt)}
    assert known == {first.request: "77", second.request: "640"}


def test_a_delivered_message_is_never_touched_again(world: World) -> None:
    number = world.put()
    (flight,) = world.claim()
    world.change(number, state="delivered")
    for outcome in (BUSY, LOST, REFUSED, TAKEN):
        world.settle(flight, outcome)
    assert world.state(number) == "delivered"


def test_two_processes_recover_a_lease_once(world: World) -> None:
    number = world.put()
    (flight,) = world.claim()
    world.pass_time(HOUR)
    found = [delivery.recover(world.store, world.terms, world.now, set()) for _ in range(2)]
    assert found == [[flight.request], []]
    assert world.row(number)["orphaned"] == 1


def test_the_other_messages_of_a_late_batch_keep_their_own_way(world: World) -> None:
    numbers = [world.put_known(text="same") for _ in range(3)]
    (flight,) = world.claim()
    world.now = flight.lease_until
    delivery.recover(world.store, world.terms, world.now, set())
    world.change(numbers[0], state="delivered")
    world.change(numbers[1], state="queued", orphaned=1)
    world.settle(flight, Outcome(Came.accepted, accepted=3, host="h"))
    assert world.states(numbers) == ["delivered", "sent", "sent"]


def test_a_summary_counts_second_sends_and_not_dead_owners(world: World) -> None:
    _number, late = recovered(world)
    assert sent_again(world) == 0
    world.settle(late, TAKEN)
    assert sent_again(world) == 0
    queued_again(world)
    assert sent_again(world) == 0
    world.send()
    assert sent_again(world) == 1


def sent_again(world: World) -> int:
    return sum(each.sent_again for each in sums(world.store, 0).messages)
