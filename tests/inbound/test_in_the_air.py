"""Killed with several sends to one phone in the air: some had left, some had not."""

from __future__ import annotations

from .site import MINUTE, SECOND, Site

PHONE = "13800000001"


def killed_after(site: Site, step: str) -> int:
    """A page whose owner dies after this step: the gateway has it after `fly`, not before."""
    number = site.page()
    site.run_until(step)
    site.crash()
    assert site.state(number) == "sending"
    return number


def uncertain(site: Site, *numbers: int) -> None:
    for _ in range(300):
        if {site.state(number) for number in numbers} == {"uncertain"}:
            return
        site.run(SECOND)
    raise AssertionError([site.events(number) for number in numbers])


def test_all_of_them_had_left_and_are_proved_by_as_many_reports(site: Site) -> None:
    numbers = [killed_after(site, "fly") for _ in range(3)]
    uncertain(site, *numbers)
    for sms in site.gateway.inbox(PHONE):
        site.report(sms.id)
        site.polled()
    assert {site.state(number) for number in numbers} == {"delivered"}
    site.run(30 * MINUTE)
    assert site.gateway.truth.accepted() == 3
    assert all(row[3] for row in site.reports())


def test_one_of_them_had_not_left_and_arrives_all_the_same(site: Site) -> None:
    one, other = killed_after(site, "claim"), killed_after(site, "fly")
    uncertain(site, one, other)
    site.report(site.gateway.inbox(PHONE)[0].id)
    site.run(30 * MINUTE)
    assert site.state(one) == "folded", "they go out once more, in one text"
    assert site.state(other) == "folded"
    assert "告警00001" in site.heard(PHONE)[-1]


def test_a_report_of_what_was_sent_again_proves_nothing_that_still_waits(site: Site) -> None:
    had_left = killed_after(site, "fly")
    uncertain(site, had_left)
    had_not = killed_after(site, "claim")
    site.report(site.gateway.inbox(PHONE)[0].id)
    site.run(30 * MINUTE)
    assert site.heard(PHONE)[0] == site.heard(PHONE)[1], "the first was sent again, alone"
    assert "告警00002" in site.heard(PHONE)[-1], site.events(had_not)
