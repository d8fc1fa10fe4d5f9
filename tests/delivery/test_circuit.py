"""When an account is down, what probes it, and what goes on once it works again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sms_notify import delivery
from sms_notify.delivery import Account, Flight
from sms_notify.delivery.circuit import after
from sms_notify.gateways import Answered, Came, Outcome
from sms_notify.model import HOUR, MINUTE, SECOND
from sms_notify.simulator import Kind

from .world import ACCOUNT, HOSTS, NOW, World


def flight(started_at: int = 0, probe: bool = False) -> Flight:
    return Flight(1, "主通道", "a", "t", (1,), ("+8613800000001",), started_at, 0, probe)


def ended(came: Came, reason: str = "") -> Outcome:
    return Outcome(came, reason, host="gw-1.test:8088")


FAILING = [Came.unreached, Came.busy, Came.unknown]
OPEN = Account("a", "open", "busy", changed_at=NOW, failing_since=NOW - 10 * SECOND, probe_at=NOW)
LOCKED = Account("a", "open", "login", changed_at=NOW, probe_at=NOW)


# One account, pure


@pytest.mark.parametrize("came", FAILING)
def test_ten_seconds_of_nothing_but_failures_open_it(came: Came) -> None:
    account = after(Account("a"), flight(NOW), ended(came), NOW)
    assert (account.down, account.failing_since) == (False, NOW)
    account = after(account, flight(NOW + 2 * SECOND), ended(came), NOW + 10 * SECOND - 1)
    assert not account.down
    account = after(account, flight(NOW + 9 * SECOND), ended(came), NOW + 10 * SECOND)
    assert (account.down, account.reason) == (True, came.value)
    assert account.probe_at == NOW + 11 * SECOND


@pytest.mark.parametrize("came", FAILING)
def test_one_send_that_works_starts_the_ten_seconds_anew(came: Came) -> None:
    account = after(Account("a"), flight(NOW), ended(came), NOW)
    account = after(account, flight(NOW), ended(Came.accepted), NOW + 9 * SECOND)
    assert account.failing_since is None
    account = after(account, flight(NOW + SECOND), ended(came), NOW + 12 * SECOND)
    assert (account.down, account.failing_since) == (False, NOW + 9 * SECOND)


def test_a_send_that_took_long_to_fail_counts_from_its_start() -> None:
    assert after(Account("a"), flight(NOW), ended(Came.unreached), NOW + 15 * SECOND).down


@pytest.mark.parametrize("reason", ["login", "locked", "balance"])
def test_trouble_with_the_account_opens_it_at_once(reason: str) -> None:
    account = after(Account("a"), flight(NOW), ended(Came.account_down, reason), NOW)
    assert (account.down, account.reason, account.probe_at) == (True, reason, NOW + MINUTE)


@pytest.mark.parametrize("came", [Came.uncertain])
@pytest.mark.parametrize("account", [Account("a"), OPEN, LOCKED])
def test_an_uncertain_send_says_nothing(came: Came, account: Account) -> None:
    assert after(account, flight(NOW + 1), ended(came), NOW + HOUR) == account


def test_what_we_refused_ourselves_says_nothing() -> None:
    own = Outcome(Came.rejected, "too_long")
    assert after(OPEN, flight(NOW + 1, probe=True), own, NOW + 1).down


def test_probes_come_after_1_2_4_8_10_10_seconds() -> None:
    account, waits = OPEN, []
    for _ in range(6):
        account = after(account, flight(NOW, probe=True), ended(Came.busy), NOW)
        waits.append(((account.probe_at or 0) - NOW) // SECOND)
    assert waits == [2, 4, 8, 10, 10, 10]
    account = replace(LOCKED, probes=7)
    account = after(account, flight(NOW, probe=True), ended(Came.account_down, "login"), NOW)
    assert account.probe_at == NOW + MINUTE


@pytest.mark.parametrize("account", [OPEN, LOCKED])
@pytest.mark.parametrize("came", [*FAILING, Came.account_down, Came.uncertain])
def test_nothing_but_an_answer_that_proves_it_closes_it(account: Account, came: Came) -> None:
    assert after(account, flight(NOW + 1, probe=True), ended(came, account.reason), NOW + 2).down


def test_a_single_accepted_probe_closes_it() -> None:
    for account in (OPEN, LOCKED):
        made = after(account, flight(NOW, probe=True), ended(Came.accepted), NOW + 5)
        assert made == Account("a", changed_at=NOW + 5, last_ok_at=NOW + 5)


def test_a_probe_with_a_forbidden_word_proves_a_server_but_no_login() -> None:
    refused = ended(Came.forbidden_word)
    assert not after(OPEN, flight(NOW, probe=True), refused, NOW).down
    assert after(LOCKED, flight(NOW, probe=True), refused, NOW).down


def test_what_was_sent_before_it_went_down_says_nothing() -> None:
    assert after(OPEN, flight(NOW - SECOND), ended(Came.accepted), NOW + SECOND) == OPEN
    assert not after(OPEN, flight(NOW), ended(Came.accepted), NOW + SECOND).down


def test_another_trouble_replaces_the_first() -> None:
    account = after(OPEN, flight(NOW, probe=True), ended(Came.account_down, "locked"), NOW)
    assert (account.reason, account.probe_at) == ("locked", NOW + MINUTE)


# In the outbox


def down(world: World, reason: str = "login", probe_in: int = 0) -> None:
    world.put(kind="test", incident=None)
    (flight,) = world.claim()
    world.settle(flight, ended(Came.account_down, reason))
    world.change(flight.messages[0], state="folded")
    world.change_account(probe_at=world.now + probe_in)


def test_while_it_is_down_one_message_at_a_time_goes_out_as_a_probe(world: World) -> None:
    down(world)
    for _ in range(5):
        world.put()
    (probe,) = world.claim()
    assert (probe.probe, len(probe.messages)) == (True, 1)
    assert world.claim() == []
    world.pass_time(5 * SECOND)
    assert world.claim() == []


def test_the_probe_is_the_worst_oldest_page(world: World) -> None:
    down(world)
    world.put(kind="resolved", level=2, queued_at=NOW - 50)
    world.put(level=2, queued_at=NOW - 40, incident=world.incident("acknowledged"))
    world.put(level=1, queued_at=NOW - 30)
    oldest = world.put(level=2, queued_at=NOW - 20)
    world.put(level=2, queued_at=NOW - 10)
    (probe,) = world.claim()
    assert probe.messages == (oldest,)


def test_without_a_page_anything_is_the_probe_and_a_stale_page_the_last(world: World) -> None:
    down(world)
    stale = world.put(incident=world.incident("ended"))
    resolved = world.put(kind="resolved", level=1)
    (probe,) = world.claim()
    assert probe.messages == (resolved,)
    world.settle(probe, ended(Came.account_down, "login"))
    world.change(resolved, state="expired")
    world.change_account(probe_at=world.now)
    assert world.claim()[0].messages == (stale,)


def test_a_page_held_for_the_gateway_may_be_the_probe(world: World) -> None:
    down(world)
    held = world.put(
        state="held", reason="gateway_down", queued_at=None, expires_at=None, decided_at=NOW - HOUR
    )
    world.put(state="held", reason="throttle")
    (probe,) = world.claim()
    row = world.row(held)
    assert (probe.messages, row["state"], row["reason"]) == ((held,), "sending", None)
    assert (row["queued_at"], row["expires_at"]) == (NOW, NOW + 2 * HOUR)
    assert world.events(held)[0] == "queued: to probe the gateway"


def test_a_page_that_failed_often_lets_another_be_the_probe(world: World) -> None:
    down(world)
    world.put(tries=5)
    other = world.put(level=1)
    assert world.claim()[0].messages == (other,)


def test_a_probe_whose_sender_died_is_followed_by_another_when_its_lease_is_over(
    world: World,
) -> None:
    down(world)
    world.put()
    (lost,) = world.claim()
    second = world.put()
    world.now = lost.lease_until - 1
    world.judge()
    assert world.claim() == []
    world.now += 1
    (probe,) = world.claim()
    assert (probe.messages, probe.probe) == ((second,), True)


def test_one_bad_text_does_not_keep_the_gateway_down(world: World) -> None:
    bad = world.put(text="poison", level=2)
    good = [world.put(level=1) for _ in range(3)]
    answer = world.http.get

    def choke(base: str, target: str) -> object:
        found = answer(base, target)
        return Answered(500, b"<html>") if "poison" in target else found

    setattr(world.http, "get", choke)  # noqa: B010 — a gateway that chokes on one text
    world.go_on(lambda: world.states(good) == ["sent"] * 3)
    world.go_on(lambda: world.account()["circuit"] == "open")
    later = [world.put(level=1) for _ in range(3)]
    world.go_on(lambda: world.state(bad) == "failed", limit=10 * MINUTE)
    assert world.row(bad)["reason"] == "unknown_answer"
    world.go_on(lambda: world.states(later) == ["sent"] * 3)
    assert [world.received(each) for each in [*good, *later]] == [1] * 6


@pytest.mark.parametrize("kind", [Kind.REFUSE, Kind.HTTP500, Kind.BUSY, Kind.HTML, Kind.EMPTY])
def test_an_outage_of_a_minute_loses_and_doubles_nothing(world: World, kind: Kind) -> None:
    world.strike(kind, until=NOW + MINUTE)
    numbers = [world.put() for _ in range(20)]
    world.go_on(lambda: world.account().get("circuit") == "open", limit=20 * SECOND)
    world.go_on(lambda: set(world.states(numbers)) == {"sent"}, limit=2 * MINUTE)
    assert world.now - (NOW + MINUTE) < 15 * SECOND
    assert [world.received(number) for number in numbers] == [1] * 20
    asked = {entry.at for entry in world.other.requests()}
    asked_while_down = [at for at in asked if NOW + 15 * SECOND < at < NOW + MINUTE]
    assert len(asked_while_down) <= 8


def test_hosts_that_refuse_for_a_minute_lose_nothing(world: World) -> None:
    world.http.down |= set(HOSTS)
    numbers = [world.put() for _ in range(20)]
    world.go_on(lambda: world.now >= NOW + MINUTE)
    world.http.down.clear()
    back = world.now
    world.go_on(lambda: set(world.states(numbers)) == {"sent"})
    assert world.now - back < 15 * SECOND
    assert [world.received(number) for number in numbers] == [1] * 20


def test_a_changed_password_is_noticed_within_a_minute(world: World) -> None:
    right = world.other.account(ACCOUNT)
    world.other.put_account(replace(right, password="changed"))
    numbers = [world.put() for _ in range(5)]
    world.go_on(lambda: world.now > NOW + 10 * MINUTE)
    assert set(world.states(numbers)) <= {"queued", "held"}
    assert len(world.other.requests()) <= 8 + 10
    world.other.put_account(right)
    took = world.go_on(lambda: set(world.states(numbers)) == {"sent"})
    assert took <= MINUTE + SECOND
    assert {world.row(number)["tries"] for number in numbers} == {0}


def test_closing_it_releases_what_backed_off(world: World) -> None:
    down(world, reason="login")
    waiting = world.put(tries=4, not_before=NOW + 9 * SECOND, level=1)
    probing = world.put()
    later = world.put(not_before=NOW + HOUR)
    (probe,) = world.claim()
    assert probe.messages == (probing,)
    settled = world.settle(probe, ended(Came.accepted))
    assert settled.closed
    row = world.row(waiting)
    assert (row["not_before"], row["tries"]) == (NOW, 2)
    assert world.row(later)["not_before"] == NOW + HOUR


def test_what_backs_off_may_be_the_probe_what_is_meant_for_later_not(world: World) -> None:
    down(world)
    world.put(not_before=NOW + HOUR)
    assert world.claim() == []
    assert world.next_due() == NOW + HOUR
    waiting = world.put(not_before=NOW + 9 * SECOND, tries=1, level=1)
    assert world.next_due() == NOW
    assert world.claim()[0].messages == (waiting,)


def test_held_messages_come_back_once_a_gateway_works(world: World) -> None:
    down(world)
    world.put(state="held", reason="gateway_down", person="张伟")
    world.put(state="held", reason="throttle", person="李娜")
    assert delivery.returned(world.store, world.terms, world.now) == []
    (probe,) = world.claim()
    world.put(state="held", reason="gateway_down", person="王磊")
    world.settle(probe, Outcome(Came.accepted, accepted=1, host="h"))
    assert delivery.returned(world.store, world.terms, world.now) == ["王磊"]


# Several gateways


def test_the_next_gateway_is_used_while_the_one_before_is_down(world: World) -> None:
    world.gateways("一号", "二号")
    first = world.put()
    (flight,) = world.claim()
    assert flight.gateway == "一号"
    world.settle(flight, ended(Came.account_down, "locked"))
    (flight,) = world.claim()
    assert (flight.gateway, flight.messages, flight.probe) == ("二号", (first,), False)
    world.settle(flight, world.fly(flight))
    assert world.state(first) == "sent"


def test_the_first_gateway_is_probed_and_taken_back_while_the_second_works(world: World) -> None:
    world.gateways("一号", "二号")
    world.put()
    (flight,) = world.claim()
    world.settle(flight, ended(Came.account_down, "locked"))
    world.send()
    world.pass_time(MINUTE)
    numbers = [world.put() for _ in range(3)]
    flights = world.claim()
    assert [(each.gateway, each.probe) for each in flights] == [
        ("一号", True), ("二号", False), ("二号", False),
    ]  # fmt: skip
    for each in flights:
        world.settle(each, world.fly(each))
    assert set(world.states(numbers)) == {"sent"}
    world.put()
    assert world.claim()[0].gateway == "一号"


def test_a_gateway_that_a_reload_took_away_was_not_reached(world: World) -> None:
    number = world.put()
    (flight,) = world.claim()
    world.gateways("二号")
    world.settle(flight, world.fly(flight))
    assert world.state(number) == "queued"
