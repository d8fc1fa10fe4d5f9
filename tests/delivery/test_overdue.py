"""What waits in the outbox: evidence, leases, expiry, ageing, and the next moment of it all."""

from __future__ import annotations

import pytest

from sms_notify import delivery
from sms_notify.gateways import Came, Outcome
from sms_notify.model import HOUR, MINUTE, SECOND, Level
from sms_notify.simulator import Kind
from sms_notify.store import tables

from .world import NOW, World

LOST = Outcome(Came.uncertain, "timeout", host="gw-1.test:8088")


def uncertain_due(world: World) -> int:
    return delivery.uncertain_due(world.store, world.terms, world.now)


def uncertain(world: World, **columns: object) -> int:
    number = world.put(**columns)
    (flight,) = world.claim()
    world.settle(flight, LOST)
    return number


# Uncertain


def test_a_page_without_evidence_goes_out_once_more_and_then_stays(world: World) -> None:
    number = uncertain(world)
    world.pass_time(90 * SECOND - 1)
    assert uncertain_due(world) == 0
    world.pass_time(1)
    assert uncertain_due(world) == 1
    row = world.row(number)
    assert (row["state"], row["resent"], row["check_at"]) == ("queued", 1, None)
    world.judge()
    (flight,) = world.claim()
    world.settle(flight, LOST)
    world.pass_time(90 * SECOND)
    assert uncertain_due(world) == 1
    row = world.row(number)
    assert (row["state"], row["resent"], row["check_at"]) == ("uncertain", 1, None)
    assert world.next_due() is None
    assert world.events(number)[-1].startswith("unproved: ")


@pytest.mark.parametrize(
    ("least", "level", "again"),
    [
        (Level.critical, 2, True),
        (Level.critical, 1, False),
        (Level.warning, 1, True),
        (Level.warning, 0, False),
        (Level.info, 0, True),
        (None, 2, False),
    ],
)
def test_the_level_decides_whether_it_goes_out_once_more(
    world: World, least: Level | None, level: int, again: bool
) -> None:
    world.settings(resend_uncertain=least)
    number = uncertain(world, level=level)
    world.pass_time(90 * SECOND)
    uncertain_due(world)
    assert world.state(number) == ("queued" if again else "uncertain")


@pytest.mark.parametrize("kind", ["resolved", "test", "notice", "answer", "proof"])
def test_only_pages_go_out_once_more(world: World, kind: str) -> None:
    number = uncertain(world, kind=kind)
    world.pass_time(90 * SECOND)
    uncertain_due(world)
    assert world.state(number) == "uncertain"


@pytest.mark.parametrize("state", ["acknowledged", "ended"])
def test_nothing_goes_out_once_more_for_what_somebody_took_or_is_over(
    world: World, state: str
) -> None:
    incident = world.incident()
    number = uncertain(world, incident=incident)
    world.change_incident(incident, state)
    world.pass_time(90 * SECOND)
    uncertain_due(world)
    assert world.state(number) == "uncertain"


@pytest.mark.parametrize(("state", "expected"), [("open", "queued"), ("ended", "uncertain")])
def test_a_digest_is_a_page_while_an_incident_in_it_is_open(
    world: World, state: str, expected: str
) -> None:
    number = uncertain(world, kind="digest", incident=None)
    world.tell(world.incident("ended"), "张伟", "fire:1", number)
    world.tell(world.incident(state), "张伟", "fire:2", number)
    world.pass_time(90 * SECOND)
    uncertain_due(world)
    assert world.state(number) == expected


# Leases


def test_a_send_whose_owner_died_is_uncertain_when_its_lease_is_over(world: World) -> None:
    number = world.put()
    (flight,) = world.claim()
    world.now = flight.lease_until - 1
    assert delivery.recover(world.store, world.terms, world.now, set()) == []
    world.now += 1
    assert delivery.recover(world.store, world.terms, world.now, set()) == [flight.request]
    row = world.row(number)
    assert (row["state"], row["reason"], row["orphaned"]) == ("uncertain", "owner_died", 1)
    assert row["check_at"] == world.now + 90 * SECOND
    (request,) = world.rows(tables.request)
    assert (request["outcome"], request["ended_at"]) == ("lost", world.now)
    assert delivery.recover(world.store, world.terms, world.now, set()) == []


def test_a_send_that_is_alive_in_this_process_is_never_recovered(world: World) -> None:
    number = world.put()
    (flight,) = world.claim()
    world.pass_time(HOUR)
    alive = {flight.request}
    assert delivery.recover(world.store, world.terms, world.now, alive) == []
    assert world.state(number) == "sending"
    assert world.next_due(alive) is None
    assert world.next_due() == world.now


