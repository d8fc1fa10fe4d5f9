"""Quiet hours of a person: what is held, what pierces, and the one digest at their end."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sms_notify.model import DAY, HOUR, MINUTE, SECOND, Level, Micros
from tests.intake.conftest import CONFIG, Bench

NIGHT = """
time_intervals: {夜间: "1-7,22:00-08:00"}
schedules:
  夜班: {rotate: [张伟, 王磊], every: 1d, handoff: "02:00", since: 2026-11-17}
"""


def quiet(more: str = "", text: str = CONFIG, when: str = "夜间") -> str:
    """The bench's configuration with quiet hours for 李娜, who is on no schedule."""
    phone = 'phone: "+8613800000002"'
    return text.replace(f"{{{phone}}}", f"{{{phone}, quiet: {{when: {when}{more}}}}}") + NIGHT


def moment(wall: str, zone: str = "Asia/Shanghai") -> Micros:
    return int(datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone)).timestamp()) * SECOND


def until(bench: Bench, wall: str, zone: str = "Asia/Shanghai") -> None:
    """Let time go by up to a time on the wall."""
    bench.later(moment(wall, zone) - bench.now)


def night(bench: Bench) -> Bench:
    until(bench, "2026-11-18 23:00")
    return bench


def held(bench: Bench, person: str = "李娜") -> list[tuple[Any, ...]]:
    return bench.sql(
        "SELECT verdict, reason, hold_until FROM telling WHERE person = :p AND message IS NULL"
        " ORDER BY news",
        p=person,
    )


def test_a_warning_at_night_is_told_in_the_morning_and_others_hear_at_once(make_bench: Any) -> None:
    bench = night(make_bench(quiet()))
    bench.post(bench.alert(team="two"))
    assert bench.kinds("张伟") == ["first"]
    assert bench.kinds("李娜") == []
    morning = moment("2026-11-19 08:00")
    assert held(bench) == [("held", "quiet hours: 夜间", morning)]
    bench.later(morning - bench.now - 1)
    assert bench.kinds("李娜") == []
    bench.later(1)
    assert bench.kinds("李娜") == ["first"]
    assert bench.sql("SELECT queued_at FROM message WHERE person = '李娜'") == [(morning,)]


def test_forty_that_burn_at_the_end_are_one_digest_for_each_person(make_bench: Any) -> None:
    text = quiet().replace(
        '{phone: "+8613800000001"}', '{phone: "+8613800000001", quiet: {when: 夜间, on_call: true}}'
    )
    bench = night(make_bench(text))
    alerts = [bench.alert(name=f"告警{n}", team="two") for n in range(45)]
    for alert in alerts:
        bench.post(alert)
        bench.later(5 * MINUTE)
    for alert in alerts[40:]:
        bench.post(bench.ended(alert))
    assert bench.sql("SELECT count(*) FROM message") == [(0,)]
    until(bench, "2026-11-19 08:00")
    for person in ("张伟", "李娜"):
        [(kind, said)] = bench.sms(person)
        assert kind == "digest"
        assert "40条" in said
        assert "已恢复5" in said
    bench.later(HOUR)
    assert bench.sql("SELECT count(*) FROM message") == [(2,)]
    assert bench.verdicts("李娜") == {"told": 45, "never_told": 5}


def test_what_ended_at_night_unheard_is_never_told_if_nothing_else_burns(make_bench: Any) -> None:
    bench = night(make_bench(quiet()))
    alert = bench.alert(team="two")
    bench.post(alert)
    bench.later(HOUR)
    bench.post(bench.ended(alert))
    bench.later(DAY)
    assert bench.kinds("李娜") == []
    assert bench.verdicts("李娜") == {"never_told": 2}
    assert bench.sql("SELECT count(*) FROM timer WHERE kind = 'digest'") == [(0,)]


def test_critical_pierces_and_so_does_its_end_for_who_was_woken(make_bench: Any) -> None:
    bench = night(make_bench(quiet()))
    alert = bench.alert(team="two", severity="critical")
    bench.post(alert)
    bench.later(10 * MINUTE)
    bench.post(bench.ended(alert))
    bench.later(MINUTE)
    assert bench.kinds("李娜") == ["first", "resolved"]


def test_the_end_of_what_was_told_in_the_evening_waits_for_the_morning(make_bench: Any) -> None:
    bench = make_bench(quiet())
    alerts = [bench.alert(team="two"), bench.alert("主机失联", team="two", severity="critical")]
    for alert in alerts:
        bench.post(alert)
    night(bench)
    for alert in alerts:
        bench.post(bench.ended(alert))
    bench.later(5 * HOUR)
    assert bench.kinds("李娜") == ["first", "first"]
    until(bench, "2026-11-19 08:00")
    assert bench.kinds("李娜") == ["first", "first", "digest"]
    assert "已恢复2" in bench.sms("李娜")[-1][1]


