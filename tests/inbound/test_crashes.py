"""Killed between any two steps of a poll: nothing twice, and nothing lost that was committed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from sms_notify.gateways import Fetched, Polled, read_reports
from sms_notify.inbound import ApplyPage, Beside, Page, ask, fetch, keep, sources
from sms_notify.inbound.pages import AT_ONCE
from sms_notify.simulator import Fate, Fault
from tests.full import files_up_to

from .site import ACCOUNT, MINUTE, SECOND, Asked, Kind, Options, Site

MIB = 1024 * 1024
STEPS = ("ask", "fetch", "write page", "keep", "apply")


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_each_step_a_report_is_applied_once_or_known_to_be_lost(
    site: Site, step: str
) -> None:
    number, provider_id = site.sent()
    site.report(provider_id, status=20)
    site.run_until(step)
    site.crash()
    site.run(10 * MINUTE)
    lost = site.sql("SELECT count(*) FROM request WHERE outcome = 'lost'")[0][0]
    if step == "ask":  # nothing had been asked yet: it comes with the next poll
        assert (site.state(number), lost) == ("failed", 1)
    elif step == "fetch":  # the answer was in the dead process' memory
        assert (site.state(number), lost) == ("sent", 1)
    else:
        assert (site.state(number), lost) == ("failed", 0)
    assert len(site.heard("13900000001")) == (step != "fetch")


def test_three_hundred_crashes_apply_nothing_twice_and_lose_nothing_that_was_committed(
    site: Site,
) -> None:
    rng = Random(11)
    site.gateway.options = Options(report_delay=2 * SECOND)
    site.gateway.fates["13800000001"] = Fate.FAILED
    handed_out: Counter[str] = Counter()
    crashes = polls = 0
    while crashes < 300:
        site.page(to=rng.choice(("值班", "网络", "兜底")))
        for _ in range(12):
            for step in site.tick():
                polls += step == "fetch"
                if rng.random() < 0.04:
                    site.crash()
                    crashes += 1
                    break
            due = site.runner.next_due(site.now)
            site.now = max(site.now, min(due or 0, site.now + 20 * SECOND))
    site.run(30 * MINUTE)
    for asked in site.gateway.requests(Asked.REPORTS):
        handed_out.update(entry.provider_id for entry in read_reports(asked.answer).entries)
    stored = {row[0]: row[4] for row in site.reports()}
    missing = set(handed_out) - set(stored)
    lost_polls = site.sql("SELECT count(*) FROM request WHERE outcome = 'lost'")[0][0]
    twice = site.sql(
        "SELECT about_id FROM event WHERE what IN ('delivered', 'next_phone', 'next_step')"
        " GROUP BY about_id, what HAVING count(*) > 1"
    )
    print(
        f"{crashes} crashes, {polls} polls: {len(handed_out)} reports handed out, {len(missing)} "
        f"lost with the {lost_polls} polls whose answer died in memory"
    )
    assert twice == []
    assert len(missing) <= lost_polls * 100
    assert bool(missing) <= bool(lost_polls)
    assert set(stored.values()) == {1}, "a page that was applied was applied again"
    waiting = site.sql("SELECT count(*) FROM request WHERE outcome IN ('page', 'cut')"
                       " AND applied_at IS NULL")  # fmt: skip
    assert waiting == [(0,)]
    assert site.sql("SELECT count(*) FROM message GROUP BY follows HAVING follows IS NOT NULL"
                    " AND count(*) > 1") == []  # fmt: skip


def asked(site: Site) -> tuple[Beside, Polled]:
    """A page in hand, on disk and not in the store; the store's own row says "asking"."""
    [source] = sources(site.runner._site.terms.gateways).values()
    asking = ask(site.runner.store, source, "another process", site.now)
    assert asking is not None
    polled = fetch(source)
    beside = site.runner._site.beside
    assert beside.put(asking, polled)
    return beside, polled


def test_a_page_in_hand_while_the_store_is_away_outlives_the_process(site: Site) -> None:
    number, provider_id = site.sent()
    site.report(provider_id)
    site.run(SECOND)
    site.now += 20 * SECOND
    beside, polled = asked(site)
    assert polled.came is Fetched.page
    site.crash()
    site.polled()
    assert site.state(number) == "delivered"
    assert list(beside.found()) == []
    assert site.told() == []


def test_a_page_that_turns_up_after_its_poll_was_given_up_is_no_longer_lost(site: Site) -> None:
    number, provider_id = site.sent()
    site.report(provider_id)
    site.now += 20 * SECOND
    asked(site)
    site.run(10 * MINUTE)
    assert "reports_lost" in site.told()
    site.crash()
    site.polled()
    assert site.state(number) == "delivered"
    assert site.sql("SELECT count(*) FROM request WHERE outcome = 'lost'") == [(0,)]


def test_a_page_of_a_poll_that_the_store_does_not_know_is_kept_all_the_same(site: Site) -> None:
    number, provider_id = site.sent()
    site.report(provider_id)
    site.now += 20 * SECOND
    asked(site)
    site.sql("SELECT 1")
    with site.runner.store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM request WHERE kind = 'reports'")
    site.crash()
    site.run(MINUTE)
    assert site.state(number) == "delivered"


