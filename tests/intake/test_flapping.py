"""What comes and goes: said once, then silent, and told when it stays on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sms_notify.model import HOUR, MINUTE, Alert
from tests.intake.conftest import CONFIG, Bench


def come_and_go(bench: Bench, times: int, every: int = 10 * MINUTE, **labels: str) -> Alert:
    """Fires half of each period; returns the last alert, which still fires."""
    for number in range(times):
        alert = bench.alert(**labels)
        bench.post(alert)
        if number + 1 < times:
            bench.later(every // 2)
            bench.post(bench.ended(alert))
            bench.later(every - every // 2)
    return alert


def test_the_fourth_time_in_an_hour_is_said_to_flap_and_then_it_is_silent(bench: Bench) -> None:
    come_and_go(bench, 4)
    texts = [said for _, said in bench.sms()]
    assert "反复" in texts[-1]
    assert "1h内4次,2h内不再发" in texts[-1]
    assert sum("反复" in said for said in texts) == 1
    before = len(texts)
    bench.later(5 * MINUTE)
    bench.post(bench.ended(bench.alert()))
    come_and_go(bench, 6)
    assert len(bench.sms()) == before
    assert bench.verdicts()["flapping"] >= 6


def test_three_times_are_told_as_ever(bench: Bench) -> None:
    come_and_go(bench, 3)
    bench.later(20 * MINUTE)
    assert bench.kinds() == ["first", "resolved", "first", "resolved", "first"]


def test_four_times_in_more_than_an_hour_do_not_flap(bench: Bench) -> None:
    come_and_go(bench, 5, every=21 * MINUTE)
    assert not any("反复" in said for _, said in bench.sms())


def test_what_stays_on_is_told_when_the_silence_ends(bench: Bench) -> None:
    come_and_go(bench, 4)
    told = len(bench.sms())
    ends = bench.now + 2 * HOUR
    bench.later(10 * MINUTE)
    bench.post(bench.ended(bench.alert()))
    bench.later(5 * MINUTE)
    bench.post(bench.alert())  # and stays
    bench.later(ends - bench.now - 1)
    assert len(bench.sms()) == told
    bench.later(1)
    assert [kind for kind, _ in bench.sms()[told:]] == ["first"]


def test_what_stopped_flapping_is_told_to_be_over(bench: Bench) -> None:
    come_and_go(bench, 4)
    told = len(bench.sms())
    bench.later(5 * MINUTE)
    bench.post(bench.ended(bench.alert()))
    bench.later(3 * HOUR)
    assert [kind for kind, _ in bench.sms()[told:]] == ["resolved"]
    assert bench.sql("SELECT count(*) FROM timer WHERE kind = 'digest'") == [(0,)]


def test_what_goes_on_flapping_is_said_again_after_the_silence(bench: Bench) -> None:
    come_and_go(bench, 30)
    texts = [said for _, said in bench.sms() if "反复" in said]
    assert len(texts) == 3  # 300 minutes: at 30, then at each first time after two hours


def test_a_critical_alert_is_told_as_soon_as_it_stays_on(bench: Bench) -> None:
    come_and_go(bench, 6, severity="critical")
    told = len(bench.sms())
    bench.later(15 * MINUTE - 1)
    assert len(bench.sms()) == told
    bench.later(1)
    assert len(bench.sms()) == told + 1


def test_a_worse_one_does_not_hide_among_those_that_flap(bench: Bench) -> None:
    come_and_go(bench, 5)
    told = len(bench.sms())
    bench.later(MINUTE)
    bench.post(bench.ended(bench.alert()))
    bench.later(MINUTE)
    worse = replace(bench.alert(severity="critical"), fingerprint=bench.alert().fingerprint)
    bench.post(worse)
    assert "严重" in bench.sms()[told:][-1][1]


def test_others_of_the_same_webhook_are_told(bench: Bench) -> None:
    come_and_go(bench, 5, instance="db-1")
    told = len(bench.sms())
    bench.later(5 * MINUTE)
    bench.post(bench.ended(bench.alert(instance="db-1")))
    bench.later(5 * MINUTE)
    bench.post(bench.alert(instance="db-1"), bench.alert(instance="db-2"))
    bench.later(5 * MINUTE)
    assert "db-2" in bench.sms()[told:][-1][1]
    assert "db-1" not in bench.sms()[told:][-1][1]


def test_lines_that_end_themselves_do_not_flap(bench: Bench) -> None:
    for _ in range(6):
        bench.post(bench.alert(), ends_itself=True)
        bench.sql("UPDATE alert SET ended_at = :n WHERE ended_at IS NULL", n=bench.now)
        bench.sql("UPDATE incident SET ended_at = :n, state = 'ended' WHERE ended_at IS NULL",
                  n=bench.now)  # fmt: skip
        bench.later(5 * MINUTE)
    assert "flapping" not in bench.verdicts()


@pytest.mark.parametrize("off", ["off", "0"])
def test_it_can_be_switched_off(make_bench: Any, off: str) -> None:
    bench = make_bench(CONFIG + f"throttle: {{flapping: {off}}}\n")
    come_and_go(bench, 8)
    bench.later(HOUR)
    assert "flapping" not in bench.verdicts()


def test_its_bounds_are_configured(make_bench: Any) -> None:
    bench = make_bench(CONFIG + "throttle: {flapping: {changes: 2, within: 10m, mute: 30m}}\n")
    come_and_go(bench, 2, every=8 * MINUTE)
    assert "10m内2次,30m内不再发" in bench.sms()[-1][1]
