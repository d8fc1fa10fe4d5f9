"""Limits for everybody together: what they hold, what they never hold, and when it goes."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sms_notify.intake.outlay import month_of
from sms_notify.model import DAY, HOUR, MINUTE, SECOND
from tests.intake.conftest import CONFIG, Bench
from tests.intake.test_quiet import moment


def limited(text: str) -> str:
    return CONFIG + f"throttle: {{{text}}}\n"


def sent(bench: Bench) -> int:
    [(count,)] = bench.sql("SELECT count(*) FROM message WHERE state <> 'folded'")
    return int(count)


def billed(bench: Bench, day: int, segments: int) -> None:
    bench.sql(
        "INSERT INTO usage (day, receiver, person, segments) VALUES (:d, 'x', 'y', :s)",
        d=day, s=segments,
    )  # fmt: skip


def test_a_total_holds_everybody_and_goes_as_room_comes(make_bench: Any) -> None:
    bench = make_bench(limited("total: [4/1h]"))
    for number in range(4):
        bench.post(bench.alert(name=f"告警{number}", team="two"))
        bench.later(2 * MINUTE)
    assert sent(bench) == 4
    assert bench.sql("SELECT DISTINCT reason FROM telling WHERE verdict = 'held'"
                     " AND reason LIKE 'total%'") == [("total: 4/1h is full",)]  # fmt: skip
    bench.later(50 * MINUTE)
    assert sent(bench) == 4  # never broken by digest_every
    bench.later(20 * MINUTE)
    assert bench.verdicts("张伟") == bench.verdicts("李娜") == {"told": 4}


def test_no_span_ever_holds_more_than_the_total(make_bench: Any) -> None:
    bench = make_bench(limited("total: [6/10m, 20/2h]"))
    for number in range(120):
        bench.post(bench.alert(name=f"告警{number}", team="two"))
        bench.later(73 * SECOND)
    moments = [row[0] for row in bench.sql(
        "SELECT queued_at FROM message WHERE state <> 'folded' ORDER BY 1")]  # fmt: skip
    for span, most in ((10 * MINUTE, 6), (2 * HOUR, 20)):
        assert max(sum(at <= m < at + span for m in moments) for at in moments) <= most
    bench.later(DAY)
    assert bench.verdicts("李娜")["told"] == 120


@pytest.mark.parametrize("limit", ["total: [1/1h]", "budget: {month: 1}"])
def test_critical_pages_are_never_held_by_what_all_share(make_bench: Any, limit: str) -> None:
    bench = make_bench(limited(limit))
    billed(bench, month_of(bench.now, ZoneInfo("Asia/Shanghai"))[0], 5)
    alert = bench.alert(name="严重", severity="critical", team="two")
    bench.post(bench.alert(name="警告", team="two"))
    bench.post(alert)
    assert any("严重" in said for _, said in bench.sms("李娜"))
    bench.later(5 * MINUTE)
    bench.post(bench.ended(alert))
    bench.later(30 * MINUTE)
    assert "resolved" not in bench.kinds("李娜")  # no page


def test_a_used_up_budget_holds_until_the_next_month_of_the_site(make_bench: Any) -> None:
    bench = make_bench(limited("budget: {month: 100}"))
    bench.now = moment("2026-11-30 20:00")
    billed(bench, month_of(bench.now, ZoneInfo("Asia/Shanghai"))[0] + 20, 100)
    bench.post(bench.alert(team="two"))
    assert sent(bench) == 0
    assert bench.sql("SELECT DISTINCT verdict, reason FROM telling") == [
        ("held", "budget: 100 SMS of the month are used up")
    ]
    bench.later(moment("2026-12-01 00:00") - bench.now - 1)
    assert sent(bench) == 0
    bench.later(1)
    assert sent(bench) == 2


def test_what_is_queued_and_not_yet_billed_counts_for_the_budget(make_bench: Any) -> None:
    bench = make_bench(limited("budget: {month: 3}"))
    bench.gateway_works = False
    for number in range(3):
        bench.post(bench.alert(name=f"告警{number}", team="two"))
        bench.now += 61 * SECOND
    assert sent(bench) == 3


def test_a_budget_with_room_again_lets_go_within_an_hour(make_bench: Any) -> None:
    bench = make_bench(limited("budget: {month: 100}"))
    day = month_of(bench.now, ZoneInfo("Asia/Shanghai"))[0]
    billed(bench, day, 100)
    bench.post(bench.alert())
    bench.later(2 * HOUR)
    assert sent(bench) == 0
    bench.sql("UPDATE usage SET segments = 90")  # given back: those sends failed
    bench.later(HOUR)
    assert sent(bench) == 1


def test_a_batch_counts_what_it_queues_itself(make_bench: Any) -> None:
    bench = make_bench(limited("total: [5/1h]"))
    futures = []
    for number in range(9):
        from sms_notify.intake import TellCall
        from sms_notify.model import Call

        alert = bench.alert(name=f"告警{number}", team=("two", "both")[number % 2])
        call = Call("alertmanager", bench.now, (alert,), {"n": str(number)})
        futures.append(bench.writer.hand_in(TellCall(bench.rules, call)))
    bench.writer.step()
    assert sum(future.result(0).told for future in futures) <= 5
    assert sent(bench) <= 5


@pytest.mark.parametrize(
    ("wall", "first", "after"),
    [
        ("2026-11-18 19:00", "2026-11-01", "2026-12-01 00:00"),
        ("2026-12-31 23:59", "2026-12-01", "2027-01-01 00:00"),
        ("2028-02-29 00:00", "2028-02-01", "2028-03-01 00:00"),
    ],
)
def test_a_month_is_one_of_the_calendar_of_the_site(wall: str, first: str, after: str) -> None:
    from datetime import date

    zone = ZoneInfo("Asia/Shanghai")
    day, ends = month_of(moment(wall), zone)
    assert date.fromordinal(date(1970, 1, 1).toordinal() + day).isoformat() == first
    assert ends == moment(after)
