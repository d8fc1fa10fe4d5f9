"""The steps of a chain: one after the other until somebody answers, and loud when nobody does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sms_notify.escalation.waiting import Held, Present, Terms, look
from sms_notify.model import HOUR, MINUTE, SECOND

from .conftest import CHAIN, NEXT, ON_CALL, Chains


def test_nobody_answers_and_each_step_waits_from_when_its_sms_left(chains: Chains) -> None:
    chains.fire()
    chains.bench.later(HOUR)
    assert chains.told() == [
        (0, ON_CALL, "first"),
        (5, NEXT, "escalated"),
        (15, "王磊", "escalated"),
        (15, NEXT, "escalated"),
        (30, "赵敏", "escalated"),
    ]
    assert chains.bench.incidents() == [("open", 1, 1)]


def test_an_sms_that_leaves_late_is_waited_for_from_then(chains: Chains) -> None:
    chains.bench.gateway_works = False
    chains.fire()
    chains.bench.later(3 * MINUTE)
    chains.bench.left()
    chains.bench.later(4 * MINUTE + 59 * SECOND)
    assert [who for _at, who, _kind in chains.told()] == [ON_CALL]
    chains.bench.later(2 * SECOND)
    assert [who for _at, who, _kind in chains.told()] == [ON_CALL, NEXT]


def test_what_cannot_leave_counts_as_told_after_digest_every(chains: Chains) -> None:
    chains.bench.gateway_works = False
    chains.fire()
    chains.bench.later(19 * MINUTE)
    assert [who for _at, who, _kind in chains.told()] == [ON_CALL]
    chains.bench.later(2 * MINUTE)
    assert chains.told()[1] == (20, NEXT, "escalated")


def test_a_page_that_is_uncertain_for_the_last_time_counts_as_left(chains: Chains) -> None:
    chains.bench.gateway_works = False
    chains.fire()
    now = chains.bench.now
    chains.bench.sql(
        "INSERT INTO request (gateway, account, kind, owner, lease_until, started_at, ended_at)"
        " VALUES ('g', 'mysms', 'send', 'me', :n, :n, :n)", n=now + MINUTE,
    )  # fmt: skip
    chains.bench.sql(
        "UPDATE message SET state = 'uncertain', check_at = :c, resent = 0,"
        " request = (SELECT max(id) FROM request)", c=now + 10 * HOUR,
    )  # fmt: skip
    chains.bench.later(7 * MINUTE)
    assert len(chains.told()) == 1  # a second send is to come
    chains.bench.sql("UPDATE message SET resent = 1")
    chains.bench.later(10 * MINUTE)
    assert chains.told()[1][1:] == (NEXT, "escalated")


def test_a_step_of_which_no_message_can_be_delivered_is_over_at_once(chains: Chains) -> None:
    chains.bench.gateway_works = False
    chains.fire()
    chains.bench.later(MINUTE)
    chains.fail(ON_CALL)
    chains.bench.later(SECOND)
    assert chains.told() == [(0, ON_CALL, "first"), (1, NEXT, "escalated")]


def test_one_failed_message_of_two_is_no_reason_to_go_on(chains: Chains) -> None:
    chains.fire()
    chains.bench.later(15 * MINUTE)  # the third step: two people
    chains.fail("王磊")
    chains.bench.later(14 * MINUTE)
    assert len(chains.told()) == 4
    chains.bench.later(2 * MINUTE)
    assert chains.told()[4] == (30, "赵敏", "escalated")


def test_a_sent_page_of_which_no_report_comes_is_over_when_that_counts(chains: Chains) -> None:
    chains.fire()
    chains.bench.left()
    chains.bench.later(2 * MINUTE)
    chains.bench.sql("UPDATE telling SET reason = 'not_delivered'")
    chains.bench.sql("UPDATE timer SET due_at = :n WHERE kind = 'step'", n=chains.bench.now)
    chains.bench.later(SECOND)
    assert chains.told()[1] == (2, NEXT, "escalated")


def test_an_answer_ends_the_chain(chains: Chains) -> None:
    chains.fire()
    chains.bench.later(6 * MINUTE)
    chains.ack(NEXT)
    chains.bench.later(50 * MINUTE)
    assert len(chains.told()) == 2
    assert chains.bench.sql("SELECT state, acked_by FROM incident") == [("acknowledged", NEXT)]
    assert chains.bench.sql("SELECT count(*) FROM timer WHERE kind = 'step'") == [(0,)]


def test_the_rounds_go_through_the_steps_again(make_chains: Callable[[str], Chains]) -> None:
    chains = make_chains(CHAIN.replace("    ack_timeout", "    rounds: 2\n    ack_timeout"))
    chains.fire()
    chains.bench.later(2 * HOUR)
    assert [(at, who) for at, who, _kind in chains.told()] == [
        (0, ON_CALL), (5, NEXT), (15, "王磊"), (15, NEXT),
        (30, ON_CALL), (35, NEXT), (45, "王磊"), (45, NEXT), (60, "赵敏"),
    ]  # fmt: skip


def test_the_end_of_a_chain_is_loud_once(make_chains: Callable[[str], Chains]) -> None:
    chains = make_chains(CHAIN + "checks: {tell: 王磊}\n")
    chains.fire()
    chains.bench.later(5 * HOUR)
    assert chains.told()[4:] == [(30, "赵敏", "escalated"), (30, "王磊", "notice")]
    assert chains.happened().count("unanswered") == 1
    notice = chains.bench.sms("王磊")[-1][1]
    assert "无人应答" in notice
    assert "主从延迟" in notice


def test_the_operator_who_is_the_last_resort_hears_it_once(chains: Chains) -> None:
    chains.fire()
    chains.bench.later(5 * HOUR)
    assert chains.bench.kinds("赵敏") == ["escalated"]


def test_an_operator_who_was_told_before_still_hears_that_nobody_answered(
    make_chains: Callable[[str], Chains],
) -> None:
    chains = make_chains(CHAIN.replace("[王磊, 张伟]", "[王磊, 赵敏]"))
    chains.fire()
    chains.bench.later(5 * HOUR)
    assert chains.bench.kinds("赵敏") == ["escalated", "notice"]


def test_a_step_that_means_nobody_takes_no_time(make_chains: Callable[[str], Chains]) -> None:
    alone = CHAIN.replace("rotate: [张伟, 李娜]", "rotate: [张伟]")  # nobody is next in line
    chains = make_chains(alone)
    chains.fire()
    chains.bench.later(10 * MINUTE)
    assert chains.told() == [
        (0, "张伟", "first"), (5, "王磊", "escalated"), (5, "张伟", "escalated"),
    ]  # fmt: skip
    assert "skipped" in chains.happened()


def test_a_chain_that_begins_with_nobody_begins_with_the_next(
    make_chains: Callable[[str], Chains],
) -> None:
    chains = make_chains(CHAIN.replace("rotate: [张伟, 李娜]", "rotate: [none, none]"))
    chains.fire()
    chains.bench.later(20 * MINUTE)
    assert chains.told()[:2] == [(0, "王磊", "first"), (0, "张伟", "first")]
    assert chains.told()[2:] == [(15, "赵敏", "escalated")]


def test_a_chain_of_nobody_is_the_root_receivers_at_once(
    make_chains: Callable[[str], Chains],
) -> None:
    empty = CHAIN.replace("rotate: [张伟, 李娜]", "rotate: [none]")
    empty = empty.replace("      - {to: [王磊, 张伟], wait: 15m}\n", "")
    chains = make_chains(empty)
    chains.fire()
    chains.bench.later(2 * HOUR)
    assert chains.told() == [(0, "赵敏", "first"), (10, "赵敏", "notice")]
    assert chains.happened().count("unanswered") == 1


def test_two_names_that_mean_one_person_are_one_sms(make_chains: Callable[[str], Chains]) -> None:
    chains = make_chains(CHAIN.replace("to: 值班+1", "to: [值班+1, 张伟, 值班]"))
    chains.fire()
    chains.bench.later(5 * MINUTE)
    assert sorted(chains.told()[1:]) == [(5, NEXT, "escalated"), (5, ON_CALL, "escalated")]


def test_steps_stay_as_they_were_and_people_are_looked_up(chains: Chains) -> None:
    chains.fire()
    chains.reload("to: [王磊, 张伟], wait: 15m", "to: 赵敏, wait: 1m")
    chains.bench.later(16 * MINUTE)
    assert [who for _at, who, _kind in chains.told()] == [ON_CALL, NEXT, "王磊", NEXT]


def test_somebody_whom_a_reload_takes_away_is_skipped_with_a_warning(chains: Chains) -> None:
    chains.fire()
    without = CHAIN.replace('  王磊: {phone: "+8613800000003"}\n', "")
    chains.text = without
    chains.reload("to: [王磊, 张伟]", "to: 张伟")
    chains.bench.later(16 * MINUTE)
    assert [who for _at, who, _kind in chains.told()] == [ON_CALL, NEXT, NEXT]
    warned = chains.bench.sql("SELECT detail FROM event WHERE what = 'skipped'")
    assert warned == [("王磊 is no longer configured",)]


def test_the_next_in_line_is_looked_up_when_its_step_fires(chains: Chains) -> None:
    chains.bench.later((14 * 60 + 51) * MINUTE)  # 09:57, the handoff is at 10:00
    chains.started = chains.bench.now
    chains.fire()
    chains.bench.later(6 * MINUTE)
    assert [who for _at, who, _kind in chains.told()] == [ON_CALL, ON_CALL]  # next after 张伟


def test_a_muted_incident_goes_on_when_the_mute_ends(chains: Chains) -> None:
    chains.fire()
    chains.bench.later(MINUTE)
    chains.mute(HOUR)
    chains.bench.later(59 * MINUTE)
    assert len(chains.told()) == 1
    chains.bench.later(2 * MINUTE)
    assert chains.told()[1] == (61, NEXT, "escalated")


def test_a_step_that_a_mute_held_is_waited_for_from_when_the_mute_ends() -> None:
    held = Held(people=1, by_right=(2 * HOUR,))
    step = Present(began=0, wait=10 * MINUTE, waits_from=None, muted_until=2 * HOUR, held=held)
    terms = Terms(now=HOUR, digest_every=15 * MINUTE, resends=None)
    muted = look(step, terms)
    assert (muted.why, muted.again) == ("", 2 * HOUR)
    step = replace(step, muted_until=None, rests_until=muted.rests_until, held=Held(people=1))
    assert look(step, replace(terms, now=2 * HOUR)).why == ""


def test_a_chain_rests_while_all_of_its_step_sleep_by_right(chains: Chains) -> None:
    chains.bench.gateway_works = False
    chains.fire()
    chains.bench.sql("UPDATE message SET state = 'folded'")
    until = chains.bench.now + 3 * HOUR
    chains.bench.sql(
        "UPDATE telling SET verdict = 'held', message = NULL, hold_until = :u", u=until
    )
    chains.bench.later(3 * HOUR - MINUTE)
    assert chains.told() == []
    chains.bench.sql("UPDATE telling SET verdict = 'told', message = 1, hold_until = NULL")
    chains.bench.sql("UPDATE message SET state = 'sent', sent_at = :n", n=chains.bench.now)
    chains.bench.later(4 * MINUTE)
    assert [who for _at, who, _kind in chains.told()] == [ON_CALL]
    chains.bench.later(2 * MINUTE)
    assert [who for _at, who, _kind in chains.told()] == [ON_CALL, NEXT]


def test_down_across_three_due_steps_is_one_page_and_the_rest_by_their_waits(
    chains: Chains,
) -> None:
    chains.fire()
    chains.bench.left()
    chains.bench.now += HOUR
    chains.bench.later(9 * MINUTE)
    assert chains.told()[1:] == [(60, NEXT, "escalated")]
    chains.bench.later(2 * MINUTE)
    assert chains.told()[2:] == [(70, "王磊", "escalated"), (70, NEXT, "escalated")]


def test_several_chains_that_were_missed_are_one_digest_a_person(chains: Chains) -> None:
    for number in range(5):
        chains.fire(f"告警{number}", severity="critical")
        chains.bench.later(30 * SECOND)
    chains.bench.left()
    chains.bench.now += HOUR
    chains.bench.later(MINUTE)
    assert chains.bench.kinds(NEXT) == ["digest"]
    assert "5条" in chains.bench.sms(NEXT)[0][1]


def test_a_step_that_two_processes_find_due_fires_once(chains: Chains) -> None:
    chains.fire()
    chains.bench.left()
    chains.bench.now += 5 * MINUTE
    chains.fire_timers()
    chains.fire_timers()
    assert len(chains.told()) == 2


def test_a_copy_of_the_webhook_is_no_news_to_who_heard_of_it_by_a_step(chains: Chains) -> None:
    alert = chains.fire()
    chains.bench.later(16 * MINUTE)  # the third step: two people, one of them told before
    told = chains.told()
    assert len(told) == 4
    chains.bench.post(alert)
    assert chains.told() == told
    chains.bench.post(alert, chains.bench.alert("复制中断", team="dba"))
    assert [who for _at, who, kind in chains.told()[4:] if kind == "update"] == ["王磊", NEXT]
