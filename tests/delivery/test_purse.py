"""A prepaid balance: what it covers goes out, what it proves counts, and the operator hears."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from sms_notify import delivery
from sms_notify.config.channels import Purse
from sms_notify.delivery import purse
from sms_notify.delivery.flight import day_of, start_of
from sms_notify.delivery.purse import Weighed
from sms_notify.gateways import Balance, open_gateways
from sms_notify.model import DAY, HOUR, MINUTE, SECOND
from sms_notify.simulator import Account, Call, Fault, Kind
from sms_notify.store import tables
from tests.gateways.accounts import configured

from .world import ACCOUNT, PASSWORD, World

TEXT = "【星云】磁盘满"


@pytest.fixture
def paid(world: World) -> World:
    return watched(world)


def watched(world: World, **how: int) -> World:
    settings = Purse(**{"every": HOUR, "warn_below": 0, **how})
    gateways = open_gateways([replace(configured(), balance=settings)], world.http)
    world.terms = replace(world.terms, gateways=gateways)
    return world


def put_balance(world: World, left: int) -> None:
    world.other.put_account(Account(ACCOUNT, PASSWORD, balance=left))


def read(world: World) -> Weighed:
    """One reading, whether or not it is due, a moment after whatever was before."""
    world.pass_time(1)
    if world.account():
        world.change_account(balance_due=world.now)
    [reading] = purse.begin(world.store, world.terms, world.now)
    balance = purse.read(world.terms, reading)
    return purse.apply(world.store, world.terms, reading, balance, world.now)


def exact(world: World) -> None:
    """Two readings that agree: from now on the balance is evidence."""
    read(world)
    world.pass_time(SECOND)
    read(world)
    world.pass_time(SECOND)


def test_what_the_balance_covers_goes_out_critical_and_oldest_first(paid: World) -> None:
    put_balance(paid, 4)
    warnings = [paid.put_known(text=TEXT, level=1) for _ in range(3)]
    criticals = [paid.put_known(text=TEXT) for _ in range(3)]
    for _ in range(6):
        paid.send()
    assert paid.states(criticals) == ["sent"] * 3
    assert sorted(paid.states(warnings)) == ["queued", "queued", "sent"]
    assert paid.state(warnings[0]) == "sent"
    assert (paid.account()["circuit"], paid.account()["reason"]) == ("open", "balance")
    assert paid.other.account(ACCOUNT).balance == 0


def test_a_top_up_closes_the_circuit_by_a_reading_and_everything_leaves(paid: World) -> None:
    put_balance(paid, 0)
    numbers = [paid.put() for _ in range(3)]
    paid.send()
    assert paid.account()["reason"] == "balance"
    put_balance(paid, 100)
    weighed = read(paid)
    assert weighed.closed
    paid.go_on(lambda: paid.states(numbers) == ["sent"] * 3)


def test_no_sms_is_risked_on_a_reading_that_says_login(paid: World) -> None:
    put_balance(paid, 10)
    paid.put()
    read(paid)
    paid.change_account(circuit="open", reason="login", probe_at=paid.now + HOUR)
    paid.other.put_account(Account(ACCOUNT, "changed", balance=10))
    assert not read(paid).closed
    put_balance(paid, 10)
    assert read(paid).closed


def test_a_send_whose_answer_was_lost_before_it_was_taken_goes_again_at_once(paid: World) -> None:
    put_balance(paid, 100)
    exact(paid)
    number = paid.put()
    paid.strike(Kind.DROP_BEFORE, count=1)
    paid.send()
    assert paid.state(number) == "uncertain"
    paid.pass_time(purse.EVIDENCE_AFTER)
    assert read(paid).moved == ((number, "queued"),)
    paid.send()
    assert (paid.state(number), paid.received(number)) == ("sent", 1)
    assert paid.row(number)["resent"] == 0


def test_what_was_not_taken_is_given_back_on_the_day_on_which_it_was_counted(paid: World) -> None:
    tomorrow = start_of(paid.terms.day(paid.now) + 1, paid.terms.zone)
    paid.pass_time(tomorrow - 5 * SECOND - paid.now)
    put_balance(paid, 100)
    exact(paid)
    number = paid.put()
    paid.strike(Kind.DROP_BEFORE, count=1)
    paid.send()
    paid.pass_time(purse.EVIDENCE_AFTER)
    assert read(paid).moved == ((number, "queued"),)
    assert [row["segments"] for row in paid.rows(tables.usage)] == [0]


def test_a_send_that_was_billed_was_taken(paid: World) -> None:
    put_balance(paid, 100)
    exact(paid)
    number = paid.put()
    paid.strike(Kind.DROP_AFTER, count=1)
    paid.send()
    paid.pass_time(purse.EVIDENCE_AFTER)
    assert read(paid).moved == ((number, "sent"),)
    assert (paid.received(number), "the balance fell" in paid.events(number)[-1]) == (1, True)


def test_a_slow_gateway_is_given_time_before_its_balance_proves_anything(paid: World) -> None:
    put_balance(paid, 100)
    exact(paid)
    number = paid.put()
    paid.strike(Kind.DROP_BEFORE, count=1)
    paid.send()
    assert read(paid).moved == ()
    assert paid.state(number) == "uncertain"


def test_an_account_that_others_use_proves_nothing_and_that_is_said_once(paid: World) -> None:
    put_balance(paid, 100)
    exact(paid)
    put_balance(paid, 90)
    assert read(paid).shared
    paid.pass_time(MINUTE)
    put_balance(paid, 80)
    assert not read(paid).shared
    paid.pass_time(MINUTE)
    read(paid)
    number = paid.put()
    paid.strike(Kind.DROP_BEFORE, count=1)
    paid.send()
    paid.pass_time(MINUTE)
    assert read(paid).moved == ()
    assert paid.state(number) == "uncertain"


def test_an_uncertain_send_has_the_balance_read_soon(paid: World) -> None:
    put_balance(paid, 100)
    exact(paid)
    assert (purse.next_reading(paid.store, paid.terms) or 0) > paid.now + MINUTE
    paid.put()
    paid.strike(Kind.DROP_AFTER, count=1)
    paid.send()
    assert purse.next_reading(paid.store, paid.terms) == paid.now + purse.EVIDENCE_AFTER


def test_the_reserve_is_kept_for_critical_messages(paid: World) -> None:
    watched(paid, reserve_for_critical=10)
    put_balance(paid, 12)
    read(paid)
    warnings = [paid.put(level=1) for _ in range(4)]
    critical = paid.put()
    paid.send()
    assert paid.state(critical) == "sent"
    assert sorted(paid.states(warnings)) == ["held", "held", "held", "sent"]
    assert {paid.row(each)["reason"] for each in warnings if paid.state(each) == "held"} == {
        "reserve"
    }
    put_balance(paid, 500)
    weighed = read(paid)
    assert weighed.more
    paid.judge(purse.kept_people(paid.store))
    paid.go_on(lambda: paid.states(warnings) == ["sent"] * 4)


def kept_warnings(paid: World) -> list[int]:
    """Two that are held, because ten of the eleven left are for critical ones."""
    watched(paid, reserve_for_critical=10)
    put_balance(paid, 11)
    read(paid)
    paid.put()
    warnings = [paid.put(level=1) for _ in range(2)]
    paid.send()
    assert paid.states(warnings) == ["held", "held"]
    paid.pass_time(MINUTE)
    assert delivery.returned(paid.store, paid.terms, paid.now) == []
    return warnings


def test_what_the_reserve_held_leaves_though_whoever_saw_more_died_of_it(paid: World) -> None:
    warnings = kept_warnings(paid)
    put_balance(paid, 500)
    assert read(paid).more  # and nobody judges again
    paid.go_on(lambda: paid.states(warnings) == ["sent"] * 2, MINUTE)


def test_what_the_reserve_held_leaves_when_a_start_finds_a_smaller_one(paid: World) -> None:
    warnings = kept_warnings(paid)
    watched(paid, reserve_for_critical=0)
    paid.go_on(lambda: paid.states(warnings) == ["sent"] * 2, MINUTE)


def sent(
    paid: World, account: str, segments: int, *, days_ago: int, outcome: str = "accepted"
) -> None:
    """One request of that account."""
    began = paid.now - days_ago * DAY
    number = paid.put(state="delivered", segments=segments, sent_at=began, queued_at=began)
    paid._insert(
        tables.request, id=10_000 + number, gateway="g", account=account, kind="send", owner="o",
        lease_until=began, started_at=began, ended_at=began, outcome=outcome,
    )  # fmt: skip
    paid._insert(tables.attempt, message=number, request=10_000 + number)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "UTC", "America/St_Johns"])
def test_a_day_begins_where_the_one_before_ends(zone: str) -> None:
    there = ZoneInfo(zone)
    for day in range(20_700, 20_730):  # in Berlin the clocks change among them
        begins = start_of(day, there)
        assert [day_of(at, there) for at in (begins - 1, begins)] == [day - 1, day]


def test_the_operator_hears_of_a_low_balance_once_a_day_with_the_days_left(paid: World) -> None:
    watched(paid, warn_below=500)
    put_balance(paid, 90)
    sent(paid, ACCOUNT, 70, days_ago=7)
    sent(paid, ACCOUNT, 1_000, days_ago=9)  # not of this week
    sent(paid, ACCOUNT, 1_000, days_ago=0)  # today is not over
    sent(paid, ACCOUNT, 1_000, days_ago=3, outcome="busy")  # was not taken
    sent(paid, "another", 1_000, days_ago=3)  # has a balance of its own
    weighed = read(paid)
    assert (weighed.low, weighed.days_left) == (True, 9)
    paid.pass_time(HOUR)
    assert not read(paid).low
    paid.pass_time(DAY)
    assert read(paid).low


def test_only_one_process_reads_at_a_time(paid: World) -> None:
    assert len(purse.begin(paid.store, paid.terms, paid.now)) == 1
    assert purse.begin(paid.store, paid.terms, paid.now) == []


def test_an_answer_that_says_nothing_changes_nothing_but_the_time_of_the_next(paid: World) -> None:
    put_balance(paid, 100)
    read(paid)
    paid.other.faults.add(Fault(Kind.HTML, frozenset({Call.BALANCE})))
    assert read(paid).left == -1
    assert paid.account()["balance"] == 100


def begun(world: World) -> tuple[purse.Reading, Balance]:
    """A reading that the gateway has answered, and that nobody has weighed yet."""
    world.pass_time(1)
    world.change_account(balance_due=world.now)
    [reading] = purse.begin(world.store, world.terms, world.now)
    return reading, purse.read(world.terms, reading)


def test_a_send_that_ended_between_a_reading_and_its_weighing_is_no_stranger(paid: World) -> None:
    put_balance(paid, 100)
    exact(paid)
    reading, balance = begun(paid)
    paid.put_known(text=TEXT)
    paid.send()
    weighed = purse.apply(paid.store, paid.terms, reading, balance, paid.now)
    assert (weighed.shared, weighed.more) == (False, False)
    paid.pass_time(MINUTE)
    following = read(paid)
    assert (following.shared, following.more) == (False, False)
    paid.pass_time(MINUTE)
    put_balance(paid, 90)
    assert read(paid).shared
