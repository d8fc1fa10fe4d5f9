"""Proof of life: one SMS on schedule to whoever is on call, an alarm if it does not arrive."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest

from sms_notify.config import Handoff
from sms_notify.model import DAY, HOUR, MINUTE
from sms_notify.simulator import Call as Asked
from sms_notify.simulator import Fault, Kind
from sms_notify.watching.occasions import next_occasion

from .conftest import SUNDAY, Watched

WEEKLY = "checks: {look_ahead: 0, proof_of_life: {at: Mon 09:30, to: 值班}}"
ON_CALL, OPERATOR = "13800000002", "13800000004"  # on Monday from 08:00; the root receiver
Make = Callable[..., Watched]


def proofs(site: Watched) -> list[tuple[str, str, str]]:
    return [
        (row[0], row[1], row[2])
        for row in site.sql("SELECT person, state, lane FROM message WHERE kind = 'proof'")
    ]


def silent(site: Watched, *phones: str) -> None:
    """No report of what these phones get comes any more."""
    site.gateway.report_delays.update(dict.fromkeys(phones, 99 * DAY))


def test_it_goes_once_a_week_to_who_is_on_call_and_nobody_hears_more_when_it_arrives(
    watch: Make,
) -> None:
    site = watch(WEEKLY, reports="1m")
    site.run(21 * DAY)
    assert [state for _person, state, _lane in proofs(site)] == ["delivered"] * 3
    assert {lane for _person, _state, lane in proofs(site)} == {"free"}
    assert {person for person, _state, _lane in proofs(site)} == {"张伟", "李娜"}
    assert site.sms(OPERATOR) == []
    [first, *_rest] = site.sms(ON_CALL)
    assert first == "短信通道测试 11-30 09:30,李娜正在值班,收到即正常,无需处理"
    assert len(first) <= 70


def test_one_that_fails_alarms_the_operator(watch: Make) -> None:
    site = watch(WEEKLY, reports="1m")
    silent(site, ON_CALL)
    site.run(9 * HOUR + 31 * MINUTE)
    site.report(status=20)
    site.run(20 * MINUTE)
    assert site.sms(OPERATOR) == ["11-30 09:30发给李娜的短信通道测试未送达,请检查短信平台和手机号"]
    site.run(DAY)
    assert len(site.sms(OPERATOR)) == 1


def test_a_report_that_does_not_come_alarms_where_the_gateway_is_known_to_report(
    watch: Make,
) -> None:
    site = watch(WEEKLY, reports="1m")
    site.run(7 * DAY)
    silent(site, "13800000001")
    site.run(DAY)
    [alarm] = [sms for sms in site.sms(OPERATOR) if "测试" in sms]
    assert alarm == "12-07 09:30发给张伟的短信通道测试没有送达回执,请检查短信平台和手机号"


def test_where_no_report_ever_came_the_silence_proves_nothing(watch: Make) -> None:
    site = watch(WEEKLY, reports="0")
    site.run(DAY)
    assert len(site.sms(ON_CALL)) == 1
    assert site.sms(OPERATOR) == []
    assert ("unproved", "nothing") in site.sql("SELECT what, detail FROM event WHERE about_id = 1")


def test_one_that_cannot_leave_alarms_as_soon_as_anything_can(watch: Make) -> None:
    site = watch(WEEKLY, reports="1m")
    site.run(9 * HOUR)
    site.gateway.faults.add(Fault(Kind.REFUSE, frozenset({Asked.SEND})))
    site.run(HOUR)
    assert site.sms(ON_CALL) == []
    assert site.sql("SELECT count(*) FROM message WHERE once_key LIKE 'unproved%'") == [(1,)]
    site.gateway.faults.clear()
    site.run(HOUR)
    assert site.sms(OPERATOR)[0].startswith("11-30 09:30发给李娜的短信通道测试一直未发出")


def test_nobody_on_call_is_told_the_operator(watch: Make) -> None:
    gap = "checks: {look_ahead: 0, proof_of_life: {at: '09:30', to: 值班+1}}\n"
    site = watch(gap.replace("值班+1", "值班+2"))
    site.run(10 * HOUR)
    assert site.sms(OPERATOR) == ["短信通道测试 11-30 09:30无人可发:值班+2此时无人值班"]


def test_one_that_nobody_could_send_for_days_waits_for_its_next_time(watch: Make) -> None:
    site = watch(WEEKLY)
    site.run(HOUR)
    site.now += 3 * DAY
    site.crash()
    site.run(HOUR)
    assert proofs(site) == []
    site.run(5 * DAY)
    assert len(proofs(site)) == 1


def test_one_that_a_restart_missed_by_minutes_goes_at_the_start(watch: Make) -> None:
    site = watch(WEEKLY)
    site.run(9 * HOUR)
    site.now += HOUR
    site.crash()
    site.run(MINUTE)
    assert len(proofs(site)) == 1


def test_a_reload_with_another_time_moves_it_and_without_it_ends_it(watch: Make) -> None:
    site = watch(WEEKLY)
    site.run(0)
    site.reload(WEEKLY.replace("Mon 09:30", "Tue 10:00"))
    site.run(DAY)
    assert proofs(site) == []
    site.run(DAY)
    assert len(proofs(site)) == 1
    site.reload("checks: {look_ahead: 0}")
    site.run(14 * DAY)
    assert len(proofs(site)) == 1
    assert site.sql("SELECT kind FROM timer WHERE kind = 'proof'") == []


@pytest.mark.parametrize("seed", range(2))
def test_crashes_and_restarts_send_each_exactly_once(watch: Make, seed: int) -> None:
    site = watch("checks: {look_ahead: 0, proof_of_life: {at: '09:30', to: 值班}}")
    rng, crashes = Random(seed), 0
    for _day in range(3):
        site.run(9 * HOUR)
        crashes += site.run_crashing(HOUR, rng, 0.3)
        site.run(14 * HOUR)
    assert crashes > 2
    assert len(proofs(site)) == 3
    keys = site.sql("SELECT once_key FROM message WHERE kind = 'proof'")
    assert len(set(keys)) == 3


@pytest.mark.parametrize(
    ("at", "after", "then"),
    [
        (Handoff(0, None, 9, 30), "2026-11-30 09:29", "2026-11-30 09:30"),
        (Handoff(0, None, 9, 30), "2026-11-30 09:30", "2026-12-07 09:30"),
        (Handoff(None, 31, 9, 30), "2026-11-29 10:00", "2026-11-30 09:30"),
        (Handoff(None, 31, 9, 30), "2027-01-31 09:30", "2027-02-28 09:30"),
        (Handoff(None, None, 2, 30), "2027-03-13 02:30", "2027-03-14 03:00"),  # is skipped
        (Handoff(None, None, 0, 0), "2026-11-30 23:59", "2026-12-01 00:00"),
    ],
)
def test_the_next_time_is_that_of_the_clock_on_the_wall(at: Handoff, after: str, then: str) -> None:
    zone = ZoneInfo("America/Chicago")

    def moment(text: str) -> int:
        return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * 1_000_000

    assert next_occasion(at, zone, moment(after)) == moment(then)


def test_the_hour_that_comes_twice_proves_once() -> None:
    zone, at = ZoneInfo("America/Chicago"), Handoff(None, None, 1, 30)
    first = next_occasion(at, zone, SUNDAY - 30 * DAY)
    found = [first]
    while found[-1] < SUNDAY - 26 * DAY:
        found.append(next_occasion(at, zone, found[-1]))
    spans = [(later - earlier) // HOUR for earlier, later in pairwise(found)]
    assert sum(spans) == len(spans) * 24 + spans.count(25)
