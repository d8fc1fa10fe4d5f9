"""Whoever comes on call hears of what is open: once, in one text."""

from __future__ import annotations

import re
from collections.abc import Callable

from sms_notify.escalation import Arm, overridden
from sms_notify.model import DAY, HOUR, MINUTE, SECOND

from .conftest import CHAIN, NEXT, ON_CALL, Chains

TO_HANDOFF = (14 * 60 + 53) * MINUTE + 20 * SECOND
"""From the start of a bench to 10:00 of the next morning, when 张伟 takes over from 李娜."""
SLOW = CHAIN.replace("wait: 5m", "wait: 1d").replace("    ack_timeout: 1h\n", "")
SLOW += "incidents: {stale_after: 7d}\n"


def at_handoff(make_chains: Callable[[str], Chains], *names: str, text: str = SLOW) -> Chains:
    """Incidents of these names, opened an hour before the handoff; nobody answers them."""
    chains = make_chains(text)
    chains.arm()
    chains.bench.later(TO_HANDOFF - HOUR)
    chains.started = chains.bench.now
    for name in names:
        chains.fire(name, severity="critical")
    return chains


def test_the_newcomer_is_paged_at_the_moment_of_the_handoff(
    make_chains: Callable[[str], Chains],
) -> None:
    chains = at_handoff(make_chains, "主从延迟")
    chains.bench.later(HOUR - SECOND)
    assert chains.told() == [(0, ON_CALL, "first")]
    chains.bench.later(2 * SECOND)
    assert chains.told()[1:] == [(60, NEXT, "handoff")]
    assert "交接" in chains.bench.sms(NEXT)[0][1]
    chains.bench.later(6 * HOUR)
    assert len(chains.told()) == 2


def test_several_are_one_text_with_the_code_of_each(make_chains: Callable[[str], Chains]) -> None:
    chains = at_handoff(make_chains, "主从延迟", "磁盘满", "主机失联")
    chains.bench.later(HOUR)
    [(kind, text)] = chains.bench.sms(NEXT)
    assert kind == "handoff"
    codes = {row[0]: row[1] for row in chains.bench.sql(
        "SELECT incident.name, code FROM code JOIN incident ON incident.id = code.incident"
    )}  # fmt: skip
    assert text == "交接 3个未确认: " + " ".join(
        f"{codes[name]}{name}" for name in ("主从延迟", "磁盘满", "主机失联")
    )
    told = chains.bench.sql(
        "SELECT count(DISTINCT message), count(*) FROM telling WHERE news LIKE 'handoff:%'"
    )
    assert told == [(1, 3)]


def test_a_name_that_could_be_read_with_its_code_stands_apart(
    make_chains: Callable[[str], Chains],
) -> None:
    chains = at_handoff(make_chains, "5xx过多", "EtcdDown", "磁盘满")
    chains.bench.later(HOUR)
    [(_kind, text)] = chains.bench.sms(NEXT)
    assert re.fullmatch(r"交接 3个未确认: \d\d 5xx过多 \d\d EtcdDown \d\d磁盘满", text)


def test_more_than_fit_are_counted_and_still_one_sms(make_chains: Callable[[str], Chains]) -> None:
    chains = at_handoff(make_chains, *[f"数据库实例连接数过高{n:02}" for n in range(30)])
    chains.bench.later(HOUR)
    handed = [text for kind, text in chains.bench.sms(NEXT) if kind == "handoff"]
    assert len(handed) == 1
    assert len(handed[0]) <= 70
    assert "其他" in handed[0]


def test_what_somebody_acknowledged_or_what_ended_is_not_handed_over(
    make_chains: Callable[[str], Chains],
) -> None:
    chains = at_handoff(make_chains, "主从延迟")
    alert = chains.fire("磁盘满", severity="critical")
    chains.ack(ON_CALL, 1)
    chains.bench.later(30 * MINUTE)
    chains.bench.post(chains.bench.ended(alert))
    chains.bench.later(2 * HOUR)
    assert chains.bench.sms(NEXT) == []


def test_a_chain_that_has_not_named_the_schedule_is_not_handed_over(
    make_chains: Callable[[str], Chains],
) -> None:
    other = SLOW.replace("{to: 值班, wait: 1d}", "{to: 王磊, wait: 1d}")
    chains = at_handoff(make_chains, "主从延迟", text=other)
    chains.bench.later(2 * HOUR)
    assert chains.bench.sms(NEXT) == []


def test_an_earlier_step_that_named_it_is_enough(make_chains: Callable[[str], Chains]) -> None:
    chain = SLOW.replace("{to: 值班, wait: 1d}", "{to: 值班, wait: 5m}")
    chain = chain.replace("{to: 值班+1, wait: 10m}", "{to: 王磊, wait: 1d}")
    chains = at_handoff(make_chains, "主从延迟", text=chain)
    chains.bench.later(2 * HOUR)
    assert chains.told()[1:] == [(5, "王磊", "escalated"), (60, NEXT, "handoff")]


def test_a_newcomer_who_was_told_a_moment_ago_is_not_told_twice(
    make_chains: Callable[[str], Chains],
) -> None:
    chains = make_chains(CHAIN)
    chains.arm()
    chains.bench.later(TO_HANDOFF - 5 * MINUTE - 30 * SECOND)
    chains.started = chains.bench.now
    chains.fire()
    chains.bench.later(7 * MINUTE)  # +1 is told 30 s before it is that person's turn
    assert chains.told() == [(0, ON_CALL, "first"), (5, NEXT, "escalated")]


