"""What a send came to, for its messages, its account and what follows."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from sms_notify.delivery import Flight
from sms_notify.gateways import Came, Outcome
from sms_notify.model import MINUTE, SECOND
from sms_notify.simulator import Kind
from sms_notify.store import tables

from .world import ACCOUNT, NOW, PASSWORD, World, phone_of

TEXT = "【星云】磁盘满3台"


def one(world: World, **columns: object) -> tuple[int, Flight]:
    number = world.put(**columns)
    (flight,) = world.claim()
    return number, flight


def batch(world: World, size: int) -> tuple[list[int], Flight]:
    numbers = [world.put_known(text=TEXT) for _ in range(size)]
    (flight,) = world.claim()
    return numbers, flight


def came(name: Came, reason: str = "", **more: Any) -> Outcome:
    return Outcome(name, reason, host="gw-1.test:8088", **more)


def test_an_accepted_message_is_sent_and_knows_its_id(world: World) -> None:
    number, flight = one(world)
    world.now += 40
    settled = world.settle(flight, came(Came.accepted, accepted=1, provider_ids=("640",)))
    row = world.row(number)
    assert (row["state"], row["provider_id"], row["sent_at"]) == ("sent", "640", NOW + 40)
    assert settled.moved == ((number, "sent"),)
    assert world.rows(tables.attempt)[0]["provider_id"] == "640"
    (request,) = world.rows(tables.request)
    assert (request["outcome"], request["host"], request["ended_at"]) == (
        "accepted", "gw-1.test:8088", NOW + 40,
    )  # fmt: skip
    assert world.events(number)[-1] == "sent: accepted via gw-1.test:8088"


@pytest.mark.parametrize("ids", [("7",), ("7", "8", "9"), ()])
def test_a_clean_batch_is_sent_with_an_id_for_each_or_for_all(
    world: World, ids: tuple[str, ...]
) -> None:
    numbers, flight = batch(world, 3)
    world.settle(flight, came(Came.accepted, accepted=3, provider_ids=ids))
    assert world.states(numbers) == ["sent"] * 3
    known = [world.row(number)["provider_id"] for number in numbers]
    assert known == {1: ["7"] * 3, 3: ["7", "8", "9"], 0: [None] * 3}[len(ids)]


def test_a_number_refused_alone_has_failed(world: World) -> None:
    number, flight = one(world)
    settled = world.settle(flight, came(Came.accepted, accepted=0, refused=1))
    assert (world.state(number), world.row(number)["reason"]) == ("failed", "refused")
    assert settled.failed == ((number, "refused: the gateway refused the number"),)


def test_a_batch_refused_as_a_whole_has_failed(world: World) -> None:
    numbers, flight = batch(world, 3)
    world.settle(flight, came(Came.accepted, accepted=0, refused=3))
    assert world.states(numbers) == ["failed"] * 3


@pytest.mark.parametrize(("accepted", "refused"), [(2, 1), (1, 0), (3, 1), (0, 1), (0, 0)])
def test_a_batch_of_which_some_were_refused_is_uncertain_as_a_whole(
    world: World, accepted: int, refused: int
) -> None:
    numbers, flight = batch(world, 3)
    world.settle(flight, came(Came.accepted, accepted=accepted, refused=refused))
    assert world.states(numbers) == ["uncertain"] * 3
    assert world.row(numbers[0])["check_at"] == NOW + 90 * SECOND


def test_one_bad_number_never_costs_the_others_theirs(world: World) -> None:
    numbers = [world.put(text=TEXT) for _ in range(10)]
    bad = numbers[3]
    world.other.refused.add(phone_of(bad).removeprefix("+86"))
    world.go_on(lambda: "queued" not in world.states(numbers))
    assert world.states(numbers) == ["failed" if each == bad else "sent" for each in numbers]
    assert [world.received(each) for each in numbers] == [int(each != bad) for each in numbers]


def test_a_number_that_turns_bad_costs_the_others_one_more_sms_at_most(world: World) -> None:
    numbers = [world.put_known(text=TEXT) for _ in range(10)]
    bad = numbers[3]
    world.other.refused.add(phone_of(bad).removeprefix("+86"))
    done = ("sent", "failed")
    world.go_on(lambda: all(state in done for state in world.states(numbers)))
    assert world.state(bad) == "failed"
    assert {world.received(each) for each in numbers if each != bad} == {2}
    again = [world.put(text="next", phone=phone_of(each)) for each in numbers]
    world.go_on(lambda: "queued" not in world.states(again))
    assert [world.received(each) for each in again] == [int(each != bad) for each in numbers]


@pytest.mark.parametrize("code", ["-1", "-2", "-4", "-8", "too_long"])
def test_what_is_rejected_alone_has_failed_for_good(world: World, code: str) -> None:
    number, flight = one(world)
    world.settle(flight, came(Came.rejected, code))
    assert (world.state(number), world.row(number)["reason"]) == ("failed", "rejected")
    assert code in world.events(number)[-1]


def test_what_is_rejected_as_a_batch_is_tried_one_by_one(world: World) -> None:
    numbers, flight = batch(world, 3)
    world.settle(flight, came(Came.rejected, "-4"))
    assert world.states(numbers) == ["queued"] * 3
    assert [flight.messages for flight in world.claim()] == [(number,) for number in numbers]


def test_a_forbidden_word_is_in_the_history(world: World) -> None:
    number, flight = one(world)
    world.settle(flight, came(Came.forbidden_word, "-3", word="发票"))
    assert world.state(number) == "queued"
    assert "发票" in world.events(number)[-1]


@pytest.mark.parametrize("reason", ["login", "locked", "balance"])
def test_trouble_with_the_account_costs_a_message_nothing(world: World, reason: str) -> None:
    number, flight = one(world)
    settled = world.settle(flight, came(Came.account_down, reason))
    row = world.row(number)
    assert (row["state"], row["tries"], row["not_before"]) == ("queued", 0, NOW)
    assert settled.opened
    assert world.account()["circuit"] == "open"
    assert world.claim() == []


@pytest.mark.parametrize(
    ("name", "reason"), [(Came.busy, "-99"), (Came.unknown, "html"), (Came.unreached, "dns")]
)
def test_what_was_not_taken_goes_back_and_waits_longer_each_time(
    world: World, name: Came, reason: str
) -> None:
    number = world.put()
    for tries, base in enumerate((1, 2, 4, 8, 10, 10), start=1):
        (flight,) = world.claim()
        world.settle(flight, came(name, reason))
        row = world.row(number)
        assert (row["state"], row["tries"]) == ("queued", tries)
        assert 0.5 * base <= (row["not_before"] - world.now) / SECOND <= 1.5 * base
        world.now = row["not_before"]
        world.judge()
        world.change_account(circuit="closed", failing_since=None)


def test_an_uncertain_send_waits_for_evidence(world: World) -> None:
    number, flight = one(world)
    world.settle(flight, came(Came.uncertain, "timeout"))
    row = world.row(number)
    assert (row["state"], row["reason"]) == ("uncertain", "timeout")
    assert row["check_at"] == NOW + 90 * SECOND


def test_an_exception_out_of_a_gateway_is_uncertain_and_tells_only_its_type(world: World) -> None:
    def burst(_base: str, _target: str) -> None:
        raise KeyError(PASSWORD)

    number, flight = one(world)
    setattr(world.http, "get", burst)  # noqa: B010 — a transport with a fault
    world.settle(flight, world.fly(flight))
    assert (world.state(number), world.row(number)["reason"]) == ("uncertain", "KeyError")


def test_the_same_settle_again_changes_nothing(world: World) -> None:
    number, flight = one(world)
    outcome = came(Came.busy, "-99")
    world.settle(flight, outcome)
    before = world.everything()
    assert world.settle(flight, outcome).again
    assert world.settle(flight, came(Came.accepted, accepted=1)).again
    assert world.everything() == before
    assert world.state(number) == "queued"


# What follows


@pytest.mark.parametrize("other", [{"owner": "elsewhere:1:2"}, {"started_at": NOW + SECOND}])
def test_an_answer_ends_no_request_that_has_its_number_by_chance(
    world: World, other: dict[str, object]
) -> None:
    """A failover to an asynchronous standby gives the numbers of what was lost to others."""
    number, flight = one(world)
    with world.store.engine.begin() as connection:
        connection.execute(update(tables.request).values(**other))
    settled = world.settle(flight, came(Came.accepted, accepted=1, provider_ids=("640",)))
    assert (settled.moved, world.state(number)) == ((), "sending")
    assert world.rows(tables.request)[0]["ended_at"] is None


def test_a_failed_page_makes_the_next_step_due_at_once(world: World) -> None:
    incident = world.incident()
    world.tell_step(incident, NOW + 5 * MINUTE)
    _number, flight = one(world, incident=incident)
    settled = world.settle(flight, came(Came.accepted, refused=1))
    assert settled.steps == (incident,)
    assert world.timers() == [("step", str(incident), NOW)]


def test_a_step_that_is_due_already_stays_due(world: World) -> None:
    incident = world.incident()
    world.tell_step(incident, NOW - 1)
    _number, flight = one(world, incident=incident)
    world.settle(flight, came(Came.accepted, refused=1))
    assert world.timers() == [("step", str(incident), NOW - 1)]


def test_a_failed_digest_makes_the_step_of_each_open_incident_in_it_due(world: World) -> None:
    incidents = [world.incident(state) for state in ("open", "acknowledged", "open", "ended")]
    number = world.put(kind="digest", incident=None)
    for incident in incidents:
        world.tell(incident, "张伟", f"fire:{incident}", number)
    (flight,) = world.claim()
    settled = world.settle(flight, came(Came.accepted, refused=1))
    assert settled.steps == (incidents[0], incidents[2])
    assert [key for _kind, key, _at in world.timers()] == sorted(
        str(incidents[each]) for each in (0, 2)
    )


@pytest.mark.parametrize(
    ("kind", "state"), [("first", "acknowledged"), ("first", "ended"), ("resolved", "open")]
)
def test_what_is_no_page_any_more_moves_nobody(world: World, kind: str, state: str) -> None:
    _number, flight = one(world, kind=kind, incident=world.incident(state))
    assert world.settle(flight, came(Came.accepted, refused=1)).steps == ()
    assert world.timers() == []


@pytest.mark.parametrize(
    ("name", "left"),
    [
        (Came.accepted, 1), (Came.uncertain, 1), (Came.unknown, 1), (Came.busy, 0),
        (Came.unreached, 0), (Came.account_down, 0), (Came.rejected, 0),
    ],
)  # fmt: skip
def test_what_was_not_taken_is_not_counted_as_used(world: World, name: Came, left: int) -> None:
    _number, flight = one(world)
    world.settle(flight, came(name, "x", accepted=1))
    (used,) = world.rows(tables.usage)
    assert used["segments"] == left


def test_no_secret_and_no_url_is_ever_stored(world: World) -> None:
    numbers = [world.put() for _ in Kind]
    for kind, _number in zip(Kind, numbers, strict=True):
        world.other.faults.clear()
        world.strike(kind, location="http://gw-2.test:8088/x", text="-7", seconds=11.0)
        world.send(1)
        world.change_account(circuit="closed", failing_since=None)
    world.http.down |= {"http://gw-1.test:8088", "http://gw-2.test:8088", "http://gw-3.test:8088"}
    world.go_on(lambda: True)
    world.pass_time(MINUTE)
    world.judge()
    world.send()
    stored = world.everything()
    assert PASSWORD not in stored
    assert "geheim" not in stored
    assert "us_pwd" not in stored
    details = str([(row["detail"]) for row in world.rows(tables.event)])
    answers = str([(row["answer"], row["host"]) for row in world.rows(tables.request)])
    assert ACCOUNT not in details + answers
