"""Muted routes and muted incidents: what they hold, what pierces, the one digest at the end."""

from __future__ import annotations

from typing import Any

import pytest

from sms_notify.errors import ConfigError
from sms_notify.intake import Ledger
from sms_notify.intake.muting import mute, unmute
from sms_notify.model import DAY, HOUR, MINUTE, SECOND, Micros
from sms_notify.store.facts import Keys
from tests.intake.conftest import CONFIG, MORNING, Bench
from tests.intake.test_quiet import held, moment, until

HOLIDAY = """
time_intervals:
  长假: [{months: ["october"], days_of_month: ["1:7"], location: Asia/Shanghai}]
  工作时间: "1-5,09:00-18:00"
"""


def muted(keys: str, receiver: str = "receiver: 两人") -> str:
    return CONFIG.replace(f"{receiver}}}", f"{receiver}, {keys}}}", 1) + HOLIDAY


class Mute:
    """What an answer, the command or the web page does."""

    alerts = 1

    def __init__(self, incident: int, until: Micros | None) -> None:
        self.incident = incident
        self.until = until

    def wants(self, now: Micros) -> Keys:
        return Keys(incidents={self.incident})

    def judge(self, ledger: Ledger, now: Micros) -> None:
        found = ledger.incident(self.incident)
        assert found is not None
        if self.until is None:
            unmute(ledger, found, "李娜")
        else:
            mute(ledger, found, self.until, "李娜")


def mutes(bench: Bench, until: Micros | None) -> None:
    bench.writer.judge_now(Mute(1, until))


# -- routes --------------------------------------------------------------------------------------


def test_a_muted_route_holds_even_critical_until_the_end_of_its_interval(make_bench: Any) -> None:
    bench = make_bench(muted("mute_time_intervals: [长假]"))
    bench.now = moment("2026-10-01 12:00")
    for number in range(6):
        bench.post(bench.alert(name=f"严重{number}", team="two", severity="critical"))
        bench.later(HOUR)
    bench.post(bench.alert(name="别的路由"))
    assert bench.kinds("李娜") == []
    assert held(bench)[0] == ("held", "route muted: 长假", moment("2026-10-08 00:00"))
    until(bench, "2026-10-08 00:00")
    [(kind, said)] = bench.sms("李娜")
    assert (kind, "6条" in said) == ("digest", True)
    assert bench.kinds("张伟") == ["first", "digest"]


def test_what_came_and_went_while_a_route_was_muted_is_not_told_though_critical(
    make_bench: Any,
) -> None:
    bench = make_bench(muted("mute_time_intervals: [长假]"))
    bench.now = moment("2026-10-07 12:00")
    alert = bench.alert(team="two", severity="critical")
    bench.post(alert)
    bench.later(HOUR)
    bench.post(bench.ended(alert))
    bench.later(2 * DAY)
    assert bench.sql("SELECT count(*) FROM message") == [(0,)]
    assert bench.verdicts("李娜") == {"never_told": 2}


def test_a_route_that_is_active_at_some_times_is_muted_at_all_others(make_bench: Any) -> None:
    bench = make_bench(muted("active_time_intervals: [工作时间]"))
    bench.now = moment("2026-11-20 17:59")  # a Friday
    bench.post(bench.alert(name="一", team="two"))
    assert bench.kinds("李娜") == ["first"]
    bench.later(2 * MINUTE)
    bench.post(bench.alert(name="二", team="two", severity="critical"))
    monday = moment("2026-11-23 09:00")
    assert held(bench) == [("held", "route muted: 工作时间", monday)]
    bench.later(monday - bench.now)
    assert bench.kinds("李娜") == ["first", "first"]


def test_mute_and_active_intervals_together_mute_where_either_does(make_bench: Any) -> None:
    bench = make_bench(muted("mute_time_intervals: 长假, active_time_intervals: 工作时间"))
    bench.now = moment("2026-10-05 10:00")  # in working hours, and in the holidays
    bench.post(bench.alert(team="two"))
    assert held(bench)[0][2] == moment("2026-10-08 09:00")  # the first time that neither mutes


def test_a_route_does_not_mute_those_below_it(make_bench: Any) -> None:
    """As in Alertmanager: newRoute takes both lists from the route itself alone."""
    below = "mute_time_intervals: [长假], routes: [{matchers: ['site=\"east\"']}]"
    bench = make_bench(muted(below))
    bench.now = moment("2026-10-03 10:00")
    bench.post(bench.alert(name="一", team="two", site="east"))
    bench.post(bench.alert(name="二", team="two"))
    assert len(bench.sms("李娜")) == 1
    assert held(bench)[0][1] == "route muted: 长假"


def test_the_root_mutes_never(make_bench: Any) -> None:
    with pytest.raises(ConfigError, match="the root mutes never"):
        make_bench(muted("x", "receiver: 兜底").replace(
            "  receiver: 值班\n", "  receiver: 值班\n  mute_time_intervals: [长假]\n"
        ).replace(", x}", "}"))  # fmt: skip


def test_a_receiver_that_is_asked_for_by_name_is_not_muted_by_a_route(make_bench: Any) -> None:
    bench = make_bench(muted("mute_time_intervals: [长假]"))
    bench.now = moment("2026-10-03 10:00")
    bench.post(bench.alert(team="two"), receiver="两人")
    assert bench.kinds("李娜") == ["first"]


def test_two_routes_to_one_receiver_mute_only_together(make_bench: Any) -> None:
    routes = (
        "    - {matchers: ['team=\"x\"'], receiver: 两人, mute_time_intervals: [长假],"
        " continue: true}\n"
        "    - {matchers: ['team=\"x\"'], receiver: 两人}\n"
    )
    bench = make_bench(CONFIG + routes + HOLIDAY)
    bench.now = moment("2026-10-03 10:00")
    bench.post(bench.alert(team="x"))
    assert bench.kinds("李娜") == ["first"]


