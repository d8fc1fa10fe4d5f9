"""What may leave now, in which order, and with whom in one request."""

from __future__ import annotations

from threading import Thread

import pytest

from sms_notify.delivery import Flight
from sms_notify.model import HOUR, MINUTE, SECOND
from sms_notify.store import tables

from .world import HOSTS, NOW, World, phone_of

TEXT = "【星云】磁盘满3台 db-[01-03]"


def ids(flights: list[Flight]) -> list[tuple[int, ...]]:
    return [flight.messages for flight in flights]


def test_a_claim_is_stored_before_anything_is_sent(world: World) -> None:
    number = world.put()
    (flight,) = world.claim()
    row = world.row(number)
    assert (row["state"], row["request"], row["gateway"]) == ("sending", flight.request, "主通道")
    (request,) = world.rows(tables.request)
    assert (request["kind"], request["owner"], request["ended_at"]) == ("send", "test", None)
    assert request["lease_until"] == flight.lease_until
    assert [(row["message"], row["request"]) for row in world.rows(tables.attempt)] == [
        (number, flight.request)
    ]
    assert world.http.log == []


def test_a_lease_outlasts_every_timeout_of_every_host(world: World) -> None:
    world.put()
    (flight,) = world.claim()
    three_hosts_two_seconds_each = 3 * 2 * SECOND
    assert flight.lease_until - flight.started_at >= 3 * three_hosts_two_seconds_each


def test_the_worst_go_first_and_of_these_the_oldest(world: World) -> None:
    late = world.put(level=2, not_before=NOW - 1)
    info = world.put(level=0, not_before=NOW - 9)
    early = world.put(level=2, not_before=NOW - 5)
    warning = world.put(level=1, not_before=NOW - 7)
    assert ids(world.claim()) == [(early,), (late,), (warning,), (info,)]


def test_no_more_flights_than_asked_for(world: World) -> None:
    for _ in range(5):
        world.put()
    assert [len(world.claim(most)) for most in (2, 0, 2, 2)] == [2, 0, 2, 1]


@pytest.mark.parametrize("state", ["held", "sending", "uncertain", "sent", "failed", "folded"])
def test_only_what_is_queued_is_claimed(world: World, state: str) -> None:
    world.put(state=state)
    assert world.claim() == []


@pytest.mark.parametrize(
    "columns",
    [
        {"not_before": NOW + 1},
        {"decided_at": NOW - MINUTE},
        {"kind": "resolved", "expires_at": NOW},
        {"expires_at": NOW, "decided_at": NOW - 1},
    ],
    ids=["not yet", "aged", "expired", "a page to be judged again"],
)
def test_what_waits_or_was_decided_too_long_ago_is_not_claimed(
    world: World, columns: dict[str, int]
) -> None:
    world.put(**columns)
    assert world.claim() == []


def test_a_page_judged_after_its_expiry_is_claimed(world: World) -> None:
    number = world.put(expires_at=NOW - HOUR, decided_at=NOW - 1)
    assert ids(world.claim()) == [(number,)]


# Together


def test_one_text_to_known_phones_is_one_request(world: World) -> None:
    numbers = tuple(world.put_known(text=TEXT) for _ in range(20))
    other = world.put_known(text="another")
    first, second = world.claim()
    assert (first.messages, second.messages) == (numbers, (other,))
    assert first.phones == tuple(map(phone_of, numbers))


def test_an_unknown_phone_goes_alone(world: World) -> None:
    known = tuple(world.put_known(text=TEXT) for _ in range(3))
    unknown = world.put(text=TEXT)
    assert sorted(ids(world.claim())) == [known, (unknown,)]


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"state": "failed", "reason": "refused"}, "refused since"),
        ({"state": "uncertain"}, "uncertain since"),
    ],
)
def test_a_phone_whose_last_send_was_not_clean_goes_alone(
    world: World, columns: dict[str, str], why: str
) -> None:
    one, two = (world.put_known(text=TEXT) for _ in range(2))
    world.put(phone=phone_of(one), request=900_000, gateway="主通道", **columns)
    assert sorted(ids(world.claim())) == [(one,), (two,)], why


def test_a_phone_that_another_account_accepted_is_not_known_to_this_one(world: World) -> None:
    one, two = (world.put_known(text=TEXT) for _ in range(2))
    world.gateways("another")
    assert sorted(ids(world.claim())) == [(one,), (two,)]


@pytest.mark.parametrize(
    "columns", [{"resent": 1}, {"orphaned": 1}, {"tries": 3}], ids=["resent", "orphaned", "tried"]
)
def test_what_is_sent_again_goes_alone(world: World, columns: dict[str, int]) -> None:
    others = tuple(world.put_known(text=TEXT) for _ in range(2))
    again = world.put_known(text=TEXT, **columns)
    assert sorted(ids(world.claim())) == [others, (again,)]


def test_two_messages_to_one_phone_are_two_requests(world: World) -> None:
    one = world.put_known(text=TEXT)
    two = world.put(text=TEXT, phone=phone_of(one))
    assert sorted(ids(world.claim())) == [(one,), (two,)]


@pytest.mark.parametrize(
    ("segments", "batch", "sizes"), [(1, 100, [100, 20]), (2, 100, [50, 50, 20]), (1, 7, [7] * 8)]
)
def test_a_request_has_at_most_so_many_numbers_times_segments(
    world: World, segments: int, batch: int, sizes: list[int]
) -> None:
    world.settings(batch=batch)
    for _ in range(120):
        world.put_known(text="x", segments=segments)
    flights: list[Flight] = []
    while len(flights) < len(sizes):
        flights += world.claim(1)
    assert [len(flight.messages) for flight in flights] == sizes


def test_a_request_has_at_most_two_thousand_bytes_of_url(world: World) -> None:
    for _ in range(60):
        world.put_known(text="满" * 200)
    flights = world.claim()
    assert len(flights) > 1
    assert "too_long" not in {world.fly(flight).reason for flight in flights}
    longest = max(len(target) for _base, target in world.http.log)
    assert 1980 < longest + max(map(len, HOSTS)) <= 2000


def test_the_usage_of_the_day_in_the_configured_zone_is_counted(world: World) -> None:
    receiver = world.incident(receiver="网络")
    world.put(person="张伟", segments=2, incident=receiver)
    world.put(person="张伟", segments=1, incident=receiver)
    world.put(person="李娜", kind="test", incident=None)
    world.claim()
    used = [(row["receiver"], row["person"], row["segments"]) for row in world.rows(tables.usage)]
    assert used == [("", "李娜", 1), ("网络", "张伟", 3)]
    world.now = NOW - NOW % (24 * HOUR) + 16 * HOUR  # midnight in Shanghai
    days = [world.terms.day(world.now + moment) for moment in (-1, 0)]
    assert days[1] - days[0] == 1


def test_the_history_says_how_it_was_claimed(world: World) -> None:
    alone = world.put()
    batched = [world.put_known(text=TEXT) for _ in range(2)]
    world.claim()
    assert world.events(alone)[0].startswith("claimed: 主通道, request ")
    assert world.events(alone)[0].endswith(", alone")
    assert world.events(batched[0])[0].endswith(", with 1 others")


def test_nothing_is_claimed_twice_by_many_at_once(world: World) -> None:
    numbers = [world.put() for _ in range(60)]
    taken: list[int] = []

    def work() -> None:
        while flights := world.claim(4):
            taken.extend(number for flight in flights for number in flight.messages)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while flights := world.claim(8):  # what the others had locked when a thread found nothing
        taken.extend(number for flight in flights for number in flight.messages)
    assert sorted(taken) == numbers
