"""What each report does to its message: early, late, double, foreign, unreadable."""

from __future__ import annotations

import pytest

from .site import ACCOUNT, MINUTE, SECOND, Asked, Kind, Site

HOUR = 60 * MINUTE


def test_a_report_that_it_was_delivered_is_the_end_of_a_message(site: Site) -> None:
    number, provider_id = site.sent()
    site.report(provider_id)
    site.polled()
    assert site.state(number) == "delivered"
    assert site.row(number)["check_at"] is None
    assert site.events(number)[-1] == f"delivered: report {provider_id}"
    assert site.reports() == [(provider_id, "+8613800000001", 10, number, 1)]


def test_a_failed_report_moves_the_page_to_the_next_phone_with_its_telling(site: Site) -> None:
    number, provider_id = site.sent()
    site.report(provider_id, status=20)
    site.polled()
    [(follower, phone, lane, state)] = site.sql(
        "SELECT id, phone, lane, state FROM message WHERE follows = :n", n=number
    )
    assert (site.state(number), site.row(number)["reason"]) == ("failed", "report")
    assert (phone, lane, state) == ("+8613900000001", "free", "sent")
    assert site.heard("13900000001") == [site.row(number)["text"]]
    assert site.sql("SELECT DISTINCT message FROM telling") == [(follower,)]
    assert "next_phone: could not be delivered" in site.events(number)[-1]
    assert "139****0001" in site.events(number)[-1]
    assert site.events(follower)[1].startswith(f"follows: message {number}")


def test_when_the_last_phone_failed_too_the_next_step_is_due_at_once(site: Site) -> None:
    _number, provider_id = site.sent()
    site.report(provider_id, status=20)
    site.polled()
    [(follower, second)] = site.sql("SELECT id, provider_id FROM message WHERE follows IS NOT NULL")
    site.report(second, phone="13900000001", status=20)
    site.polled()
    assert site.state(follower) == "failed"
    assert len(site.heard("13800000004")) == 1, "the root receiver is told"
    [(kind,)] = site.sql("SELECT kind FROM message WHERE phone = '+8613800000004'")
    assert kind == "escalated"


def test_a_failed_page_of_an_incident_that_is_over_moves_nobody(site: Site) -> None:
    number, provider_id = site.sent()
    with site.runner.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE incident SET state = 'acknowledged'")
    site.report(provider_id, status=20)
    site.polled()
    assert site.state(number) == "failed"
    assert site.heard("13900000001") == []


def test_the_same_report_twice_is_counted_and_done_once(site: Site) -> None:
    number, provider_id = site.sent()
    for _ in range(2):
        site.report(provider_id, status=20)
        site.polled()
    site.report(provider_id, status=20)
    site.report(provider_id, status=20)
    site.polled()
    assert site.reports() == [(provider_id, "+8613800000001", 20, number, 4)]
    assert len(site.heard("13900000001")) == 1


@pytest.mark.parametrize(("first", "then"), [(10, 20), (20, 10), (10, -1), (-1, 10)])
def test_evidence_never_moves_back(site: Site, first: int, then: int) -> None:
    number, provider_id = site.sent()
    for status in (first, then):
        site.report(provider_id, status=status)
        site.polled()
    assert site.state(number) == "delivered"


def test_no_result_is_an_event_and_counts_as_missing(site: Site) -> None:
    number, provider_id = site.sent()
    site.report(provider_id, status=-1)
    site.polled()
    assert site.state(number) == "sent"
    assert any(event.startswith("no_result") for event in site.events(number))
    assert len(site.heard("13900000001")) == 1


def test_no_result_of_what_is_only_information_moves_nobody(site: Site) -> None:
    number, provider_id = site.sent(level="info")
    site.report(provider_id, status=-1)
    site.polled()
    assert site.state(number) == "sent"
    assert site.heard("13900000001") == []


def test_a_foreign_report_is_kept_and_does_nothing(site: Site) -> None:
    number, _provider_id = site.sent()
    site.report("999001", "13700000007")
    site.report("999002", "13800000001", 20)
    site.polled()
    assert site.state(number) == "sent"
    assert [(row[0], row[3]) for row in site.reports()] == [("999001", None), ("999002", None)]


def test_a_report_that_comes_before_our_own_commit_of_the_send_is_found_again(site: Site) -> None:
    number = site.page()
    site.strike(Kind.SLOW, Asked.SEND, seconds=9)
    for _step in site.tick():
        pass
    provider_id = site.gateway.inbox("13800000001")[0].id
    site.report(provider_id)
    site.now += 5 * SECOND
    for _step in site.tick():
        pass
    site.run(0)
    assert site.state(number) in ("sending", "sent")
    site.run(20 * SECOND)
    assert site.state(number) == "delivered"
    assert site.reports() == [(provider_id, "+8613800000001", 10, number, 1)]


