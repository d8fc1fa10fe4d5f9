"""Uncertain sends: a report proves what the lost answer did not say, before any second send."""

from __future__ import annotations

from random import Random

import pytest

from sms_notify.simulator import Fate
from sms_notify.store import tables

from .site import ACCOUNT, MINUTE, SECOND, Asked, Kind, Site


def uncertain(site: Site, **more: str) -> tuple[int, str]:
    """A page whose answer was dropped after it was taken, and the id that nobody told us."""
    site.strike(Kind.DROP_AFTER, Asked.SEND, count=1)
    number = site.page(**more)
    site.run(0)
    assert site.state(number) == "uncertain"
    [phone] = site.sql("SELECT phone FROM message WHERE id = :n", n=number)
    return number, site.gateway.inbox(str(phone[0]).removeprefix("+86"))[-1].id


def test_a_report_with_an_id_we_never_heard_settles_it_and_teaches_the_id(site: Site) -> None:
    number, provider_id = uncertain(site)
    site.report(provider_id)
    site.run(5 * MINUTE)
    assert site.state(number) == "delivered"
    assert site.gateway.truth.accepted() == 1
    assert site.sql("SELECT provider_id FROM attempt") == [(provider_id,)]


def test_a_failed_report_of_it_moves_the_page_on_at_once(site: Site) -> None:
    number, provider_id = uncertain(site)
    site.report(provider_id, status=20)
    site.polled()
    assert site.state(number) == "failed"
    assert len(site.heard("13900000001")) == 1


@pytest.mark.parametrize(("status", "state"), [(10, "delivered"), (20, "failed"), (-1, "sent")])
def test_what_the_balance_proved_still_takes_its_report(
    site: Site, status: int, state: str
) -> None:
    number, provider_id = uncertain(site)
    with site.runner.store.engine.begin() as connection:
        settled = {"state": "sent", "reason": None, "sent_at": site.now}
        proved = tables.message.update().where(tables.message.c.id == number)
        connection.execute(proved.values(**settled, check_at=site.now + MINUTE))
    site.report(provider_id, status=status)
    site.polled()
    assert site.state(number) == state
    [(_id, _phone, _status, of, _times)] = site.reports()
    assert of == number
    assert len(site.heard("13900000001")) == (state != "delivered")


def test_no_result_says_that_it_was_taken(site: Site) -> None:
    number, provider_id = uncertain(site)
    site.report(provider_id, status=-1)
    site.polled()
    assert site.state(number) == "sent"


def test_of_two_uncertain_ones_the_older_is_settled_first(site: Site) -> None:
    first, one = uncertain(site)
    site.run(SECOND)
    second, two = uncertain(site)
    site.report(one)
    site.polled()
    assert (site.state(first), site.state(second)) == ("delivered", "uncertain")
    site.report(two)
    site.polled()
    assert site.state(second) == "delivered"


def test_while_another_one_to_that_phone_is_in_the_air_nothing_is_guessed(site: Site) -> None:
    number, provider_id = uncertain(site)
    site.strike(Kind.SLOW, Asked.SEND, seconds=9)
    site.page(name="in the air")
    site.report(provider_id)
    site.run(5 * SECOND)
    assert site.state(number) == "uncertain"
    site.run(10 * SECOND)
    assert site.state(number) == "delivered", "what was kept is looked at again"


def test_on_an_account_that_others_use_too_nothing_is_guessed(site: Site) -> None:
    number, provider_id = uncertain(site)
    with site.runner.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE gateway SET shared_at = 1")
    site.report(provider_id)
    site.run(30 * SECOND)
    assert site.state(number) == "uncertain"
    assert site.reports() == [(provider_id, "+8613800000001", 10, None, 1)]


def test_a_report_that_is_older_than_the_send_is_of_something_else(site: Site) -> None:
    site.sent(to="网络")
    site.report("990001")
    site.polled()
    number, _provider_id = uncertain(site)
    site.run(30 * SECOND)
    assert site.state(number) == "uncertain"


def test_a_report_of_the_first_send_drops_the_second_that_waits(site: Site) -> None:
    number, provider_id = uncertain(site)
    site.run(80 * SECOND)
    site.strike(Kind.REFUSE, Asked.SEND)
    site.run(15 * SECOND)
    assert site.state(number) == "queued"
    site.report(provider_id)
    site.run(20 * SECOND)
    assert site.state(number) == "delivered"
    site.gateway.faults.clear()
    site.run(10 * MINUTE)
    assert site.gateway.truth.accepted() == 1


def test_a_page_that_is_kept_is_read_before_anything_is_sent_again(site: Site) -> None:
    number, provider_id = uncertain(site)
    site.run(75 * SECOND)
    site.report(provider_id)
    site.run_until("keep")
    site.now += 20 * SECOND
    site.crash()
    site.run(MINUTE)
    assert site.state(number) == "delivered"
    assert site.gateway.truth.accepted() == 1


def test_a_thousand_pages_through_a_gateway_that_drops_a_fifth_of_its_answers(site: Site) -> None:
    for person in site.config.people:
        site.gateway.fates[site.config.people[person].phones[0].removeprefix("+86")] = (
            Fate.DELIVERED
        )
    site.gateway.options = type(site.gateway.options)(report_delay=4 * SECOND)
    site.strike(Kind.DROP_AFTER, Asked.SEND, probability=0.2)
    rng = Random(1)
    numbers = []
    for _ in range(1000):
        numbers.append(site.page(to=rng.choice(("值班", "网络", "兜底"))))
        site.run(rng.choice((0, SECOND, 3 * SECOND)))
    site.run(30 * MINUTE)
    states = [site.state(number) for number in numbers]
    accepted = site.gateway.truth.accepted()
    lost = sum(
        site.gateway.truth.accepted(text=site.row(number)["text"]) == 0 for number in numbers
    )
    print(f"1000 pages: lost {lost}, duplicates {accepted - 1000}")
    assert lost == 0
    assert accepted - 1000 < 20
    assert set(states) == {"delivered"}
    assert ACCOUNT in site.gateway.account(ACCOUNT).name
