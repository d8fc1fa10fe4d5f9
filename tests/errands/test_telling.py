"""Somebody answered: the source is told, once or twice but never not at all, and never in vain."""

from __future__ import annotations

import pytest

from sms_notify.model import DAY, HOUR, MINUTE, SECOND
from tests.intake.test_zabbix import Zabbix

from .conftest import ON_BOTH, Line, OtherSide

SAID = {"eventids": ["17"], "action": 6, "message": "张伟 短信确认"}
NO_TOKEN = {"code": -32602, "message": "Invalid params.", "data": "Not authorized."}


@ON_BOTH
def test_an_answer_acknowledges_the_event_with_the_persons_name(
    line: Line, other: OtherSide
) -> None:
    Zabbix(line).say({})
    line.answer()
    line.run()
    assert other.told == [SAID]
    assert line.jobs() == [("acknowledge", "done", "told")]
    line.pass_time(HOUR)
    assert other.told == [SAID]


def test_an_answer_that_zabbix_told_us_of_is_not_told_back(line: Line, other: OtherSide) -> None:
    Zabbix(line).say({})
    line.answer("李娜 (lina)", "in Zabbix")
    line.run()
    assert other.told == []
    assert line.jobs() == []


@pytest.mark.parametrize("status", [500, 503])
def test_a_source_that_is_away_is_told_when_it_is_back(
    line: Line, other: OtherSide, status: int
) -> None:
    Zabbix(line).say({})
    line.answer()
    other.status = status
    line.pass_time(20 * MINUTE)
    [(kind, state, why)] = line.jobs()
    assert (kind, state, why) == ("acknowledge", "waiting", f"http_{status}")
    other.status = 200
    line.pass_time(10 * MINUTE)
    assert other.told == [SAID]
    assert line.kinds() == ["first"]