def test_a_handoff_missed_while_down_is_made_up_for_once(
    make_chains: Callable[[str], Chains],
) -> None:
    chains = at_handoff(make_chains, "主从延迟")
    chains.bench.left()
    chains.bench.now += 3 * HOUR
    chains.arm()  # the restart arms what is not due yet, and keeps what is
    chains.fire_timers()
    chains.fire_timers()
    assert chains.told()[1:] == [(180, NEXT, "handoff")]


def test_two_processes_hand_over_once(make_chains: Callable[[str], Chains]) -> None:
    chains = at_handoff(make_chains, "主从延迟")
    chains.bench.left()
    chains.bench.now += HOUR
    from sms_notify.escalation.handoffs import Handoffs

    for _ in range(3):
        chains.bench.writer.judge_now(Handoffs(chains.bench.rules, ["值班"]))
    assert chains.told()[1:] == [(60, NEXT, "handoff")]


def test_every_handoff_arms_the_next(make_chains: Callable[[str], Chains]) -> None:
    chains = at_handoff(make_chains, "主从延迟")
    chains.bench.later(2 * DAY)
    handed = [(at, who) for at, who, kind in chains.told() if kind == "handoff"]
    assert handed == [(60, NEXT), (60 + 24 * 60, ON_CALL)]


def test_an_override_that_counts_already_hands_over(make_chains: Callable[[str], Chains]) -> None:
    chains = make_chains(SLOW)
    chains.arm()
    chains.bench.later(HOUR)
    chains.started = chains.bench.now
    chains.fire()
    start = chains.bench.now - 6 * MINUTE - 40 * SECOND  # 20:00
    chains.reload(
        "since: 2026-01-01}",
        "since: 2026-01-01, overrides: "
        "[{from: 2026-11-18 20:00, until: 2026-11-18 23:00, who: 王磊}]}",
    )
    chains.act(lambda ledger, _one: overridden(ledger, chains.bench.rules, "值班", start))
    chains.bench.later(MINUTE)
    assert chains.told()[1:] == [(0, "王磊", "handoff")]


def another_on_call(chains: Chains) -> None:
    """The file is edited: 王磊 instead of the rotation until tomorrow night."""
    chains.reload(
        "since: 2026-01-01}",
        "since: 2026-01-01, overrides: "
        "[{from: 2026-11-18 20:00, until: 2026-11-19 23:00, who: 王磊}]}",
    )


def test_whom_a_reload_or_a_restart_puts_on_call_is_paged_at_once_and_once(
    make_chains: Callable[[str], Chains],
) -> None:
    chains = make_chains(SLOW)
    chains.arm()
    chains.bench.later(HOUR)
    chains.started = chains.bench.now
    chains.fire()
    chains.bench.later(10 * MINUTE)
    another_on_call(chains)
    for _ in range(3):  # nor does a second process that starts with the same file
        chains.arm()
        chains.bench.later(2 * MINUTE)
    assert chains.told() == [(0, ON_CALL, "first"), (10, "王磊", "handoff")]


def test_a_start_tells_nothing_to_who_heard_of_it_or_is_yet_to_hear(
    make_chains: Callable[[str], Chains],
) -> None:
    chains = make_chains(SLOW.replace("wait: 1d}", "wait: 10m}"))
    chains.arm()
    chains.bench.later(HOUR)
    chains.started = chains.bench.now
    chains.fire()
    for _ in range(3):  # NEXT is `值班+1`, which the chain has not come to
        chains.arm()
        chains.bench.later(2 * MINUTE)
    assert chains.told() == [(0, ON_CALL, "first")]
    chains.bench.later(10 * MINUTE)
    chains.arm()
    chains.bench.later(2 * MINUTE)
    assert chains.told() == [(0, ON_CALL, "first"), (10, NEXT, "escalated")]


def test_what_was_acknowledged_before_a_reload_is_not_handed_over(
    make_chains: Callable[[str], Chains],
) -> None:
    chains = make_chains(SLOW)
    chains.arm()
    chains.started = chains.bench.now
    chains.fire()
    chains.bench.later(10 * MINUTE)
    chains.ack(ON_CALL)
    another_on_call(chains)
    chains.arm()
    chains.bench.later(HOUR)
    assert chains.told() == [(0, ON_CALL, "first")]


def test_a_schedule_that_a_reload_takes_away_hands_over_no_more(
    make_chains: Callable[[str], Chains],
) -> None:
    text = SLOW.replace(
        "receivers:\n", "  旧值班: {rotate: [张伟, 王磊], every: 1d, handoff: '11:00', "
        "since: 2026-01-01}\nreceivers:\n", 1,
    )  # fmt: skip
    chains = make_chains(text)
    chains.arm()
    chains.text = SLOW
    chains.reload("wait: 1d", "wait: 1d")
    chains.bench.writer.judge_now(Arm(chains.bench.rules))
    chains.bench.later(DAY)
    kept = chains.bench.sql("SELECT key FROM timer WHERE kind = 'handoff'")
    assert kept == [("值班",)]
