"""What Zabbix says becomes one SMS a piece of news, however often its script runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sms_notify.intake import Accepted, TellCall
from sms_notify.model import DAY, HOUR, MINUTE, SECOND
from sms_notify.sources import zabbix

from .conftest import CONFIG, Bench

PROBLEM = {"event_id": "17", "event_value": "1", "severity": "4", "host": "db-01", "name": "磁盘满"}
COMMENT = {"update_status": "1", "update_action": "commented", "update_message": "看过"}
ACKNOWLEDGE = {
    "update_status": "1",
    "update_action": "acknowledged and commented",
    "update_message": "我来处理",
    "update_user": "李娜 (lina)",
}
TAKE_BACK = {"update_status": "1", "update_action": "unacknowledged", "update_user": "李娜 (lina)"}
CLOSE = {"update_status": "1", "update_action": "closed", "update_message": "误报"}


class Zabbix:
    """A Zabbix server whose clock is the bench's."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.began = self.date("", bench.now)

    def date(self, prefix: str, now: int) -> dict[str, str]:
        moment = datetime.fromtimestamp(now / SECOND, UTC)
        return {f"{prefix}timestamp": str(int(moment.timestamp()))}

    def say(self, more: Mapping[str, str], sendto: str = "值班", **now: str) -> Accepted:
        """Run the alert script with our templates' message."""
        fields = self.began | PROBLEM | dict(more) | now
        message = "".join(f"{key}: {value}\r\n" for key, value in fields.items())
        return self.run(sendto, "PROBLEM: 磁盘满", message)

    def update(self, more: Mapping[str, str], sendto: str = "值班") -> Accepted:
        stamp = self.bench.now // SECOND
        return self.say(
            {**more, "update_date": str(stamp // 86400), "update_time": str(stamp)}, sendto
        )

    def recover(self, sendto: str = "值班") -> Accepted:
        over = {"event_value": "0", "recovery_id": "18"}
        return self.say(over | self.date("recovery_", self.bench.now), sendto)

    def run(self, sendto: str, subject: str, message: str) -> Accepted:
        site = self.bench.config.site
        call = zabbix.parse_args(
            sendto,
            subject,
            message,
            levels=site.levels,
            called_at=self.bench.now,
            timezone=site.timezone,
        )
        answer = self.bench.writer.judge_now(TellCall(self.bench.rules, call))
        assert isinstance(answer, Accepted)
        return answer


def test_problem_two_updates_and_recovery_are_told_once_each(bench: Bench) -> None:
    one = Zabbix(bench)
    steps: list[Callable[[], Accepted]] = [
        lambda: one.say({}),
        lambda: one.update(COMMENT),
        lambda: one.update({**COMMENT, "update_message": "换盘"}),
        one.recover,
    ]
    for step in steps:
        step()
        assert step().repeated_call
        bench.later(5 * MINUTE)
    assert bench.kinds() == ["first", "update", "update", "resolved"]
    assert bench.incidents() == [("ended", 0, 1)]


def test_an_update_says_who_did_what_and_when_and_two_of_them_differ(bench: Bench) -> None:
    one = Zabbix(bench)
    one.say({})
    bench.later(5 * MINUTE)
    one.update({**COMMENT, "update_user": "李娜 (lina)"})
    bench.later(5 * MINUTE)
    one.update({**COMMENT, "update_user": "张伟", "update_message": "换盘"})
    first, second = [text for kind, text in bench.sms() if kind == "update"]
    assert first == "严重 更新 磁盘满 db-01 李娜:看过 19:11"
    assert second == "严重 更新 磁盘满 db-01 张伟:换盘 19:16"


def test_acknowledged_in_zabbix_is_told_once_and_then_only_the_end(bench: Bench) -> None:
    one = Zabbix(bench)
    one.say({})
    bench.later(5 * MINUTE)
    assert one.update(ACKNOWLEDGE).told == 1
    assert bench.sms()[-1] == ("update", "严重 已确认 磁盘满 db-01 李娜:我来处理 19:11")
    assert bench.incidents() == [("acknowledged", 1, 1)]
    bench.later(5 * MINUTE)
    assert one.update(COMMENT).verdicts == {"acked": 1}
    bench.later(6 * HOUR)  # a repeat would have come
    assert bench.kinds() == ["first", "update"]
    one.recover()
    assert bench.kinds() == ["first", "update", "resolved"]
    history = [row[0] for row in bench.sql("SELECT what FROM event WHERE about = 'incident'")]
    assert history == ["opened", "acknowledged", "ended"]


def test_an_acknowledgement_that_is_taken_back_opens_the_incident_again(bench: Bench) -> None:
    one = Zabbix(bench)
    one.say({})
    bench.later(5 * MINUTE)
    one.update(ACKNOWLEDGE)
    bench.later(5 * MINUTE)
    assert one.update(TAKE_BACK).told == 1
    assert bench.sms()[-1] == ("update", "严重 取消确认 磁盘满 db-01 李娜 19:16")
    assert bench.incidents() == [("open", 1, 1)]
    bench.later(5 * MINUTE)
    assert one.update(COMMENT).told == 1


def test_one_who_acknowledges_first_and_raises_later_is_heard(bench: Bench) -> None:
    one = Zabbix(bench)
    one.say({"severity": "2"})
    one.update({**ACKNOWLEDGE, "severity": "2"})
    bench.later(5 * MINUTE)
    raised = {"update_status": "1", "update_action": "changed severity from Warning to High"}
    assert one.update(raised).told == 1
    assert bench.sms()[-1][1].startswith("严重 更新 磁盘满")


def test_held_updates_are_told_once_as_what_they_are(bench: Bench) -> None:
    one = Zabbix(bench)
    one.say({})
    for number in range(8):
        bench.now += 20 * SECOND
        one.update({**COMMENT, "update_message": f"第{number}步"})
    bench.later(30 * MINUTE)
    assert bench.verdicts() == {"told": 9}
    assert len(bench.sms()) < 9
    assert "更新 磁盘满 db-01" in bench.sms()[-1][1]
    assert "第" not in bench.sms()[-1][1]


def test_held_updates_of_what_is_over_are_no_news(bench: Bench) -> None:
    one = Zabbix(bench)
    one.say({})
    for number in range(3):
        bench.now += 10 * SECOND
        one.update({**COMMENT, "update_message": f"第{number}步"})
    one.recover()
    bench.later(30 * MINUTE)
    assert bench.kinds()[-1] == "resolved"
    assert sum(kind == "digest" for kind in bench.kinds()) == 0


def test_a_closed_problem_has_ended_and_its_recovery_says_nothing_more(bench: Bench) -> None:
    one = Zabbix(bench)
    one.say({})
    bench.later(5 * MINUTE)
    one.update(CLOSE)
    one.recover()
    assert bench.kinds() == ["first", "resolved"]


def test_a_problem_from_the_spool_that_is_over_already_is_late(bench: Bench) -> None:
    one = Zabbix(bench)
    bench.later(HOUR)
    one.recover()
    one.say({})
    assert bench.kinds() == []


def test_two_recipients_are_two_incidents_and_each_hears_the_end_once(bench: Bench) -> None:
    one = Zabbix(bench)
    for sendto in ("值班", "李娜"):
        one.say({}, sendto)
    bench.later(5 * MINUTE)
    for sendto in ("值班", "李娜"):
        one.recover(sendto)
    assert bench.kinds("张伟") == bench.kinds("李娜") == ["first", "resolved"]


def test_a_step_that_zabbix_repeats_makes_no_second_sms(bench: Bench) -> None:
    one = Zabbix(bench)
    one.say({})
    for _ in range(5):
        bench.later(10 * MINUTE)
        assert one.say({"item_value": "97"}).repeated_call
    assert bench.kinds() == ["first"]


def test_beside_a_zabbix_escalation_each_step_is_one_sms(make_bench: Any) -> None:
    bench = make_bench(
        CONFIG.replace("receiver: 值班\n", "receiver: 值班\n  repeat_interval: 52w\n")
    )
    one = Zabbix(bench)
    for step in range(12):  # an hour each: first 值班, from the third step on 李娜 as well
        one.say({})
        if step >= 2:
            one.say({}, "李娜")
        bench.later(HOUR)
    assert bench.kinds("张伟") == bench.kinds("李娜") == ["first"]
    one.recover()
    one.recover("李娜")
    assert bench.kinds("张伟") == bench.kinds("李娜") == ["first", "resolved"]


def test_a_phone_number_is_the_person_who_has_it(bench: Bench) -> None:
    assert not Zabbix(bench).say({}, "13800000002").unknown_receiver
    assert bench.kinds("李娜") == ["first"]


def test_an_unknown_recipient_is_told_to_the_root_receiver(bench: Bench) -> None:
    assert Zabbix(bench).say({}, "没有这个组").unknown_receiver
    assert bench.kinds("张伟") == ["first"]


def test_without_a_recovery_operation_the_incident_ends_by_its_stale_timer(bench: Bench) -> None:
    Zabbix(bench).say({})
    bench.later(2 * DAY)
    assert [state for state, _, _ in bench.incidents()] == ["ended"]


def test_the_same_text_without_an_event_id_is_one_call_today_and_news_tomorrow(
    bench: Bench,
) -> None:
    one = Zabbix(bench)
    one.run("值班", "新主机", "web-07")
    bench.later(40 * MINUTE)
    assert one.run("值班", "新主机", "web-07").repeated_call
    bench.later(DAY)
    assert not one.run("值班", "新主机", "web-07").repeated_call
    assert bench.kinds() == ["first", "first"]


def test_without_an_event_id_another_message_is_other_news(bench: Bench) -> None:
    zabbix_server = Zabbix(bench)
    told = [
        zabbix_server.run("值班", "故障: 端口down", f"主机: sw-{n} 端口: Gi0/{n}").told
        + zabbix_server.run("值班", "故障: 端口down", f"主机: sw-{n} 端口: Gi0/{n}").told
        for n in (1, 7)
    ]
    bench.later(2 * MINUTE)
    assert told[0] == 1
    assert bench.verdicts() == {"told": 2}
    assert len(bench.sms()) == 2


def test_without_an_event_id_neither_phase_swallows_what_is_new(bench: Bench) -> None:
    zabbix_server = Zabbix(bench)
    for text in ("failed on A", "failed on B"):
        zabbix_server.run("值班", "backup", text)
        bench.later(2 * MINUTE)
    assert len(bench.sms()) == 2
