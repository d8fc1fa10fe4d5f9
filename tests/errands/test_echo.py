"""What we told Zabbix comes back from it: it pages nobody who knows, and the others once."""

from __future__ import annotations

from sms_notify.model import MINUTE
from tests.intake.test_zabbix import COMMENT, Zabbix

from .conftest import ON_BOTH, Line, OtherSide

ECHO = {
    "update_status": "1",
    "update_action": "acknowledged, commented",
    "update_message": "张伟 短信确认",
    "update_user": "sms-notify (api)",
}


def test_whoever_answered_is_not_paged_by_the_answer(line: Line, other: OtherSide) -> None:
    one = Zabbix(line)
    one.say({})
    line.answer()
    line.run()
    line.later(MINUTE)
    one.update(ECHO)
    one.update(ECHO)
    line.pass_time(MINUTE)
    assert line.kinds() == ["first"]
    assert line.verdicts() == {"told": 1, "acked": 1}
    assert len(other.told) == 1


@ON_BOTH
def test_others_who_were_told_of_the_event_hear_of_it_once(line: Line, other: OtherSide) -> None:
    one = Zabbix(line)
    one.say({})
    one.say({}, "两人")
    one.say({}, "兜底")
    line.later(5 * MINUTE)
    line.answer()
    line.run()
    for _twice in range(2):
        for sendto in ("值班", "两人", "兜底"):
            one.update(ECHO, sendto)
        line.later(5 * MINUTE)
    assert [kind for kind in line.kinds("张伟") if kind == "update"] == []
    for person in ("李娜", "王磊"):
        assert line.kinds(person) == ["first", "update"]
        assert line.sms(person)[-1][1] == "严重 已确认 磁盘满 db-01 张伟:短信确认 19:11"
    assert [state for state, _firing, _members in line.incidents()] == ["acknowledged"] * 3
    line.run()
    assert len(other.told) == 1  # not told back for the other incidents


@ON_BOTH
def test_an_echo_that_comes_late_acknowledges_nothing_anew(line: Line, other: OtherSide) -> None:
    one = Zabbix(line)
    one.say({})
    line.answer()
    line.run()
    line.later(5 * MINUTE)
    line.sql("UPDATE incident SET state = 'open', acked_by = NULL, acked_at = NULL")
    one.update(ECHO)
    assert line.incidents() == [("open", 1, 1)]
    assert line.kinds() == ["first"]


def test_somebody_elses_words_are_news_as_before(line: Line, other: OtherSide) -> None:
    one = Zabbix(line)
    one.say({})
    line.later(5 * MINUTE)
    one.update(ECHO)  # nothing was told: these are not our words
    assert line.sms()[-1][1].startswith("严重 已确认 磁盘满 db-01")
    assert line.incidents() == [("acknowledged", 1, 1)]
    line.later(5 * MINUTE)
    one.update(COMMENT)
    assert line.verdicts()["acked"] == 1


def test_the_same_words_about_another_event_are_not_ours(line: Line, other: OtherSide) -> None:
    one = Zabbix(line)
    one.say({})
    line.answer()
    line.run()
    line.later(5 * MINUTE)
    one.say({"event_id": "99"})
    line.later(5 * MINUTE)
    one.update({**ECHO, "event_id": "99"})
    assert line.kinds() == ["first", "first", "update"]