def test_a_warning_that_becomes_critical_at_night_pierces(make_bench: Any) -> None:
    bench = night(make_bench(quiet()))
    labels = {"alertname": "磁盘满", "team": "two"}
    first = bench.alert(team="two")
    bench.post(first)
    worse = first.__class__(
        **{n: getattr(first, n) for n in first.__slots__} | {"level": Level.critical}
    )
    bench.post(worse, group=labels)
    bench.post(worse)
    bench.later(HOUR)
    assert "严重" in bench.sms("李娜")[0][1]


@pytest.mark.parametrize(
    ("rule", "pierced"),
    [
        ("'site=\"east\"'", True),
        ("'site=\"west\"'", False),
        ('[\'site="west"\', \'instance=~"db-.*",alertname="磁盘满"\']', True),
        ('\'site="east",alertname="别的"\'', False),
        ("'level=\"warning\"'", True),
    ],
)
def test_matchers_of_except_pierce(make_bench: Any, rule: str, pierced: bool) -> None:
    bench = night(make_bench(quiet(f", except: {rule}")))
    bench.post(bench.alert(team="two", site="east"))
    assert bool(bench.sms("李娜")) is pierced


def test_piercing_news_is_not_blocked_by_what_is_held_until_later(make_bench: Any) -> None:
    bench = night(make_bench(quiet(", except: 'site=\"east\"'")))
    bench.post(bench.alert(name="一", team="two"))
    bench.post(bench.alert(name="二", team="two", site="east"))
    assert len(bench.sms("李娜")) == 1
    bench.post(bench.alert(name="三", team="two", site="east"))  # held by 1/1m, not till morning
    bench.later(2 * MINUTE)
    assert [("二" in said, "三" in said) for _, said in bench.sms("李娜")] == [
        (True, False), (False, True),
    ]  # fmt: skip
    until(bench, "2026-11-19 08:00")
    assert "一" in bench.sms("李娜")[-1][1]


def on_duty(more: str = "") -> str:
    return quiet(more).replace("rotate: [张伟, 王磊]", "rotate: [李娜, 王磊]")


def test_who_is_on_call_by_schedule_is_paged_anyway(make_bench: Any) -> None:
    bench = night(make_bench(on_duty()))  # 李娜 from 11-17 02:00, 王磊 from 11-18 02:00
    bench.post(bench.alert(name="一", team="two"))
    assert bench.kinds("李娜") == []
    until(bench, "2026-11-19 01:59")
    assert bench.kinds("李娜") == []
    bench.later(2 * MINUTE)  # her turn: what burns is told when it begins
    assert bench.kinds("李娜") == ["first"]
    bench.later(5 * MINUTE)
    bench.post(bench.alert(name="二", team="two"))
    assert bench.kinds("李娜") == ["first", "first"]


def test_who_wants_to_sleep_on_call_too_may(make_bench: Any) -> None:
    bench = make_bench(on_duty(", on_call: true"))
    until(bench, "2026-11-19 03:00")
    bench.post(bench.alert(name="一", team="two"))
    assert bench.kinds("李娜") == []


def test_the_next_in_line_is_not_on_call(make_bench: Any) -> None:
    text = on_duty().replace("to: [张伟, 李娜]", "to: 夜班+1")
    bench = night(make_bench(text))
    bench.post(bench.alert(team="two"))
    assert held(bench)[0][1] == "quiet hours: 夜间"


def test_quiet_that_starts_while_news_waits_takes_it_along(make_bench: Any) -> None:
    bench = make_bench(quiet())
    until(bench, "2026-11-18 21:59:30")
    bench.gateway_works = False
    bench.post(bench.alert(name="一", team="two"))
    bench.post(bench.alert(name="二", team="two"))  # held by 1/1m
    bench.post(bench.alert(name="三", team="two", severity="critical"))
    bench.later(61 * SECOND)
    bench.judge_again("李娜")
    assert [said for _, said in bench.sms("李娜") if "三" not in said] == []
    assert [row[1] for row in held(bench)] == ["quiet hours: 夜间"] * 2
    bench.gateway_works = True
    until(bench, "2026-11-19 08:00")
    assert "2条" in bench.sms("李娜")[-1][1]


def test_labels_still_pierce_when_what_waited_is_judged_again(make_bench: Any) -> None:
    bench = make_bench(quiet(", except: 'site=\"east\"'"))
    until(bench, "2026-11-18 21:59:30")
    for number in range(12):  # more of a name than a digest shows
        bench.post(bench.alert(instance=f"db-{number}", team="two"), group={"n": str(number)})
    east = bench.alert(instance="db-99", team="two", site="east")
    bench.post(east, group={"n": "99"})
    bench.later(2 * MINUTE)
    assert "db-99" in bench.sms("李娜")[-1][1]
    assert len(held(bench)) == 11