def test_one_id_for_a_whole_batch_is_told_apart_by_the_phone(site: Site) -> None:
    numbers = [site.sent(to=to, name=f"已知{to}")[0] for to in ("值班", "网络")]
    site.run(MINUTE)
    with site.runner.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE attempt SET provider_id = '77', request ="
            " (SELECT max(id) FROM request WHERE kind = 'send')"
        )
        connection.exec_driver_sql(
            "UPDATE message SET request = (SELECT max(id) FROM request WHERE kind = 'send')"
        )
    site.report("77", "13800000002", 20)
    site.report("77", "13800000001", 10)
    site.polled()
    assert [site.state(number) for number in numbers] == ["delivered", "failed"]


def test_an_unreadable_entry_is_noted_and_costs_only_itself(site: Site) -> None:
    number, provider_id = site.sent()
    good = f"{provider_id};13800000001;10"
    site.strike(Kind.ANSWER, text=f"2|{provider_id};13800000001;77|{good}", count=1)
    site.polled()
    assert site.state(number) == "delivered"
    assert site.told() == ["report_unreadable"]


@pytest.mark.parametrize("kind", [Kind.DROP_AFTER, Kind.HTML, Kind.HTTP500, Kind.EMPTY, Kind.HUGE])
def test_a_poll_without_an_answer_is_shown_as_what_may_be_lost(site: Site, kind: Kind) -> None:
    _number, provider_id = site.sent()
    site.report(provider_id)
    site.strike(kind, count=1)
    site.polled()
    [(outcome, applied)] = site.sql(
        "SELECT outcome, applied_at FROM request WHERE kind = 'reports'"
    )
    assert (outcome, applied) == ("lost", None)
    assert site.told() == ["reports_lost"]
    assert "may be lost" in site.runner.readiness()[1]["reports mysms"]


@pytest.mark.parametrize("answer", ["-3", "-1", "-7", "-99", "-12345"])
def test_a_refusal_loses_nothing_and_is_asked_again(site: Site, answer: str) -> None:
    number, provider_id = site.sent()
    site.report(provider_id)
    site.strike(Kind.ANSWER, text=answer, count=1)
    site.run(90 * SECOND)
    assert site.state(number) == "delivered"
    assert site.told() == []


def test_what_arrived_of_a_cut_page_counts_and_the_rest_may_be_lost(site: Site) -> None:
    first, one = site.sent()
    second, two = site.sent(to="网络")
    site.report(one)
    site.report(two, "13800000002")
    site.strike(Kind.TRUNCATED, keep=len(f"2|{one};13800000001;10|{two};1380"), count=1)
    site.polled()
    assert (site.state(first), site.state(second)) == ("delivered", "sent")
    assert "reports_lost" in site.told()


def test_pages_are_fetched_until_fewer_than_the_maximum_come(site: Site) -> None:
    site.sent()
    for number in range(250):
        site.report(f"{700_000 + number}", f"137{number:08}")
    site.polled()
    assert len(site.reports()) == 250
    asked = [each for each in site.gateway.requests(Asked.REPORTS) if each.answer != "0"]
    assert len(asked) == 3
    assert max(each.at for each in asked) - min(each.at for each in asked) < SECOND


def test_polls_are_rare_while_nothing_is_outstanding(site: Site) -> None:
    _number, provider_id = site.sent()
    site.report(provider_id)
    site.polled()
    before = len(site.gateway.requests(Asked.REPORTS))
    site.run(HOUR)
    assert 11 <= len(site.gateway.requests(Asked.REPORTS)) - before <= 13
    site.sent()
    before = len(site.gateway.requests(Asked.REPORTS))
    site.run(MINUTE)
    assert 5 <= len(site.gateway.requests(Asked.REPORTS)) - before <= 7


def test_an_empty_poll_leaves_no_row(site: Site) -> None:
    site.sent()
    site.run(2 * MINUTE)
    assert site.sql("SELECT count(*) FROM request WHERE kind = 'reports'") == [(0,)]


def test_no_secret_and_no_phone_of_a_page_is_in_any_history(site: Site) -> None:
    number, provider_id = site.sent()
    site.report(provider_id, status=20)
    site.strike(Kind.ANSWER, text=f"1|{provider_id};13800000001", count=1)
    site.run(MINUTE)
    said = str(site.sql("SELECT what, detail FROM event")) + str(site.runner.readiness())
    assert "wordless9" not in said
    assert "13800000001" not in said
    assert site.state(number) == "failed"
    assert ACCOUNT in said
