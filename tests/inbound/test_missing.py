"""Reports that do not come: acted on where the gateway is known to report, else said once."""

from __future__ import annotations

import pytest

from .site import MINUTE, SECOND, Kind, Site


def known_to_report(site: Site) -> None:
    _number, provider_id = site.sent(to="网络")
    site.report(provider_id, "13800000002")
    site.polled()


@pytest.mark.parametrize("level", ["critical", "warning"])
def test_a_missing_report_moves_a_page_to_the_next_phone(site: Site, level: str) -> None:
    known_to_report(site)
    number, _provider_id = site.sent(level=level)
    site.run(5 * MINUTE - SECOND)
    assert site.heard("13900000001") == []
    site.run(2 * SECOND)
    assert len(site.heard("13900000001")) == 1
    assert site.state(number) == "sent"
    assert any("no report of it came" in event for event in site.events(number))


def test_a_report_that_comes_after_all_still_counts(site: Site) -> None:
    known_to_report(site)
    number, provider_id = site.sent()
    site.run(6 * MINUTE)
    site.report(provider_id)
    site.run(11 * SECOND)
    assert site.state(number) == "delivered"


def test_one_that_failed_after_it_was_missing_moves_on_only_once(site: Site) -> None:
    known_to_report(site)
    _number, provider_id = site.sent()
    site.run(6 * MINUTE)
    site.report(provider_id, status=20)
    site.run(MINUTE)
    assert len(site.heard("13900000001")) == 1


def test_what_is_only_information_is_not_told_again(site: Site) -> None:
    known_to_report(site)
    number, _provider_id = site.sent(level="info")
    site.run(6 * MINUTE)
    assert site.heard("13900000001") == []
    assert site.events(number)[-1] == "missing: no report in time"


def test_a_report_for_something_sent_later_makes_it_known_too(site: Site) -> None:
    number, _provider_id = site.sent()
    site.run(MINUTE)
    known_to_report(site)
    site.run(4 * MINUTE)
    assert len(site.heard("13900000001")) == 1
    assert site.state(number) == "sent"


def test_a_gateway_that_never_reports_is_said_to_the_operator_once(site: Site) -> None:
    for _ in range(3):
        number, _provider_id = site.sent()
        site.run(MINUTE)
    site.run(20 * MINUTE)
    [notice] = site.heard("13800000004")
    assert "送达回执" in notice
    assert "mysms" in notice
    assert site.heard("13900000001") == []
    assert site.told() == ["reports_silent"]
    assert site.runner.readiness()[1] == {"reports mysms": "no report comes"}
    assert site.events(number)[-1].startswith("missing: no report in time; the gateway gives none")


def test_it_is_said_again_only_after_reports_came_back(site: Site) -> None:
    site.sent()
    site.run(10 * MINUTE)
    known_to_report(site)
    assert site.runner.readiness() == (True, {})
    site.run(30 * MINUTE)
    site.sent()
    site.run(20 * MINUTE)
    assert site.told() == ["reports_silent", "reports_back", "reports_silent"]
    assert sum("回执" in text for text in site.heard("13800000004")) == 2


def test_where_a_poll_may_have_lost_it_nobody_is_paged_for_it(site: Site) -> None:
    known_to_report(site)
    number, _provider_id = site.sent()
    site.strike(Kind.DROP_AFTER, count=1)
    site.run(6 * MINUTE)
    assert site.heard("13900000001") == []
    assert "a poll since then may have lost it" in site.events(number)[-1]
    assert site.told() == ["reports_lost"]


def test_what_is_acknowledged_is_told_nobody_else(site: Site) -> None:
    known_to_report(site)
    site.sent()
    with site.runner.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE incident SET state = 'acknowledged'")
    site.run(6 * MINUTE)
    assert site.heard("13900000001") == []
