"""An answer does not hold for ever: reminders, what opens an incident again, events."""

from __future__ import annotations

from sms_notify.intake.answering import acknowledge, reopen
from sms_notify.model import HOUR, MINUTE

from .conftest import NEXT, ON_CALL, Chains


def test_who_acknowledged_and_who_is_on_call_now_are_reminded(chains: Chains) -> None:
    chains.fire()
    chains.bench.later(16 * MINUTE)
    chains.ack("王磊")
    chains.bench.later(59 * MINUTE)
    assert len(chains.told()) == 4
    chains.bench.later(2 * MINUTE)
    assert sorted(chains.told()[4:]) == [(76, ON_CALL, "reminder"), (76, "王磊", "reminder")]
    assert "未恢复" in chains.bench.sms("王磊")[-1][1]
    assert chains.bench.incidents() == [("open", 1, 1)]


def test_an_acker_who_is_on_call_is_reminded_once(chains: Chains) -> None:
    chains.fire()
    chains.ack(ON_CALL)
    chains.bench.later(61 * MINUTE)
    assert chains.told() == [(0, ON_CALL, "first"), (60, ON_CALL, "reminder")]


def test_a_user_of_zabbix_is_not_reminded_but_who_is_on_call_is(chains: Chains) -> None:
    chains.fire()
    chains.bench.left()
    chains.act(lambda ledger, one: acknowledge(ledger, one, "Admin", "in Zabbix"))
    chains.bench.later(61 * MINUTE)
    assert chains.told()[1:] == [(60, ON_CALL, "reminder")]


def test_reminders_go_on_until_somebody_acknowledges_anew(chains: Chains) -> None:
    chains.fire()
    chains.bench.later(16 * MINUTE)  # the last step: nothing but reminders and its end comes
    chains.ack("王磊")
    chains.bench.later(3 * HOUR + MINUTE)
    reminded = [at for at, who, kind in chains.told() if (who, kind) == ("王磊", "reminder")]
    assert reminded == [76, 136, 196]
    chains.ack("王磊")
    chains.bench.later(59 * MINUTE)
    assert [at for at, _who, kind in chains.told() if kind == "reminder"][-1] == 196


def test_the_chain_goes_on_if_nobody_answers_the_reminder(chains: Chains) -> None:
    chains.fire()
    chains.bench.left()
    chains.ack(ON_CALL)
    chains.bench.later(66 * MINUTE)
    assert chains.told()[1:] == [(60, ON_CALL, "reminder"), (65, NEXT, "escalated")]


def test_a_reminder_says_nothing_to_whom_a_step_told_a_moment_ago(chains: Chains) -> None:
    """After a reminder the chain goes on, and its next step falls on the next reminder."""
    chains.reload("ack_timeout: 1h", "ack_timeout: 5m")
    chains.fire(severity="critical")
    chains.bench.left()
    chains.ack(NEXT)
    chains.bench.later(11 * MINUTE)
    at_ten = sorted((who, kind) for at, who, kind in chains.told() if at == 10)
    assert at_ten == [(NEXT, "escalated"), (ON_CALL, "reminder")]


def test_nothing_is_said_of_what_ended_meanwhile(chains: Chains) -> None:
    alert = chains.fire()
    chains.ack(ON_CALL)
    chains.bench.later(30 * MINUTE)
    chains.bench.post(chains.bench.ended(alert))
    chains.bench.later(3 * HOUR)
    assert [kind for _at, _who, kind in chains.told()] == ["first", "resolved"]


def test_the_first_of_two_answers_counts(chains: Chains) -> None:
    chains.fire()
    chains.ack(ON_CALL)
    chains.bench.later(MINUTE)
    chains.ack("王磊")
    assert chains.bench.sql("SELECT acked_by FROM incident") == [(ON_CALL,)]
    assert chains.happened().count("acknowledged") == 1


def test_a_member_of_a_higher_level_opens_it_and_its_step_waits_anew(chains: Chains) -> None:
    chains.fire()
    chains.bench.left()
    chains.ack(ON_CALL)
    chains.bench.later(20 * MINUTE)
    alert = chains.bench.alert("主从延迟", team="dba", severity="critical")
    chains.bench.post(alert)
    chains.bench.later(6 * MINUTE)
    assert chains.told()[1:] == [(20, ON_CALL, "update"), (25, NEXT, "escalated")]


def test_an_acknowledgement_taken_back_starts_the_wait_again(chains: Chains) -> None:
    chains.fire()
    chains.bench.left()
    chains.ack(ON_CALL)
    chains.bench.later(20 * MINUTE)
    chains.act(lambda ledger, one: reopen(ledger, one, "in Zabbix by Admin"))
    chains.bench.later(4 * MINUTE)
    assert len(chains.told()) == 1
    chains.bench.later(2 * MINUTE)
    assert chains.told()[1] == (25, NEXT, "escalated")
    assert chains.bench.sql("SELECT count(*) FROM timer WHERE kind = 'ack_timeout'") == [(0,)]


def test_an_event_ends_when_it_is_acknowledged(chains: Chains) -> None:
    chains.bench.post(chains.bench.alert("备份失败", team="dba"), ends_itself=True, source="line")
    chains.bench.left()
    chains.ack(ON_CALL)
    chains.bench.later(MINUTE)
    assert chains.bench.sql("SELECT state, end_reason FROM incident") == [("ended", "event_done")]


def test_an_event_lives_as_long_as_its_chain_and_an_hour(chains: Chains) -> None:
    chains.bench.post(chains.bench.alert("备份失败", team="dba"), ends_itself=True, source="line")
    chains.bench.later(89 * MINUTE)  # the last step began after 15 minutes, the end after 30
    assert chains.bench.sql("SELECT state FROM incident") == [("open",)]
    assert chains.told()[-1] == (30, "赵敏", "escalated")
    chains.bench.later(22 * MINUTE)
    assert chains.bench.sql("SELECT state, end_reason FROM incident") == [("ended", "event_done")]


def test_an_event_whose_page_may_leave_yet_does_not_end(chains: Chains) -> None:
    chains.bench.gateway_works = False
    chains.bench.post(chains.bench.alert("备份失败"), ends_itself=True, source="line")
    chains.bench.sql(
        "UPDATE message SET state = 'uncertain', check_at = :c", c=chains.bench.now + 9 * HOUR
    )
    chains.bench.later(3 * HOUR)
    assert chains.bench.sql("SELECT state FROM incident") == [("open",)]
    chains.bench.sql("UPDATE message SET check_at = NULL")
    chains.bench.later(11 * MINUTE)
    assert chains.bench.sql("SELECT state FROM incident") == [("ended",)]