def test_a_file_that_is_no_page_stays_for_the_operator_and_stops_nothing(site: Site) -> None:
    folder = site.runner._site.beside.folder
    assert folder is not None
    folder.mkdir(exist_ok=True)
    (folder / "1-1.json").write_bytes(b"{half")
    number, provider_id = site.sent()
    site.report(provider_id)
    site.crash()
    site.polled()
    assert site.state(number) == "delivered"
    assert (folder / "1-1.json").exists()


def test_a_page_that_the_store_refuses_stops_nobody_from_asking(site: Site) -> None:
    """One that an earlier version left, with a NUL: SQLite takes that, PostgreSQL does not."""
    site.report(site.sent()[1])
    site.now += 20 * SECOND
    beside, polled = asked(site)
    [(asking, _page)] = beside.found()
    assert beside.put(asking, replace(polled, text="1|6;13800000001;1\x000"))
    site.crash()
    number, provider_id = site.sent()
    site.report(provider_id)
    site.run(10 * MINUTE)
    assert site.state(number) == "delivered"
    assert len(list(beside.found())) == int(not site.runner.store.is_sqlite)


def test_a_page_for_which_the_disk_has_no_room_is_not_said_to_be_on_it(site: Site) -> None:
    site.report(site.sent()[1])
    site.now += 20 * SECOND
    beside, polled = asked(site)
    [(asking, _page)] = beside.found()
    beside.drop(asking)
    with files_up_to(MIB):
        assert not beside.put(asking, replace(polled, text="1|" + "9" * 2 * MIB))
    assert beside.folder is not None
    assert list(beside.folder.iterdir()) == []


def test_two_processes_do_not_ask_one_account_at_once(site: Site) -> None:
    site.sent()
    site.now += 20 * SECOND
    [source] = sources(site.runner._site.terms.gateways).values()
    first = ask(site.runner.store, source, "a", site.now)
    assert first is not None
    assert ask(site.runner.store, source, "b", site.now) is None
    site.now += 70 * SECOND
    second = ask(site.runner.store, source, "b", site.now)
    assert second is not None, "the lease of one who died is over"
    page = Polled(Fetched.page, text="1|640;13700000001;10")
    assert keep(site.runner.store, first, page, site.now), "never fenced"
    assert not keep(site.runner.store, first, page, site.now)
    assert site.sql("SELECT owner FROM turn") == [("b",)]


def test_a_page_is_applied_once_whoever_finds_it(site: Site) -> None:
    number, provider_id = site.sent()
    site.report(provider_id, status=20)
    site.run_until("keep")
    [(request, text)] = site.sql("SELECT id, answer FROM request WHERE kind = 'reports'")
    page = Page(request, ACCOUNT, "page", text, site.now)
    for _ in range(2):
        site.runner.writer.judge_now(ApplyPage(site.runner.rules, page))
    assert site.reports() == [(provider_id, "+8613800000001", 20, number, 1)]


def test_a_page_that_cannot_be_applied_is_tried_three_times_and_shown(site: Site) -> None:
    number, provider_id = site.sent()
    site.report(provider_id)
    values = "'mysms', '1', '+8613700000001', 10, 0, 1"
    with site.runner.store.engine.begin() as connection:
        columns = "account, provider_id, phone, status, request, at"
        connection.exec_driver_sql(f"INSERT INTO report ({columns}) VALUES ({values})")
        connection.exec_driver_sql("CREATE UNIQUE INDEX in_the_way ON report (account)")
    site.run(2 * MINUTE)
    try:
        assert site.runner.readiness()[1] == {"reports mysms": "1 pages cannot be read"}
        assert site.state(number) == "sent"
    finally:
        with site.runner.store.engine.begin() as connection:
            connection.exec_driver_sql("DROP INDEX in_the_way")
    site.crash()
    site.polled()
    assert site.state(number) == "delivered", "another life tries again"
    assert site.runner.readiness()[1] == {}


def put_page(site: Site, kind: str, text: str) -> None:
    """A page that was fetched, and is to be applied."""
    columns = "gateway, account, kind, owner, lease_until, started_at, ended_at, outcome, answer"
    moments = f"{site.now}, {site.now}, {site.now}"
    values = f"'g', '{ACCOUNT}', '{kind}', 'x', {moments}, 'page', '{text}'"
    with site.runner.store.engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO request ({columns}) VALUES ({values})")


def test_pages_that_were_given_up_keep_no_other_from_being_applied(site: Site) -> None:
    columns = "account, provider_id, phone, status, request, at"
    values = f"'', 'no0', '', 10, 0, {site.now}"
    with site.runner.store.engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO report ({columns}) VALUES ({values})")
        connection.exec_driver_sql(
            "CREATE UNIQUE INDEX in_the_way ON report (status) WHERE provider_id >= 'no'"
        )
    try:
        for number in range(AT_ONCE):
            put_page(site, "reports", f"1|no{number + 1};13700000001;10")
        number, provider_id = site.sent()
        site.report(provider_id)
        site.run(MINUTE)
        assert site.state(number) == "delivered"
        assert site.runner.readiness()[1] == {"reports mysms": f"{AT_ONCE} pages cannot be read"}
    finally:
        with site.runner.store.engine.begin() as connection:
            connection.exec_driver_sql("DROP INDEX in_the_way")


def test_a_slow_poll_holds_up_no_send(site: Site) -> None:
    site.sent()
    site.gateway.faults.add(Fault(Kind.SLOW, frozenset({Asked.REPORTS}), seconds=50))
    site.run(15 * SECOND)
    number = site.page(to="网络")
    site.run(SECOND)
    assert site.state(number) == "sent"