def test_repeats_by_timer_are_muted_with_their_route(make_bench: Any) -> None:
    bench = make_bench(muted("mute_time_intervals: [长假], repeat_interval: 1h"))
    bench.now = moment("2026-09-30 23:30")
    bench.post(bench.alert(team="two"), repeats=True)
    bench.later(8 * HOUR)
    assert bench.kinds("李娜") == ["first"]
    until(bench, "2026-10-08 00:00")
    assert len(bench.sms("李娜")) == 2


# -- incidents -----------------------------------------------------------------------------------


def test_a_muted_incident_is_silent_for_everybody_and_told_once_at_the_end(bench: Bench) -> None:
    bench.post(bench.alert(instance="db-1", team="two"))
    bench.later(MINUTE)
    mutes(bench, bench.now + 2 * HOUR)
    for number in range(2, 8):
        bench.later(5 * MINUTE)
        bench.post(bench.alert(instance=f"db-{number}", team="two"))
    assert bench.kinds("李娜") == bench.kinds("张伟") == ["first"]
    assert held(bench)[0] == ("held", "muted by hand", MORNING + MINUTE + 2 * HOUR)
    bench.later(2 * HOUR)
    for person in ("张伟", "李娜"):
        assert len(bench.sms(person)) == 2
        assert "db-[2-7]" in bench.sms(person)[-1][1]


def test_a_member_of_a_higher_level_ends_the_mute(bench: Bench) -> None:
    bench.post(bench.alert(instance="db-1"))
    bench.later(MINUTE)
    mutes(bench, bench.now + 2 * HOUR)
    bench.post(bench.alert(instance="db-2"))
    bench.later(MINUTE)
    bench.post(bench.alert(instance="db-3", severity="critical"))
    assert "严重" in bench.sms()[-1][1]
    bench.later(5 * MINUTE)
    assert any("db-2" in said for _, said in bench.sms())
    assert bench.sql("SELECT muted_until FROM incident") == [(None,)]
    assert ("unmuted",) in bench.sql("SELECT what FROM event")


def test_a_critical_incident_that_somebody_muted_stays_muted(bench: Bench) -> None:
    bench.post(bench.alert(instance="db-1", severity="critical"))
    mutes(bench, bench.now + 2 * HOUR)
    bench.post(bench.alert(instance="db-2", severity="critical"))
    bench.later(HOUR)
    assert len(bench.sms()) == 1


def test_the_end_of_a_muted_incident_is_told_at_once(bench: Bench) -> None:
    alert = bench.alert()
    bench.post(alert)
    bench.later(MINUTE)
    mutes(bench, bench.now + 4 * HOUR)
    bench.later(HOUR)
    bench.post(bench.ended(alert))
    assert bench.kinds() == ["first", "resolved"]


def test_taking_a_mute_back_tells_now_what_it_held(bench: Bench) -> None:
    bench.post(bench.alert(instance="db-1"))
    bench.later(MINUTE)
    mutes(bench, bench.now + 4 * HOUR)
    bench.post(bench.alert(instance="db-2"))
    bench.later(MINUTE)
    mutes(bench, None)
    bench.later(MINUTE)
    assert "db-2" in bench.sms()[-1][1]


@pytest.mark.parametrize("hours", [1, 8])
def test_another_mute_moves_the_end_of_the_first(bench: Bench, hours: int) -> None:
    bench.post(bench.alert(instance="db-1"))
    bench.later(MINUTE)
    mutes(bench, bench.now + 4 * HOUR)
    bench.post(bench.alert(instance="db-2"))
    end = bench.now + hours * HOUR
    mutes(bench, end)
    bench.later(end - bench.now - 1)
    assert len(bench.sms()) == 1
    bench.later(1)
    assert len(bench.sms()) == 2


def test_a_mute_in_quiet_hours_ends_with_the_later_of_both(make_bench: Any) -> None:
    from tests.intake.test_quiet import night, quiet

    bench = night(make_bench(quiet()))
    bench.post(bench.alert(instance="db-1", team="two"))
    mutes(bench, bench.now + HOUR)
    bench.post(bench.alert(instance="db-2", team="two"))
    bench.later(2 * HOUR)
    assert bench.kinds("李娜") == []
    assert any("db-2" in said for _, said in bench.sms("张伟"))
    until(bench, "2026-11-19 08:00")
    assert len(bench.sms("李娜")) == 1


def test_mutes_that_end_one_by_one_do_not_break_the_windows(bench: Bench) -> None:
    """What was held for hours has not waited for room for hours."""
    end = bench.now + 6 * HOUR
    for number in range(10):
        name = f"旧{number}"
        bench.post(bench.alert(name=name, instance="db-1"))
        bench.later(20 * MINUTE)
        bench.writer.judge_now(Mute(number + 1, end + number * MINUTE))
        bench.post(bench.alert(name=name, instance="db-2"))
    bench.later(end - 6 * MINUTE - bench.now)
    before = len(bench.sms())
    for number in range(5):  # 5/15m is full when the mutes end
        bench.post(bench.alert(name=f"新{number}"))
        bench.later(65 * SECOND)
    assert len(bench.sms()) == before + 5
    bench.later(end + 8 * MINUTE - bench.now)
    assert len(bench.sms()) == before + 5
    bench.later(HOUR)
    assert len(bench.sms()) - before <= 5 + 3
    assert bench.sql(
        "SELECT count(*) FROM telling WHERE message IS NULL AND verdict = 'held'"
    ) == [(0,)]  # fmt: skip