def test_what_is_refused_for_good_is_said_once_to_whoever_answered(
    line: Line, other: OtherSide
) -> None:
    Zabbix(line).say({}, "两人")
    line.answer("李娜")
    other.error = NO_TOKEN
    line.pass_time(DAY // 2)
    assert line.jobs()[0][1:] == ("failed", "token Invalid params. Not authorized.")
    assert line.sms("李娜")[1:] == [("notice", "您的确认已记录,但未能写入Zabbix:令牌无效")]
    assert line.kinds("张伟") == ["first"]
    assert line.incidents() == [("acknowledged", 1, 1)]


def test_after_a_day_it_is_given_up_and_said_once(line: Line, other: OtherSide) -> None:
    Zabbix(line).say({})
    line.answer()
    other.status = 502
    line.sql("UPDATE incident SET last_seen = last_seen + 864000000000")
    line.pass_time(DAY + HOUR)
    assert line.jobs()[0] == ("acknowledge", "failed", "http_502")
    assert line.kinds().count("notice") == 1
    tries = line.sql("SELECT tries FROM job ORDER BY id")[0][0]
    assert 100 < tries < 200


def test_an_answer_by_nobody_of_ours_is_told_and_its_failure_goes_to_the_operator(
    line: Line, other: OtherSide
) -> None:
    Zabbix(line).say({}, "兜底")
    line.answer("admin", "by command")
    other.error = NO_TOKEN
    line.run()
    assert line.kinds("张伟") == ["notice"]


def test_an_acknowledgement_that_no_longer_holds_is_not_told(line: Line, other: OtherSide) -> None:
    one = Zabbix(line)
    one.say({})
    line.answer()
    other.status = 500
    line.run()
    line.later(5 * MINUTE)
    one.update({"update_status": "1", "update_action": "unacknowledged", "update_user": "李娜"})
    other.status = 200
    line.run()
    assert other.told == []
    assert line.jobs()[0][1] == "dropped"


def test_without_upstream_nothing_is_called(line: Line, other: OtherSide) -> None:
    from dataclasses import replace

    from sms_notify.config.model import Upstream

    Zabbix(line).say({})
    line.rules = replace(line.rules, config=replace(line.rules.config, upstream=Upstream()))
    line.errands.reload()
    line.answer()
    line.run()
    assert line.jobs() == [("acknowledge", "dropped", "not configured")]
    assert other.told == []


CRASHES = ["claim tell", "run tell", "judge tell"]


@ON_BOTH
@pytest.mark.parametrize("crash_after", CRASHES)
def test_a_process_killed_anywhere_leaves_an_acknowledged_event(
    line: Line, other: OtherSide, crash_after: str
) -> None:
    Zabbix(line).say({})
    line.answer()
    for step in line.errands.steps(line.now):
        if step == crash_after:
            break
    line.boot()
    assert line.run() == []  # under the lease of the dead
    line.pass_time(2 * MINUTE)
    assert line.jobs() == [("acknowledge", "done", "told")]
    assert 1 <= len(other.told) <= 2
    assert all(told == SAID for told in other.told)


@ON_BOTH
@pytest.mark.parametrize("crash_after", CRASHES)
def test_a_process_killed_anywhere_leaves_one_silence(
    line: Line, other: OtherSide, crash_after: str
) -> None:
    alert = line.alert()
    other.hold(alert)
    line.post(alert)
    line.answer()
    for step in line.errands.steps(line.now):
        if step == crash_after:
            break
    line.boot()
    line.pass_time(2 * MINUTE)
    assert [kind for kind, _state, _answer in line.jobs()] == ["silence", "watch"]
    assert other.active() == ["s1"]


@ON_BOTH
def test_one_who_lost_the_lease_settles_nothing(line: Line, other: OtherSide) -> None:
    Zabbix(line).say({})
    line.answer()
    other.status = 500
    slow = line.errands.steps(line.now)
    while next(slow) != "judge tell":
        pass
    line.boot()
    other.status = 200
    line.now += 2 * MINUTE
    line.run()
    assert list(slow) == ["settle tell"]
    assert line.jobs() == [("acknowledge", "done", "told")]


def test_a_silence_is_made_of_the_labels_that_alertmanager_has(
    line: Line, other: OtherSide
) -> None:
    alerts = [line.alert(instance=f"db-0{n}") for n in (1, 2)]
    other.hold(*alerts, line.alert("别的"))
    line.post(*alerts)
    line.answer()
    line.run()
    [silence] = other.silences.values()
    named = {each["name"]: each["value"] for each in silence["matchers"]}
    assert named == {"alertname": "磁盘满", "instance": "db-01|db-02", "severity": "warning"}
    assert silence["createdBy"] == "张伟"
    assert silence["comment"].startswith("ACK! 张伟 短信确认 ")


@ON_BOTH
def test_what_ends_while_silenced_is_told_and_the_silence_goes(
    line: Line, other: OtherSide
) -> None:
    alerts = [line.alert(instance=f"db-0{n}") for n in (1, 2)]
    other.hold(*alerts, by=("s1",))
    line.post(*alerts)
    line.answer()
    line.pass_time(5 * MINUTE)
    other.hold(alerts[1], by=("s1",))
    line.pass_time(MINUTE)
    assert line.incidents() == [("acknowledged", 1, 2)]
    assert other.active() == ["s1"]
    other.hold()
    line.pass_time(MINUTE)
    assert line.incidents() == [("ended", 0, 2)]
    assert line.kinds() == ["first", "resolved"]
    assert other.active() == []
    assert line.jobs()[-1] == ("watch", "done", "taken away")


def test_a_restarted_alertmanager_that_knows_nothing_yet_ends_nothing(
    line: Line, other: OtherSide
) -> None:
    alert = line.alert()
    other.hold(alert)
    line.post(alert)
    line.answer()
    line.run()
    from datetime import UTC, datetime

    other.hold()
    restarted = datetime.fromtimestamp(line.now / SECOND + 60, UTC)
    other.uptime = restarted.isoformat()
    line.pass_time(3 * MINUTE)
    assert line.incidents() == [("acknowledged", 1, 1)]
    line.pass_time(10 * MINUTE)  # by now it would have been told again
    assert line.kinds() == ["first", "resolved"]


def test_a_silence_ends_with_the_answer_that_made_it(line: Line, other: OtherSide) -> None:
    alert = line.alert()
    other.hold(alert, by=("s1",))
    line.post(alert)
    line.answer()
    line.pass_time(MINUTE)
    worse = line.alert(severity="critical")
    line.post(worse)
    assert line.incidents() == [("open", 2, 2)]
    line.pass_time(MINUTE)
    assert other.active() == []


def test_a_silence_that_runs_out_is_watched_a_little_longer(line: Line, other: OtherSide) -> None:
    alert = line.alert()
    other.hold(alert, by=("s1",))
    line.post(alert)
    line.answer()
    line.pass_time(HOUR + MINUTE)
    assert line.jobs()[-1][:2] == ("watch", "waiting")
    line.pass_time(10 * MINUTE)
    assert line.jobs()[-1] == ("watch", "done", "the silence is over")


def test_an_answer_during_an_outage_of_alertmanager_is_silenced_later(
    line: Line, other: OtherSide
) -> None:
    alert = line.alert()
    other.hold(alert)
    line.post(alert)
    line.answer()
    other.status = 503
    line.pass_time(10 * MINUTE)
    assert other.active() == []
    other.status = 200
    line.pass_time(10 * MINUTE)
    assert other.active() == ["s1"]
