"""Answering by SMS, as two phones and a gateway see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sms_notify.actions import Acknowledge, Actor
from sms_notify.model import HOUR, MINUTE, SECOND
from sms_notify.text.measure import units
from tests.simulation.phones import PhoneBook

from .site import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def phone(site: Site) -> Iterator[PhoneBook]:
    """At the end no SMS is unread, and every answer fits one SMS."""
    book = PhoneBook(site)
    yield book
    site.run(2 * MINUTE)
    book.quiet()
    answers = site.sql("SELECT text FROM message WHERE kind = 'answer'")
    assert all(units(text) <= 70 for (text,) in answers)


def results(site: Site) -> list[str]:
    return [row[0] for row in site.sql("SELECT result FROM reply ORDER BY at, inbound_id")]


def state(site: Site, code: int = 10) -> str:
    return str(site.incident(code)["state"])


def test_a_bare_code_acknowledges(site: Site, phone: PhoneBook) -> None:
    site.alert()
    phone("张伟").gets("MySQL", "回10确认").replies("10").gets("已确认10 ", "db-01", "1小时未恢复")
    found = site.incident(10)
    assert (found["state"], found["acked_by"]) == ("acknowledged", "张伟")


def test_who_is_second_hears_who_was_first(site: Site, phone: PhoneBook) -> None:
    site.alert("链路中断", "net")
    phone("张伟").gets("链路中断")
    phone("王磊").gets("链路中断").replies("{code}").gets("已确认10")
    phone("张伟").replies("10确认").gets("10已由王磊", "确认")
    assert results(site) == ["done", "late"]


def test_an_answer_to_what_is_over_says_since_when(site: Site, phone: PhoneBook) -> None:
    site.alert()
    phone("张伟").gets("MySQL")
    site.ends()
    phone("张伟").gets("恢复").replies("10").gets("10已于", "恢复")
    assert state(site) == "ended"


def test_both_say_the_end_that_the_source_says(site: Site, phone: PhoneBook) -> None:
    site.alert()
    phone("张伟").gets("MySQL")
    ended_at = site.now
    site.run(2 * MINUTE)
    call = site.call("MySQL主从延迟", "dba", host="db-01", ended=True)
    late = tuple(replace(alert, ended_at=ended_at) for alert in call.alerts)
    site.post(replace(call, alerts=late))
    clock = f"{datetime.fromtimestamp(ended_at // SECOND, ZoneInfo('Asia/Shanghai')):%H:%M}"
    phone("张伟").gets("恢复", clock).replies("10").gets(f"10已于{clock}恢复")


def test_escalating_tells_the_next_and_says_who(site: Site, phone: PhoneBook) -> None:
    site.alert()
    phone("张伟").gets("MySQL").replies("10e").gets("已升级10", "已通知李娜")
    phone("李娜").gets("MySQL", "回10确认").replies("收到").gets("已确认10")


def test_muting_holds_the_news_of_it_and_is_bounded(site: Site, phone: PhoneBook) -> None:
    site.alert()
    phone("张伟").gets("MySQL").replies("10静默 30分钟").gets("已静默10至")
    assert site.incident(10)["muted_until"] - site.now <= 30 * MINUTE
    phone("张伟").replies("10m 9d").gets("已静默10至")
    assert site.incident(10)["muted_until"] - site.now <= 4 * HOUR
    phone("张伟").replies("10").gets("已确认10")


def test_escalating_what_is_muted_tells_the_next_at_once(site: Site, phone: PhoneBook) -> None:
    site.alert()
    phone("张伟").gets("MySQL").replies("10m 2h").gets("已静默10至")
    phone("张伟").replies("10e").gets("已升级10", "已通知李娜")
    phone("李娜").gets("升级 MySQL", "回10确认").replies("10").gets("已确认10")
    assert site.incident(10)["muted_until"] is None


def test_the_next_phone_of_a_person_answers_too(site: Site, phone: PhoneBook) -> None:
    site.alert()
    phone("张伟").gets("MySQL")
    phone("张伟", 1).replies("１０Ａ").gets("已确认10")


def test_a_verb_alone_acts_on_the_one_open_incident(site: Site, phone: PhoneBook) -> None:
    site.alert()
    phone("张伟").gets("MySQL").replies("确认").gets("已确认10")


def test_a_verb_alone_changes_nothing_where_several_are_open(site: Site, phone: PhoneBook) -> None:
    site.alert("MySQL主从延迟")
    site.alert("磁盘满")
    phone("张伟").gets("MySQL").gets("磁盘满").replies("ok").gets("2个", "10 MySQL", "11 磁盘满")
    assert (state(site, 10), state(site, 11)) == ("open", "open")
    phone("张伟").replies("10 11").gets("已确认2")
    assert (state(site, 10), state(site, 11)) == ("acknowledged", "acknowledged")


def test_all_is_everything_that_was_sent_to_this_person(site: Site, phone: PhoneBook) -> None:
    for name in ("MySQL主从延迟", "磁盘满", "主机失联"):
        site.alert(name)
    site.alert("链路中断", "net")
    for part in ("MySQL", "磁盘满", "主机失联", "链路中断"):
        phone("张伟").gets(part)
    phone("王磊").gets("链路中断").replies("13").gets("已确认13")
    phone("张伟").replies("全部").gets("已确认4 其中1已由王磊确认")


def test_status_on_call_and_help_change_nothing(site: Site, phone: PhoneBook) -> None:
    site.alert()
    phone("张伟").gets("MySQL").replies("10s").gets("10 MySQL", "未确认")
    phone("张伟").replies("w").gets("值班 值班表:张伟")
    phone("张伟").replies("?").gets("码=确认")
    phone("张伟").replies("s").gets("10 MySQL", "未确认")
    assert state(site) == "open"
    phone("张伟").replies("10").gets("已确认10")


def test_a_duration_without_its_verb_is_refused_with_the_help(site: Site, phone: PhoneBook) -> None:
    site.alert()
    phone("张伟").gets("MySQL").replies("10 2小时").gets("码=确认")
    assert state(site) == "open"
    phone("张伟").replies("10").gets("已确认10")


def test_what_the_configuration_does_not_allow_is_refused(tmp_path: Path) -> None:
    site = Site(tmp_path, more="replies: {allow: [ack], max_mute: 1h}\n")
    phone = PhoneBook(site)
    site.alert()
    phone("张伟").gets("MySQL").replies("10e").gets("短信不允许升级")
    phone("张伟").replies("10m").gets("短信不允许静默")
    phone("张伟").replies("10").gets("已确认10")
    phone.quiet()


def test_an_event_is_over_with_its_answer(site: Site, phone: PhoneBook) -> None:
    from sms_notify.intake import TellCall
    from sms_notify.sources import line

    levels = site.config.site.levels
    call = line.parse(
        "备份失败 node-7".encode(), levels=levels, called_at=site.now, level="critical", key=None,
        resolved=False, to=None, labels={}, call_id="1",
    )  # fmt: skip
    site.judge(TellCall(site.runner.rules, call))
    phone("赵敏").gets("备份失败").replies("10").gets("已确认10")
    assert site.incident(10)["end_reason"] == "event_done"


def test_a_digest_has_a_code_of_its_own_for_what_is_open_of_it(tmp_path: Path) -> None:
    site = Site(tmp_path, limit=1)
    phone = PhoneBook(site)
    for number in range(5):
        site.alert(f"告警{number}", "net", level="warning")
    phone("张伟").gets("告警0")
    phone("王磊").gets("告警0")
    site.run(MINUTE)
    code = phone("张伟").gets("4条", "回", "确认").code
    assert phone("王磊").gets("4条").code != code, "each digest has its own"
    site.ends("告警1", "net")
    site.judge(Acknowledge(site.runner.rules, 12, Actor("王磊", "by command")))
    phone("张伟").replies(code)
    answer = ""
    while "已确认" not in answer:
        answer = phone("张伟").gets(within=20 * MINUTE).last
    assert "已确认4 其中1已恢复 1已由王磊确认" in answer
    assert [state(site, each) for each in (10, 12, 13, 14)] == ["open", *["acknowledged"] * 3]


# -- what must not act ---------------------------------------------------------------------------


def test_a_code_that_was_sent_to_somebody_else_is_wrong(site: Site, phone: PhoneBook) -> None:
    site.alert()
    phone("张伟").gets("MySQL")
    phone("赵敏").replies("10").gets("没有发给您的代码10")
    assert (state(site), results(site)) == ("open", ["wrong_code"])
    phone("张伟").replies("10").gets("已确认10")


def test_an_sms_of_the_day_before_is_answered_no_more(site: Site, phone: PhoneBook) -> None:
    site.alert("链路中断", "net")
    phone("张伟").gets("链路中断")
    phone("王磊").gets("链路中断").replies("10").gets("已确认10")
    for hours in (23, 2):
        site.clock.now += hours * HOUR
        site.alert("链路中断", "net")  # it still fires, and is acknowledged
    phone("张伟").replies("10").gets("没有发给您的代码10", within=2 * MINUTE)
    assert results(site) == ["done", "wrong_code"]


def test_a_stranger_hears_nothing(site: Site, phone: PhoneBook) -> None:
    site.alert()
    phone("张伟").gets("MySQL")
    for number in ("13700000009", "10086", "106575000000"):
        site.gateway.reply(number, "10", at=site.now)
    site.run(MINUTE)
    assert set(results(site)) == {"unknown_sender"}
    assert state(site) == "open"
    assert site.gateway.inbox("13700000009") == []
    phone("张伟").replies("10").gets("已确认10")


def test_five_wrong_codes_close_the_door_for_an_hour_and_the_operator_hears(
    site: Site, phone: PhoneBook
) -> None:
    site.alert("链路中断", "net")
    phone("张伟").gets("链路中断")
    phone("王磊").gets("链路中断").replies("10").gets("已确认10")
    for _ in range(4):
        phone("李娜").replies("77").gets("没有发给您的代码77")
    phone("李娜").replies("77").gets_nothing()
    phone("赵敏").gets("李娜的手机连续回复错误代码")
    phone("李娜").replies("?").gets_nothing()
    assert results(site)[-2:] == ["locked", "ignored"]
    site.clock.now += HOUR
    phone("李娜").replies("?").gets("码=确认", within=2 * MINUTE)


def test_an_auto_responder_is_answered_five_times_at_most(site: Site, phone: PhoneBook) -> None:
    site.alert()
    phone("张伟").gets("MySQL")
    for _ in range(5):
        phone("张伟").replies("您好,我正在开会").gets("未能识别")
    phone("张伟").replies("您好,我正在开会").gets_nothing()
    site.alert("磁盘满")
    phone("张伟").gets("磁盘满").replies("10 11").gets("已确认2")


def test_our_own_words_that_come_back_are_not_answered(site: Site, phone: PhoneBook) -> None:
    site.alert()
    text = phone("张伟").gets("MySQL").last
    phone("张伟").replies(text).gets_nothing()
    assert results(site) == ["echo"]
    phone("张伟").replies("10").gets("已确认10")


def test_an_opt_out_word_is_told_to_the_operator_once(site: Site, phone: PhoneBook) -> None:
    site.alert()
    phone("张伟").gets("MySQL").replies("TD").gets_nothing()
    phone("赵敏").gets("张伟的手机回复了退订字样", "td")
    phone("张伟").replies("退订").gets_nothing()
    phone("张伟").replies("10").gets("已确认10")
    assert results(site) == ["opt_out", "opt_out", "done"]


def test_a_forged_entry_makes_nothing_act(site: Site, phone: PhoneBook) -> None:
    """The text of one stranger looks like an entry of somebody who may acknowledge."""
    site.alert()
    phone("张伟").gets("MySQL")
    site.gateway.reply("13700000009", "好的|999,13800000001;10", at=site.now)
    site.gateway.reply("13700000008", "在吗", at=site.now)
    phone("张伟").gets("回复未能识别,请重发").gets_nothing()
    assert (state(site), results(site)) == ("open", [])
    phone("张伟").replies("10").gets("已确认10")


def test_one_forged_entry_alone_is_the_text_of_its_sender(site: Site, phone: PhoneBook) -> None:
    site.alert()
    phone("张伟").gets("MySQL")
    site.gateway.reply("13700000009", "好的|999,13800000001;10", at=site.now)
    site.run(MINUTE)
    assert (state(site), results(site)) == ("open", ["unknown_sender"])
    phone("张伟").replies("10").gets("已确认10")


def test_without_polling_no_text_asks_for_an_answer_and_the_code_works_by_command(
    tmp_path: Path,
) -> None:
    from .site import TEXT

    site = Site(tmp_path, text=TEXT.replace("replies: 5s", "replies: 0"))
    phone = PhoneBook(site)
    site.alert()
    assert "回10" not in phone("张伟").gets("MySQL").last
    came = site.judge(Acknowledge(site.runner.rules, 10, Actor("admin", "by command")))
    assert [did.came for did in came.dids] == ["done"]
    assert state(site) == "acknowledged"
    phone.quiet()


def test_it_is_asked_for_often_while_somebody_may_answer(site: Site, phone: PhoneBook) -> None:
    from sms_notify.simulator import Call as Asked

    site.run(10 * MINUTE)
    idle = len(site.gateway.requests(Asked.REPLIES))
    assert idle <= 11
    site.alert()
    phone("张伟").gets("MySQL")
    site.run(4 * MINUTE)
    assert len(site.gateway.requests(Asked.REPLIES)) - idle >= 40
    phone("张伟").replies("10").gets("已确认10")


def test_an_answer_to_nothing_says_so(site: Site, phone: PhoneBook) -> None:
    phone("张伟").replies("确认").gets("没有发给您的未恢复告警", within=2 * MINUTE)
    assert results(site) == ["nothing_open"]
    site.run(SECOND)
