"""Who is told what: a person hears each piece of news once."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from sms_notify.model import DAY, HOUR, MINUTE, SECOND, Bad, Level
from tests.intake.conftest import CONFIG, Bench


def test_a_firing_alert_becomes_one_text_for_the_person_of_its_receiver(bench: Bench) -> None:
    answer = bench.post(bench.alert())
    assert answer.told == 1
    assert bench.kinds("张伟") == ["first"]
    assert bench.kinds("李娜") == []


def test_the_same_webhook_again_is_a_duplicate_and_is_counted(bench: Bench) -> None:
    alert = bench.alert()
    bench.post(alert)
    bench.now += 20 * SECOND
    answer = bench.post(alert)
    assert (answer.told, answer.again) == (0, 1)
    assert bench.kinds() == ["first"]
    assert bench.sql("SELECT again FROM telling") == [(1,)]


def test_a_twin_in_the_same_batch_is_a_duplicate(bench: Bench) -> None:
    from sms_notify.intake import TellCall
    from sms_notify.model import Call

    alert = bench.alert()
    call = Call("alertmanager", bench.now, (alert,), {"alertname": alert.name})
    futures = [bench.writer.hand_in(TellCall(bench.rules, call)) for _ in range(3)]
    bench.writer.step()
    assert [future.result(0).told for future in futures] == [1, 0, 0]
    assert bench.kinds() == ["first"]
    assert bench.sql("SELECT again FROM telling") == [(2,)]


def test_the_end_is_one_text_to_those_who_were_told(bench: Bench) -> None:
    alert = bench.alert(team="two")
    bench.post(alert)
    bench.left()
    bench.later(10 * MINUTE)
    bench.post(bench.ended(alert))
    bench.post(bench.ended(alert))
    for person in ("张伟", "李娜"):
        assert bench.kinds(person) == ["first", "resolved"]
    assert bench.incidents() == [("ended", 0, 1)]


def test_an_end_without_a_word_has_the_name_of_what_it_ends(bench: Bench) -> None:
    begun = bench.alert("备份失败")
    bench.post(begun)
    bench.left()
    bench.later(10 * MINUTE)
    wordless = replace(bench.ended(begun), name="empty input", summary="nothing", wordless=True)
    bench.post(wordless, group={"alertname": "备份失败"})
    kind, text = bench.sms()[-1]
    assert (kind, "恢复 备份失败" in text, "nothing" in text) == ("resolved", True, False)


def test_a_new_member_is_an_update_that_speaks_of_the_new_one_only(bench: Bench) -> None:
    first, second = bench.alert(instance="db-01"), bench.alert(instance="web-77")
    bench.post(first)
    bench.later(5 * MINUTE)
    bench.post(first, second)
    kinds = bench.sms()
    assert [kind for kind, _ in kinds] == ["first", "update"]
    assert "web-77" in kinds[1][1]
    assert "db-01" not in kinds[1][1]


def test_a_partial_end_is_a_verdict_and_no_text(bench: Bench) -> None:
    first, second = bench.alert(instance="db-01"), bench.alert(instance="db-02")
    bench.post(first, second)
    bench.later(5 * MINUTE)
    bench.post(bench.ended(first), second)
    assert bench.kinds() == ["first"]
    assert bench.verdicts() == {"told": 2, "partial_end": 1}
    assert bench.incidents() == [("open", 1, 2)]
    bench.later(5 * MINUTE)
    bench.post(bench.ended(second))
    assert bench.kinds() == ["first", "resolved"]


def test_the_end_of_an_incident_speaks_of_all_that_it_was_about(bench: Bench) -> None:
    alerts = [bench.alert(instance=f"web-{number}") for number in range(5)]
    bench.post(*alerts)
    bench.later(5 * MINUTE)
    bench.post(*[bench.ended(alert) for alert in alerts[:4]], alerts[4])
    bench.later(5 * MINUTE)
    bench.post(bench.ended(alerts[4]))
    kind, text = bench.sms()[-1]
    assert kind == "resolved"
    assert "5台" in text
    assert "web-[0-4]" in text


def test_the_end_of_a_large_incident_counts_all_of_it(bench: Bench) -> None:
    alerts = [bench.alert(instance=f"web-{number:03}") for number in range(120)]
    bench.post(*alerts)
    bench.later(5 * MINUTE)
    bench.post(*[bench.ended(alert) for alert in alerts[:119]], alerts[119])
    bench.later(5 * MINUTE)
    bench.post(bench.ended(alerts[119]))
    text = bench.sms()[-1][1]
    found = re.search(r"(\d+)台(?:\+(\d+))?", text)
    assert found is not None
    assert sum(int(number) for number in found.groups() if number) == 120


def test_an_alert_that_stands_twice_in_a_body_is_one(bench: Bench) -> None:
    alert = bench.alert(instance="h0")
    answer = bench.post(alert, bench.alert(instance="h1"), alert)
    assert answer.told == 2
    assert "2台" in bench.sms()[0][1]


def test_an_end_without_a_beginning_is_told_to_nobody_and_has_a_verdict(bench: Bench) -> None:
    alert = bench.ended(bench.alert())
    for _ in range(2):
        bench.post(alert)
    assert bench.kinds() == []
    assert bench.verdicts() == {"never_told": 1}


def test_continue_puts_an_alert_into_two_incidents(bench: Bench) -> None:
    alert = bench.alert(team="both")
    bench.post(alert)
    assert bench.kinds("张伟") == ["first"]
    assert bench.kinds("王磊") == ["first"]
    assert len(bench.incidents()) == 2
    bench.later(2 * MINUTE)
    bench.post(bench.ended(alert))
    assert bench.kinds("张伟") == ["first", "resolved"]
    assert bench.kinds("王磊") == ["first", "resolved"]


def test_a_repeat_is_told_after_repeat_interval_and_not_before(bench: Bench) -> None:
    alert = bench.alert()
    bench.post(alert)
    bench.left()
    bench.later(3 * HOUR)
    bench.post(alert)
    assert bench.kinds() == ["first"]
    bench.later(HOUR - 2 * MINUTE)  # less 1 %: Alertmanager's repeats come a little early
    bench.post(alert)
    assert bench.kinds() == ["first", "repeat"]
    bench.post(alert)
    assert bench.kinds() == ["first", "repeat"]


def test_a_start_that_moved_a_little_is_the_same_occurrence(bench: Bench) -> None:
    alert = bench.alert()
    bench.post(alert)
    bench.post(replace(alert, starts_at=alert.starts_at - HOUR))
    bench.post(replace(alert, starts_at=alert.starts_at + 4 * MINUTE))
    assert bench.kinds() == ["first"]
    assert bench.sql("SELECT count(*) FROM alert") == [(1,)]


def test_a_start_long_after_we_last_saw_it_is_a_new_occurrence(bench: Bench) -> None:
    alert = bench.alert()
    bench.post(alert)
    bench.left()
    bench.later(30 * MINUTE)
    bench.post(replace(alert, starts_at=bench.now))
    assert bench.kinds() == ["first", "update"]
    assert bench.sql("SELECT unseen FROM alert ORDER BY id") == [(1,), (0,)]
    assert bench.incidents() == [("open", 1, 2)]


def test_a_late_copy_of_what_ended_opens_nothing(bench: Bench) -> None:
    alert = bench.alert()
    bench.post(alert)
    bench.later(5 * MINUTE)
    bench.post(bench.ended(alert))
    bench.later(SECOND)
    answer = bench.post(alert)
    assert (answer.told, answer.again) == (0, 1)
    assert bench.incidents() == [("ended", 0, 1)]


def test_flapping_opens_a_new_incident_each_time(bench: Bench) -> None:
    for _ in range(3):
        alert = bench.alert()
        bench.post(alert)
        bench.left()
        bench.later(20 * MINUTE)
        bench.post(bench.ended(alert))
        bench.left()
        bench.later(20 * MINUTE)
    assert bench.kinds() == ["first", "resolved"] * 3


def test_the_late_end_of_an_earlier_occurrence_does_not_end_the_present_one(bench: Bench) -> None:
    old = bench.alert()
    bench.post(old)
    bench.later(2 * MINUTE)
    over = bench.ended(old)
    bench.later(20 * MINUTE)
    bench.post(replace(old, starts_at=bench.now))
    bench.post(over)
    assert bench.incidents()[-1][0] == "open"


def test_a_truncated_body_never_ends_an_incident(bench: Bench) -> None:
    alert = bench.alert()
    bench.post(alert, truncated=5)
    bench.later(5 * MINUTE)
    bench.post(bench.ended(alert), truncated=5)
    assert bench.incidents() == [("open", 0, 1)]
    bench.post(bench.ended(alert))
    assert bench.incidents() == [("ended", 0, 1)]


def test_under_truncation_an_unknown_member_is_news_only_if_the_total_grew(bench: Bench) -> None:
    bench.post(bench.alert(instance="a"), truncated=5)
    bench.left()
    bench.later(2 * MINUTE)
    bench.post(bench.alert(instance="b"), truncated=5)
    assert bench.kinds() == ["first"]
    assert bench.verdicts() == {"told": 1, "counted": 1}
    bench.post(bench.alert(instance="c"), truncated=6)
    assert bench.kinds() == ["first", "update"]


def test_a_worse_member_is_told_although_the_windows_are_full(bench: Bench) -> None:
    bench.post(bench.alert())
    bench.post(bench.alert(instance="db-02", severity="critical"))
    assert bench.kinds() == ["first", "update"]
    lanes = bench.sql("SELECT lane FROM message ORDER BY id")
    assert lanes == [("person",), ("critical",)]


def test_an_acknowledged_incident_is_silent_until_something_worse_joins(bench: Bench) -> None:
    bench.post(bench.alert())
    bench.sql("UPDATE incident SET state = 'acknowledged', acked_by = '张伟'")
    bench.later(5 * MINUTE)
    bench.post(bench.alert(instance="db-02"))
    assert bench.kinds() == ["first"]
    assert bench.verdicts() == {"told": 1, "acked": 1}
    bench.post(bench.alert(instance="db-03", severity="critical"))
    assert bench.kinds() == ["first", "update"]
    assert bench.incidents()[0][0] == "open"
    assert bench.sql("SELECT count(DISTINCT code) FROM code") == [(1,)]


def test_what_nobody_sees_any_more_ends_as_lost_sight_and_may_fire_again(bench: Bench) -> None:
    alert = bench.alert()
    bench.post(alert)
    bench.left()
    bench.later(25 * HOUR)
    assert bench.sql("SELECT end_reason FROM incident") == [("lost_sight",)]
    assert bench.kinds() == ["first"]
    bench.post(alert)  # still the same start: nobody told us an end
    assert bench.kinds() == ["first", "first"]


def test_an_event_without_an_end_is_over_after_an_hour(bench: Bench) -> None:
    bench.post(bench.alert(), source="line", group={"call": "1"}, ends_itself=True)
    bench.left()
    bench.later(2 * HOUR)
    assert bench.sql("SELECT end_reason FROM incident") == [("event_done",)]
    assert bench.kinds() == ["first"]


def test_an_event_is_not_over_while_its_message_waits(bench: Bench) -> None:
    bench.gateway_works = False
    bench.post(bench.alert(), source="line", group={"call": "1"}, ends_itself=True)
    bench.later(65 * MINUTE)
    assert bench.incidents()[0][0] == "open"


def test_a_source_that_repeats_nothing_is_repeated_by_a_timer(bench: Bench) -> None:
    alert = bench.alert()
    bench.post(alert, source="line", group={"key": "k"}, repeats=True)
    bench.left()
    bench.later(4 * HOUR + MINUTE)
    assert bench.kinds() == ["first", "repeat"]
    bench.post(bench.ended(alert), source="line", group={"key": "k"}, repeats=True)
    bench.later(DAY)
    assert bench.kinds() == ["first", "repeat", "resolved"]


def test_a_line_with_a_key_that_is_called_every_hour_stays_one_occurrence(bench: Bench) -> None:
    for _ in range(3):
        bench.post(bench.alert(), source="line", group={"key": "k"}, repeats=True)
        bench.later(HOUR)
    assert bench.kinds() == ["first"]
    assert bench.incidents() == [("open", 1, 1)]


def test_a_call_with_a_key_is_judged_once(bench: Bench) -> None:
    alert = bench.alert()
    assert not bench.post(alert, key="k1").repeated_call
    assert bench.post(alert, key="k1").repeated_call
    assert bench.sql("SELECT again FROM telling") == [(0,)]


def test_what_cannot_be_read_is_told_to_the_root_receiver_by_name_and_level(bench: Bench) -> None:
    bad = Bad("alerts[1].startsAt", "not a time", "坏告警", Level.critical)
    answer = bench.post(bench.alert(team="two"), bad=(bad,))
    assert answer.bad == 1
    assert any("坏告警" in text for _kind, text in bench.sms("张伟"))
    assert bench.sql("SELECT status FROM intake") == [("bad",)]


def test_an_unknown_receiver_is_told_to_the_root_receiver(bench: Bench) -> None:
    answer = bench.post(bench.alert(), receiver="没有这个")
    assert answer.unknown_receiver
    assert bench.kinds("张伟") == ["first"]


def test_an_unknown_receiver_is_told_to_the_operator_once_an_hour(make_bench: Any) -> None:
    bench = make_bench(CONFIG + "checks: {tell: 李娜}\n")
    bench.post(bench.alert(), receiver="没有这个")
    bench.post(bench.alert("另一个"), receiver="13912345678")
    assert bench.kinds("张伟") == ["first"]  # who has the alert hears of no second SMS
    assert [kind for kind, _text in bench.sms("李娜")] == ["notice"]
    assert bench.sms("李娜")[0][1] == "配置里没有接收人没有这个: 发给它的告警改发给了值班"
    bench.now += HOUR
    bench.post(bench.alert("第三个"), receiver="13912345678")
    assert "接收人139****5678:" in bench.sms("李娜")[1][1]


def test_a_receiver_may_be_a_person_or_the_phone_of_one(bench: Bench) -> None:
    bench.post(bench.alert(), receiver="李娜")
    bench.post(bench.alert(name="另一个"), receiver="13800000003")
    assert bench.kinds("李娜") == ["first"]
    assert bench.kinds("王磊") == ["first"]


def test_codes_are_short_distinct_and_free_again_a_week_after_the_end(bench: Bench) -> None:
    alerts = [bench.alert(name=f"名{n}") for n in range(3)]
    for alert in alerts:
        bench.post(alert)
    assert bench.sql("SELECT code FROM code ORDER BY code") == [(10,), (11,), (12,)]
    bench.post(bench.ended(alerts[0]))
    rows = bench.sql("SELECT code FROM code WHERE reusable_at IS NOT NULL")
    assert rows == [(10,)]


def test_a_source_whose_clock_is_an_hour_ahead_says_the_same_thing_twice(bench: Bench) -> None:
    alert = replace(bench.alert(), starts_at=bench.now + HOUR)
    bench.post(alert)
    bench.later(MINUTE)
    assert bench.post(alert).again == 1
    assert bench.kinds() == ["first"]
    bench.post(replace(alert, ended_at=bench.now + HOUR + MINUTE))
    assert bench.incidents() == [("ended", 0, 1)]


def test_what_reaches_nobody_has_its_verdict_and_one_line_of_history(make_bench: Any) -> None:
    gap = CONFIG.replace("{name: 值班, to: 张伟}", "{name: 值班, to: 空}") + (
        "schedules:\n"
        '  空: {rotate: [张伟], every: 1d, handoff: "10:00", since: 2099-01-01}\n'
        "checks: {tell: 李娜}\n"
    )
    bench = make_bench(gap)
    alert = bench.alert()
    assert bench.post(alert).verdicts == {"nobody": 1}
    bench.later(5 * MINUTE)
    repeated = bench.post(alert)
    assert (repeated.verdicts.get("nobody", 0), repeated.again) == (0, 1)
    assert bench.verdicts("") == {"nobody": 1}
    assert bench.sql("SELECT count(*) FROM event WHERE what = 'nobody'") == [(1,)]
    assert len(bench.sms("李娜")) == 1
