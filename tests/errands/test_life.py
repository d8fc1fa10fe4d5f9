"""Before somebody is told again, the source is asked; a question never costs a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from sms_notify.model import DAY, HOUR, MINUTE, SECOND
from tests.intake.conftest import CONFIG
from tests.intake.test_zabbix import Zabbix

from .conftest import ON_BOTH, UPSTREAM, Line, OtherSide

BURNS = {"r_eventid": "0", "suppressed": "0"}
SUPPRESSED = {"r_eventid": "0", "suppressed": "1"}
REPEAT = 4 * HOUR


def test_what_burns_is_told_again_after_one_question(line: Line, other: OtherSide) -> None:
    other.events["17"] = BURNS
    Zabbix(line).say({})
    line.pass_time(REPEAT + MINUTE)
    assert line.kinds() == ["first", "repeat"]
    assert other.looks == 1


def test_no_answer_in_five_seconds_is_told_all_the_same(line: Line, other: OtherSide) -> None:
    Zabbix(line).say({})
    line.pass_time(REPEAT - MINUTE)
    other.status = 502
    line.pass_time(2 * MINUTE)
    assert line.kinds() == ["first", "repeat"]


def test_nobody_who_asks_costs_five_seconds_and_no_page(line: Line, other: OtherSide) -> None:
    Zabbix(line).say({})
    line.later(REPEAT + 4 * SECOND)  # no errands are run here at all
    assert line.kinds() == ["first"]
    line.later(2 * SECOND)
    assert line.kinds() == ["first", "repeat"]
    assert "no_sign_of_life" in line.history()


def test_an_event_that_zabbix_does_not_show_us_is_told_all_the_same(
    line: Line, other: OtherSide
) -> None:
    Zabbix(line).say({})
    line.pass_time(REPEAT + MINUTE)
    assert other.looks == 1
    assert line.kinds() == ["first", "repeat"]


@ON_BOTH
def test_what_is_over_ends_with_the_source_s_own_time_and_is_told_as_an_end(
    line: Line, other: OtherSide
) -> None:
    Zabbix(line).say({})
    ended = (line.now + HOUR) // SECOND
    other.events = {
        "17": {"r_eventid": "18", "suppressed": "0"},
        "18": {"r_eventid": "0", "suppressed": "0", "clock": str(ended)},
    }
    line.pass_time(REPEAT + MINUTE)
    assert line.kinds() == ["first", "resolved"]
    assert line.incidents() == [("ended", 0, 1)]
    assert line.sql("SELECT end_reason FROM incident") == [("resolved",)]
    assert line.sql("SELECT ended_at, unseen FROM alert") == [(ended * SECOND, False)]
    assert line.sms()[-1][1] == "恢复 磁盘满 db-01 20:06"


def test_what_is_suppressed_is_a_verdict_and_asked_again(line: Line, other: OtherSide) -> None:
    other.events["17"] = SUPPRESSED
    Zabbix(line).say({})
    line.pass_time(REPEAT + 21 * MINUTE)
    assert line.kinds() == ["first"]
    assert line.verdicts() == {"told": 1, "suppressed": 1}
    assert other.looks == 5
    other.events["17"] = BURNS
    line.pass_time(10 * MINUTE)
    assert line.kinds() == ["first", "repeat"]


def test_an_acknowledgement_in_zabbix_that_no_update_told_counts(
    line: Line, other: OtherSide
) -> None:
    Zabbix(line).say({})
    clock = str((line.now + HOUR) // SECOND)
    update = {"clock": clock, "action": "2", "message": "", "username": "lina"}
    other.events["17"] = {**BURNS, "acknowledges": [update]}
    line.pass_time(REPEAT + MINUTE)
    assert line.incidents() == [("acknowledged", 1, 1)]
    assert line.kinds() == ["first"]
    assert line.sql("SELECT acked_by FROM incident") == [("lina",)]
    assert [kind for kind, _state, _answer in line.jobs()] == ["alive"]


def test_an_acknowledgement_from_before_the_incident_does_not(line: Line, other: OtherSide) -> None:
    clock = str((line.now - HOUR) // SECOND)
    update = {"clock": clock, "action": "2", "message": "", "username": "lina"}
    other.events["17"] = {**BURNS, "acknowledges": [update]}
    Zabbix(line).say({})
    line.pass_time(REPEAT + MINUTE)
    assert line.kinds() == ["first", "repeat"]


def test_what_the_source_says_still_burns_is_not_lost_sight_of(
    line: Line, other: OtherSide
) -> None:
    other.events["17"] = BURNS
    Zabbix(line).say({})
    line.pass_time(3 * DAY)
    assert line.incidents() == [("open", 1, 1)]


def test_news_that_came_while_the_source_was_asked_counts_more_than_its_answer(
    line: Line, other: OtherSide
) -> None:
    other.events["17"] = {"r_eventid": "18", "suppressed": "0"}
    one = Zabbix(line)
    one.say({})
    line.later(REPEAT)
    steps = line.errands.steps(line.now)
    while next(steps) != "run ask":
        pass
    line.now += SECOND
    one.update({"update_status": "1", "update_action": "commented", "update_message": "还在"})
    list(steps)
    assert line.incidents() == [("open", 1, 1)]


@ON_BOTH
@pytest.mark.parametrize("crash_after", ["claim ask", "run ask", "judge ask"])
def test_a_process_killed_while_asking_costs_no_page(
    line: Line, other: OtherSide, crash_after: str
) -> None:
    other.events["17"] = BURNS
    Zabbix(line).say({})
    line.later(REPEAT)
    for step in line.errands.steps(line.now):
        if step == crash_after:
            break
    line.later(MINUTE)
    assert line.kinds() == ["first", "repeat"]


@ON_BOTH
def test_dozens_of_incidents_are_one_question(line: Line, other: OtherSide) -> None:
    line.gateway_works = False
    for number in range(100, 160):
        other.events[str(number)] = BURNS
        Zabbix(line).say({"event_id": str(number)})
    line.later(REPEAT)
    line.run()
    assert other.looks == 1
    states = line.sql("SELECT state, count(*) FROM job GROUP BY state")
    assert states == [("done", 60)]


@pytest.mark.parametrize(("by", "told"), [("s1", "reminder"), ("of-somebody-else", "first")])
def test_our_own_silence_is_no_reason_not_to_remind(
    tmp_path: Path, other: OtherSide, by: str, told: str
) -> None:
    """`s1` is made by the answer; whatever else silences means that nobody wants to know."""
    text = CONFIG.replace("{name: 值班, to: 张伟}", "{name: 值班, to: 张伟, ack_timeout: 10m}")
    line = Line(tmp_path, other, text + UPSTREAM, None)
    alert = line.alert()
    other.hold(alert, by=(by,))
    line.post(alert)
    line.answer()
    line.pass_time(9 * MINUTE)
    assert other.active() == ["s1"]
    line.pass_time(2 * MINUTE)
    assert line.kinds()[-1] == told
    assert line.verdicts().get("suppressed", 0) == (told == "first")
    line.store.close()