def test_an_acknowledged_incident_is_no_news_in_the_morning(make_bench: Any) -> None:
    bench = night(make_bench(quiet()))
    bench.post(bench.alert(team="two"))
    bench.sql("UPDATE incident SET state = 'acknowledged', acked_by = '张伟'")
    bench.later(10 * HOUR)
    assert bench.kinds("李娜") == []
    assert bench.verdicts("李娜") == {"acked": 1}


def test_repeats_of_a_night_are_one_entry_of_the_digest(make_bench: Any) -> None:
    bench = night(make_bench(quiet()))
    alerts = [bench.alert(name=name, team="two") for name in ("一", "二")]
    for _ in range(3):
        for alert in alerts:
            bench.post(alert)
        bench.later(int(2.9 * HOUR))
    until(bench, "2026-11-19 08:00")
    [(kind, said)] = bench.sms("李娜")
    assert (kind, "2条" in said) == ("digest", True)


def test_a_reading_of_what_is_held_ignores_thousands_that_wait_for_the_morning(
    make_bench: Any,
) -> None:
    bench = night(make_bench(quiet()))
    alerts = [bench.alert(instance=f"db-{n:04}", team="two") for n in range(1500)]
    bench.post(*alerts)
    plan = " ".join(str(row) for row in _plan(bench))
    assert "telling_later" in plan
    assert "SCAN telling" not in plan
    bench.judge_again("李娜")
    assert bench.kinds("李娜") == []
    until(bench, "2026-11-19 08:00")
    [(kind, said)] = bench.sms("李娜")
    assert (kind, "+1492" in said) == ("first", True)


def _plan(bench: Bench) -> list[tuple[Any, ...]]:
    from sms_notify.store.people import _PEOPLE
    from sms_notify.store.waiting import _HELD

    if not bench.store.is_sqlite:
        return [("telling_later",)]  # PostgreSQL plans by the size of the day
    plans = []
    for statement in (_HELD, _PEOPLE):
        sql, names, fixed = statement.compiled("sqlite")
        given = {"people": '["李娜"]', "names": '[["李娜"]]', "now": bench.now, "since": 0, **fixed}
        with bench.store.engine.begin() as connection:
            values = tuple(given[name] for name in names)
            found = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + sql, values)
            plans += [tuple(row) for row in found]
    return plans


@pytest.mark.parametrize(
    ("zone", "begins", "ends", "hours"),
    [
        ("America/Chicago", "2027-03-13 22:00", "2027-03-14 08:00", 9),  # the clock jumps
        ("America/Chicago", "2026-10-31 22:00", "2026-11-01 08:00", 11),  # and falls back
        ("Australia/Lord_Howe", "2027-04-03 22:00", "2027-04-04 08:00", 10.5),
    ],
)
def test_a_night_in_which_the_clocks_change_ends_by_the_wall(
    make_bench: Any, zone: str, begins: str, ends: str, hours: float
) -> None:
    bench = make_bench(quiet() + f"global: {{timezone: {zone}}}\n")
    bench.now = moment(begins, zone)
    bench.post(bench.alert(team="two"))
    assert held(bench)[0][2] == moment(ends, zone) == bench.now + int(hours * HOUR)


def test_the_night_before_a_holiday_is_quiet_by_the_day_on_which_it_begins(make_bench: Any) -> None:
    """2026-09-30 is a workday, 10-01 is not: a night of workdays ends on 10-01 08:00, and the
    night after it is not one."""
    text = quiet().replace('夜间: "1-7,22:00-08:00"', '夜间: "workday,22:00-08:00"')
    bench = make_bench(text + "global: {holidays: {country: CN}}\n")
    bench.now = moment("2026-10-01 03:00")
    bench.post(bench.alert(name="一", team="two"))
    assert held(bench)[0][2] == moment("2026-10-01 08:00")
    until(bench, "2026-10-02 03:00")
    bench.post(bench.alert(name="二", team="two"))
    assert bench.kinds("李娜") == ["first", "first"]


def test_explain_says_until_when_it_is_held(make_bench: Any) -> None:
    from sms_notify.cli.judging import explained
    from sms_notify.model import Call

    bench = night(make_bench(quiet()))
    call = Call("alertmanager", bench.now, (bench.alert(team="two"),), {"alertname": "磁盘满"})
    [incident] = explained(bench.rules, call, bench.now)["incidents"]
    said = {each["person"]: each for each in incident["tellings"]}
    assert said["李娜"]["verdict"] == "held"
    assert said["李娜"]["until"] == "2026-11-19T08:00:00+08:00"
    assert said["张伟"]["until"] is None
