"""Enough, not too much: windows, digests, and what a limit never silences."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sms_notify.model import HOUR, MINUTE, SECOND
from tests.intake.conftest import CONFIG, MORNING, Bench


def sent_in(bench: Bench, span: int) -> int:
    """The most messages that any window of this span holds for 张伟."""
    rows = bench.sql(
        "SELECT queued_at FROM message WHERE person = '张伟' AND state <> 'folded' ORDER BY 1"
    )
    moments: list[int] = [row[0] for row in rows]
    return max(sum(at <= each < at + span for each in moments) for at in moments)


def test_the_second_text_within_a_minute_waits_and_then_goes_as_it_is(bench: Bench) -> None:
    bench.post(bench.alert(name="一"))
    bench.post(bench.alert(name="二"))
    assert bench.verdicts() == {"told": 1, "held": 1}
    bench.later(MINUTE)
    kinds = bench.sms()
    assert [kind for kind, _ in kinds] == ["first", "first"]
    assert "二" in kinds[1][1]
    assert bench.verdicts() == {"told": 2}


def test_several_held_pages_become_one_digest(bench: Bench) -> None:
    for number in range(20):
        bench.post(bench.alert(name=f"告警{number % 3}", instance=f"db-{number:02}"))
    bench.later(MINUTE)
    kinds = bench.sms()
    assert [kind for kind, _ in kinds] == ["first", "digest"]
    assert "19" in kinds[1][1]
    assert bench.verdicts() == {"told": 20}


def test_the_reason_of_a_held_telling_names_the_window(bench: Bench) -> None:
    bench.post(bench.alert(name="一"))
    bench.post(bench.alert(name="二"))
    reason = bench.sql("SELECT reason FROM telling WHERE verdict = 'held'")
    assert reason == [("throttle: person 1/1m is full",)]


def test_a_storm_never_exceeds_the_windows_and_loses_nothing(bench: Bench) -> None:
    for number in range(600):
        bench.post(bench.alert(name=f"告警{number}"))
        bench.later(5 * SECOND)
    bench.later(60 * MINUTE)
    assert sent_in(bench, 15 * MINUTE) <= 5 + 2
    assert bench.verdicts() == {"told": 600}


def test_critical_first_pages_have_windows_of_their_own(bench: Bench) -> None:
    for number in range(200):
        bench.post(bench.alert(name=f"严重{number}", severity="critical"))
        bench.post(bench.alert(name=f"警告{number}"))
        bench.later(3 * SECOND)
    bench.later(60 * MINUTE)
    assert sent_in(bench, 15 * MINUTE) <= 5 + 8 + 2
    assert bench.verdicts() == {"told": 400}


def test_a_critical_first_page_goes_at_once_although_warnings_filled_the_windows(
    bench: Bench,
) -> None:
    for number in range(10):
        bench.post(bench.alert(name=f"警告{number}"))
    bench.post(bench.alert(name="主机失联", severity="critical"))
    assert "主机失联" in bench.sms()[-1][1]
    row = bench.sql("SELECT queued_at FROM message ORDER BY id DESC LIMIT 1")
    assert row == [(MORNING,)]


def test_held_news_never_waits_longer_than_digest_every(bench: Bench) -> None:
    bench.post(bench.alert(name="零"))
    for number in range(4):  # fill 5/15m
        bench.later(61 * SECOND)
        bench.post(bench.alert(name=f"一{number}"))
    held_at = bench.now + SECOND
    bench.later(SECOND)
    bench.post(bench.alert(name="等待"))
    bench.later(15 * MINUTE)
    last = bench.sql("SELECT queued_at, text FROM message ORDER BY id DESC LIMIT 1")[0]
    assert last[0] <= held_at + 15 * MINUTE
    assert "等待" in last[1]


def test_what_ended_while_it_was_held_is_counted_in_the_digest(bench: Bench) -> None:
    bench.post(bench.alert(name="零"))
    over = bench.alert(name="短暂")
    bench.post(over)
    bench.post(bench.alert(name="还在"))
    bench.post(bench.ended(over))
    bench.later(MINUTE)
    kind, text = bench.sms()[-1]
    assert kind == "digest"
    assert "还在" in text
    assert "已恢复1" in text
    assert bench.verdicts() == {"told": 3, "never_told": 1}


def test_what_ended_while_it_was_held_is_never_told_if_nothing_else_burns(bench: Bench) -> None:
    bench.post(bench.alert(name="零"))
    over = bench.alert(name="短暂")
    bench.post(over)
    bench.post(bench.ended(over))
    bench.later(20 * MINUTE)
    assert bench.kinds() == ["first"]
    assert bench.verdicts() == {"told": 1, "never_told": 2}


def test_a_critical_alert_that_ended_unheard_is_told_alone(bench: Bench) -> None:
    for number in range(4):
        bench.post(bench.alert(name=f"前{number}", severity="critical"))
    over = bench.alert(name="后来", severity="critical")
    bench.post(over)
    bench.later(10 * SECOND)
    bench.post(bench.ended(over))
    bench.later(20 * MINUTE)
    assert any("恢复" in text for kind, text in bench.sms() if kind == "digest")


def test_resolved_texts_count_in_the_windows_and_are_bundled(bench: Bench) -> None:
    alerts = [bench.alert(name=f"严重{n}", severity="critical") for n in range(3)]
    for alert in alerts:
        bench.post(alert)
    bench.left()
    bench.later(20 * MINUTE)
    for alert in alerts:
        bench.post(bench.ended(alert))
    bench.later(5 * MINUTE)
    kinds = bench.kinds()
    assert kinds == ["first", "first", "first", "resolved", "digest"]
    assert "已恢复2" in bench.sms()[-1][1]


@pytest.mark.parametrize("hosts", [["db-01"], ["db-01", "db-02"]])
def test_an_end_that_had_to_wait_says_when_it_ended(make_bench: Any, hosts: list[str]) -> None:
    bench = make_bench(CONFIG + 'throttle: {per_person: ["1/1h"], digest_every: 30m}\n')
    alerts = [bench.alert(instance=host) for host in hosts]
    bench.post(*alerts)
    bench.later(20 * MINUTE)
    bench.post(*[bench.ended(alert) for alert in alerts])
    over = datetime.fromtimestamp(bench.now // SECOND, ZoneInfo("Asia/Shanghai"))
    bench.later(HOUR)
    kind, text = bench.sms()[-1]
    assert (kind, "恢复" in text, f"{over:%H:%M}" in text) == ("resolved", True, True), text


def test_an_acknowledged_incident_drops_out_of_the_digest(bench: Bench) -> None:
    bench.post(bench.alert(name="零"))
    bench.post(bench.alert(name="有人管"))
    bench.post(bench.alert(name="没人管"))
    bench.sql("UPDATE incident SET state='acknowledged', acked_by='李娜' WHERE name='有人管'")
    bench.later(MINUTE)
    assert "没人管" in bench.sms()[-1][1]
    assert "有人管" not in bench.sms()[-1][1]
    assert bench.verdicts() == {"told": 2, "acked": 1}


def test_one_page_that_waited_too_long_goes_if_it_is_still_true(bench: Bench) -> None:
    bench.post(bench.alert())
    bench.now += 61 * SECOND
    bench.judge_again("张伟")
    assert bench.sql("SELECT state, decided_at FROM message") == [("queued", bench.now)]


def test_one_page_that_waited_too_long_is_folded_if_it_is_over(bench: Bench) -> None:
    alert = bench.alert()
    bench.post(alert)
    bench.now += 50 * SECOND
    bench.post(bench.ended(alert))
    bench.now += 61 * SECOND
    bench.judge_again("张伟")
    assert bench.sms() == []
    assert bench.verdicts() == {"never_told": 2}


def test_several_pages_that_waited_too_long_become_one_digest(bench: Bench) -> None:
    for number in range(3):
        bench.post(bench.alert(name=f"严重{number}", severity="critical"))
    bench.now += 61 * SECOND
    bench.judge_again("张伟")
    assert bench.kinds() == ["digest"]
    assert bench.verdicts() == {"told": 3}


def test_while_every_gateway_is_down_what_waited_is_held_and_goes_when_it_is_back(
    bench: Bench,
) -> None:
    for number in range(3):
        bench.post(bench.alert(name=f"严重{number}", severity="critical"))
    bench.sql(
        "INSERT INTO gateway (account, circuit, reason, changed_at, failing_since, probes, balance,"
        " spent_since) VALUES ('mysms', 'open', 'busy', 0, :n, 0, -1, 0)",
        n=bench.now,
    )
    bench.now += 61 * SECOND
    bench.judge_again("张伟")
    rows = bench.sql("SELECT DISTINCT state, reason FROM message")
    assert rows == [("held", "gateway_down")]
    bench.sql("UPDATE gateway SET circuit = 'closed', failing_since = NULL")
    bench.judge_again("张伟")
    assert bench.kinds() == ["digest"]
