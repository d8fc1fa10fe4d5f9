"""kill -9 of the service while reports are polled, again and again: the window, measured."""

from __future__ import annotations

import time
from random import Random

import pytest

from sms_notify.gateways import read_reports
from sms_notify.simulator import Call, Fate, Fault, Kind, Options, Simulator
from tests.programs.process import wait_until
from tests.spread import thorough

from .site import (
    PEOPLE,
    START,
    WIDE,
    post_until_taken,
    rows,
    site,
    store_of,
    wait_for_rest,
    webhook,
)

KILLS = thorough(25, 100)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kills_while_reports_are_polled_apply_nothing_twice(sim: Simulator, serve: START) -> None:
    rng = Random(100)
    sim.gateway.options = Options(report_delay=500_000)
    sim.gateway.fates[PEOPLE["王磊"]] = Fate.FAILED
    sim.gateway.faults.add(Fault(Kind.SLOW, frozenset({Call.REPORTS}), seconds=0.1))
    quick = {
        "poll": {"reports": "2s", "replies": "0"},
        "connect_timeout": "1s",
        "read_timeout": "2s",
    }
    delivery = {"uncertain_after": "1s"}
    running = serve(site(sim.url, gateway=quick, throttle=WIDE, delivery=delivery))
    for number in range(KILLS):
        post_until_taken(running.url, webhook(f"告警{number:05}", ["db-01"], began=time.time()))
        time.sleep(rng.random() * 0.4)
        running.kill()
        running.launch()
    store = store_of(running)
    wait_for_rest(store, 120)

    def handed_out() -> set[str]:
        asked = sim.gateway.requests(Call.REPORTS)
        return {one.provider_id for each in asked for one in read_reports(each.answer).entries}

    def stored() -> dict[str, int]:
        return dict(rows(store, "SELECT provider_id, times FROM report"))

    def all_in() -> bool:
        """No page waits to be applied and the newest poll, which may hold all of it, is over."""
        [[waiting]] = rows(
            store,
            "SELECT count(*) FROM request WHERE kind = 'reports' AND applied_at IS NULL"
            " AND (outcome IN ('page', 'cut') OR ended_at IS NULL AND id ="
            " (SELECT max(id) FROM request WHERE kind = 'reports'))",
        )
        return waiting == 0 and len(handed_out()) >= sim.gateway.truth.accepted()

    wait_until("every report to be fetched and applied", all_in, 120)
    lost = handed_out() - stored().keys()
    [[unanswered]] = rows(
        store, "SELECT count(*) FROM request WHERE kind = 'reports' AND started_at IS NOT NULL"
        " AND (ended_at IS NULL OR outcome = 'lost')"
    )  # fmt: skip
    twice = rows(
        store,
        "SELECT about_id FROM event WHERE what IN ('delivered', 'next_step', 'next_phone')"
        " GROUP BY about_id, what HAVING count(*) > 1",
    )
    print(
        f"{KILLS} kills: {len(handed_out())} reports handed out, {len(lost)} lost in "
        f"{unanswered} polls that a kill cut off, each in a window of 100 ms of network and ours"
    )
    assert twice == []
    assert set(stored().values()) == {1}
    assert not lost or unanswered
    assert len(lost) <= unanswered * 100