def test_three_dead_owners_do_not_use_up_the_one_second_send(world: World) -> None:
    number = world.put()
    sends, dead = 0, 4

    def die_or_lose() -> bool:
        nonlocal sends, dead
        for flight in world.claim():
            sends += 1
            world.fly(flight)
            if dead:
                dead -= 1
            else:
                world.settle(flight, LOST)
        delivery.recover(world.store, world.terms, world.now, set())
        uncertain_due(world)
        world.judge()
        due = world.next_due()
        world.now = max(world.now + 1, due or world.now)
        return due is None

    while not die_or_lose():
        assert sends < 9
    row = world.row(number)
    assert (sends, row["orphaned"], row["resent"], row["state"]) == (5, 4, 1, "uncertain")


def test_a_message_whose_owner_died_goes_out_once_more_alone(world: World) -> None:
    numbers = [world.put_known(text="same") for _ in range(3)]
    (flight,) = world.claim()
    world.now = flight.lease_until
    delivery.recover(world.store, world.terms, world.now, set())
    world.pass_time(90 * SECOND)
    uncertain_due(world)
    world.judge()
    assert [each.messages for each in world.claim()] == [(number,) for number in numbers]


# Expiry and ageing


def test_what_waited_too_long_expires_and_a_page_is_judged_again(world: World) -> None:
    resolved = world.put(kind="resolved", expires_at=NOW + 30 * MINUTE)
    page = world.put(person="张伟")
    over = world.put(incident=world.incident("ended"))
    assert delivery.expire(world.store, NOW + 2 * HOUR - 1) == []
    assert world.states([resolved, page, over]) == ["expired", "queued", "queued"]
    assert delivery.expire(world.store, NOW + 2 * HOUR) == ["张伟"]
    assert world.states([resolved, page, over]) == ["expired", "queued", "expired"]
    assert world.row(over)["reason"] == "waited"


def test_a_page_judged_since_its_expiry_is_not_named_again(world: World) -> None:
    number = world.put(person="张伟")
    world.pass_time(3 * HOUR)
    world.judge()
    assert delivery.expire(world.store, world.now) == []
    assert world.send()[0].moved == ((number, "sent"),)


def test_what_was_decided_a_minute_ago_is_to_be_judged_again(world: World) -> None:
    world.put(person="张伟")
    world.put(person="李娜", not_before=NOW + HOUR)
    world.put(person="王磊", decided_at=NOW + 1)
    world.put(person="赵敏", state="held", reason="gateway_down")
    assert delivery.aged(world.store, NOW + MINUTE - 1) == []
    assert delivery.aged(world.store, NOW + MINUTE) == ["张伟"]
    assert delivery.aged(world.store, NOW + HOUR) == ["张伟", "李娜", "王磊"]


# The next moment


@pytest.mark.parametrize(
    ("columns", "due"),
    [
        ({}, NOW),
        ({"not_before": NOW + 5}, NOW + 5),
        ({"not_before": NOW + HOUR}, NOW + HOUR),
        ({"decided_at": NOW - 50 * SECOND, "not_before": NOW + 20 * SECOND}, NOW + 20 * SECOND),
        ({"state": "uncertain", "check_at": NOW + 9}, NOW + 9),
        ({"state": "uncertain"}, None),
        ({"state": "sent", "check_at": NOW + 9}, None),
        ({"state": "held", "reason": "throttle"}, None),
        ({"state": "held", "reason": "gateway_down"}, NOW),
        ({"state": "sending"}, None),
        ({"state": "delivered"}, None),
    ],
)
def test_the_next_moment(world: World, columns: dict[str, object], due: int | None) -> None:
    world.put(**columns)
    assert world.next_due() == due


def test_a_lease_is_a_moment(world: World) -> None:
    world.put()
    (flight,) = world.claim()
    assert world.next_due() == flight.lease_until


def test_without_room_for_a_flight_the_queue_does_not_call(world: World) -> None:
    world.put()
    due = delivery.what_is_due(world.store, world.terms, world.now)
    assert (due.next(), due.next(room=False)) == (NOW, NOW + MINUTE)


@pytest.mark.parametrize("kind", [Kind.HTTP500, Kind.DROP_AFTER, Kind.REFUSE])
def test_the_loops_never_spin(world: World, kind: Kind) -> None:
    world.strike(kind, until=NOW + 5 * MINUTE)
    numbers = [world.put() for _ in range(5)]
    world.put(kind="resolved", level=0)
    rounds = 0

    def done() -> bool:
        nonlocal rounds
        rounds += 1
        return set(world.states(numbers)) <= {"sent", "uncertain"} and world.next_due() is None

    world.go_on(done, limit=3 * HOUR)
    assert rounds < 150
