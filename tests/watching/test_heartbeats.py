"""Expected signals: taken in and routed nowhere; their absence pages once, their return ends it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from sms_notify.intake import TellCall
from sms_notify.model import DAY, HOUR, MINUTE, SECOND
from sms_notify.sources import line

from .conftest import BEATS, SUNDAY, Watched


def test_a_watchdog_that_comes_makes_no_sms_and_no_incident(watched: Watched) -> None:
    watched.run(0)
    accepted = watched.post()
    assert accepted.heartbeats == ("Prometheus",)
    watched.beat(MINUTE, 180)
    assert watched.incidents() == []
    assert watched.sql("SELECT count(*) FROM alert") == [(0,)]
    assert watched.sms() == []


def test_its_absence_pages_the_receiver_and_its_return_tells_the_end(watched: Watched) -> None:
    watched.run(0)
    watched.beat(MINUTE, 10)
    watched.run(4 * MINUTE)
    assert watched.sms() == []
    watched.run(MINUTE)
    assert watched.sms() == ["严重 心跳中断 Prometheus 00:14"]
    watched.run(20 * MINUTE)
    assert len(watched.sms()) == 1
    watched.post()
    watched.run(0)
    assert watched.sms()[1:] == ["恢复 心跳中断 Prometheus 00:35"]
    assert watched.incidents() == [("heartbeat", "ended", "resolved")]
    watched.beat(MINUTE, 30)
    assert len(watched.sms()) == 2


def test_it_is_missing_again_after_it_was_back(watched: Watched) -> None:
    watched.run(0)
    for _ in range(3):
        watched.post()
        watched.run(6 * MINUTE)
    assert [sms.split()[0] for sms in watched.sms()] == ["严重", "恢复", "严重", "恢复", "严重"]


def test_one_that_was_never_seen_is_due_its_time_after_the_start(watched: Watched) -> None:
    watched.run(5 * MINUTE)
    assert watched.sms() == []
    watched.run(30 * SECOND)
    assert len(watched.sms()) == 1


def test_a_resolved_watchdog_is_no_sign_of_life_and_no_sms(watched: Watched) -> None:
    watched.run(0)
    watched.post()
    for _ in range(6):
        watched.run(MINUTE)
        watched.post(ended=True)
    watched.run(0)
    assert watched.sms() == ["严重 心跳中断 Prometheus 00:05"]


def test_one_that_stays_away_is_repeated_and_never_given_up(watched: Watched) -> None:
    watched.run(0)
    watched.run(26 * HOUR)
    kinds = watched.sql("SELECT kind FROM message WHERE person = '赵敏' ORDER BY id")
    assert kinds[0] == ("first",)
    assert len(kinds) == 7  # every 4 h
    assert set(kinds[1:]) == {("repeat",)}
    assert watched.incidents()[0] == ("heartbeat", "open", None)
    watched.post()
    watched.run(0)
    assert watched.sms()[-1].startswith("恢复 心跳中断 Prometheus")


def test_after_our_own_absence_each_has_its_whole_time_once_more(watched: Watched) -> None:
    watched.run(0)
    watched.beat(MINUTE, 10)
    watched.now += 8 * HOUR  # nobody ran
    watched.crash()
    watched.run(5 * MINUTE)
    assert watched.sms() == []
    watched.post()
    watched.run(5 * MINUTE)
    assert watched.sms() == []
    watched.run(MINUTE)
    assert len(watched.sms()) == 1


def test_one_that_was_missing_before_our_absence_is_missing_still(watched: Watched) -> None:
    watched.run(10 * MINUTE)
    assert len(watched.sms()) == 1
    watched.now += HOUR
    watched.crash()
    watched.run(10 * MINUTE)
    assert len(watched.sms()) == 1
    watched.post()
    watched.run(0)
    assert watched.sms()[1].startswith("恢复")


def test_a_line_from_cron_is_a_sign_of_life_too(watched: Watched) -> None:
    watched.run(0)
    for day in range(2):
        call = line.parse(
            b"backup ok", levels=watched.config.site.levels, called_at=watched.now, level=None,
            key=None, resolved=False, to=None, labels={"job": "backup"}, call_id=f"c{day}",
        )  # fmt: skip
        answer = watched.runner.writer.judge_now(TellCall(watched.runner.rules, call))
        assert answer.heartbeats == ("备份",)
        watched.run(DAY)
    assert watched.sms("13800000001") == watched.sms("13800000002") == []
    watched.run(3 * HOUR)
    assert sum(map(len, map(watched.sms, ("13800000001", "13800000002")))) == 1


def test_what_waited_in_a_spool_was_a_sign_then_and_not_now(watched: Watched) -> None:
    watched.run(0)
    watched.run(4 * MINUTE)
    old = line.parse(
        b"x", levels=watched.config.site.levels, called_at=SUNDAY - HOUR, level=None, key=None,
        resolved=False, to=None, labels={"alertname": "Watchdog"}, call_id="old",
    )  # fmt: skip
    watched.runner.writer.judge_now(TellCall(watched.runner.rules, old))
    watched.run(2 * MINUTE)
    assert len(watched.sms()) == 1


def test_a_heartbeat_that_a_reload_takes_away_ends_its_incident(watched: Watched) -> None:
    watched.run(6 * MINUTE)
    assert watched.incidents() == [("heartbeat", "open", None)]
    watched.reload("checks: {look_ahead: 0}")
    watched.run(HOUR)
    assert watched.incidents() == [("heartbeat", "ended", "resolved")]
    assert watched.sql("SELECT * FROM heartbeat") == []
    watched.post()  # an alert like any other now
    watched.run(0)
    assert watched.incidents()[-1][0] == "alertmanager"


def test_a_reload_never_gives_more_time_than_a_heartbeat_had(watched: Watched) -> None:
    watched.run(0)
    for _ in range(6):
        watched.reload(BEATS)
        watched.run(MINUTE)
    assert len(watched.sms()) == 1


def test_a_new_heartbeat_has_its_whole_time_from_the_reload_on(watched: Watched) -> None:
    watched.reload("checks: {look_ahead: 0}")
    watched.run(HOUR)
    watched.reload(BEATS)
    watched.run(5 * MINUTE)
    assert watched.sms() == []
    watched.run(MINUTE)
    assert len(watched.sms()) == 1


def test_a_clock_set_back_keeps_no_dead_heartbeat_alive_for_long(watched: Watched) -> None:
    watched.run(0)
    watched.post()
    watched.now -= 2 * HOUR
    watched.run(2 * HOUR + 12 * MINUTE)
    assert len(watched.sms()) == 1


@pytest.mark.parametrize("seed", range(2))
def test_crashes_at_any_step_lose_no_absence_and_tell_none_twice(
    watched: Watched, seed: int
) -> None:
    rng = Random(seed)
    watched.run(0)
    crashes = 0
    for _ in range(4):
        watched.post()
        crashes += watched.run_crashing(MINUTE, rng, 0.0)
        # each start gives the whole time once more
        crashes += watched.run_crashing(15 * MINUTE, rng, 0.15)
        watched.run(6 * MINUTE)
        watched.post()
        watched.run(0)
        crashes += watched.run_crashing(MINUTE, rng, 0.3)
    query = "SELECT incident, kind, count(*) FROM message GROUP BY 1, 2"
    told = watched.sql(query)
    assert len(told) == 8, told
    assert all(count == 1 for _incident, _kind, count in told)
    assert crashes > 4


def test_what_matches_no_heartbeat_is_told_beside_one_that_does(watched: Watched) -> None:
    watched.run(0)
    assert watched.post("磁盘满", severity="critical").heartbeats == ()
    watched.run(0)
    assert len(watched.sms()) == 1


def test_the_absence_of_a_heartbeat_is_no_sign_of_life_of_another(
    watch: Callable[..., Watched],
) -> None:
    both = watch(
        "heartbeats:\n"
        "  - {name: a, matchers: ['alertname=\"Watchdog\"'], every: 5m}\n"
        "  - {name: b, matchers: ['source=\"heartbeat\"'], every: 5m}\n"
        "checks: {look_ahead: 0}\n"
    )
    both.run(6 * MINUTE)
    assert len(both.incidents()) == 2
