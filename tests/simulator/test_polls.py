"""Document 1.1.2 to 1.1.4: reports, replies and the balance."""

from __future__ import annotations

import pytest

from sms_notify.simulator import Account, Call, Fate, Fault, Gateway, Kind

from .asking import NOW, PHONE, SECOND, ask, gateway, many, send, told

POLLS = [Call.REPORTS, Call.REPLIES, Call.BALANCE]


@pytest.mark.parametrize("call", POLLS)
def test_an_unknown_account_is_minus_1(call: Call) -> None:
    assert told(gateway(), call, us_name="nobody") == "-1"


@pytest.mark.parametrize("call", POLLS)
def test_a_wrong_password_is_minus_7(call: Call) -> None:
    assert told(gateway(), call, us_pwd="wrong") == "-7"


@pytest.mark.parametrize("call", [Call.REPORTS, Call.REPLIES])
def test_a_busy_gateway_is_minus_3(call: Call) -> None:
    sim = gateway()
    sim.faults.add(Fault(Kind.BUSY, frozenset({call})))
    assert told(sim, call) == "-3"


@pytest.mark.parametrize("call", [Call.REPORTS, Call.REPLIES])
def test_nothing_to_fetch_is_0(call: Call) -> None:
    assert told(gateway(), call) == "0"


def test_the_documents_example_of_reports() -> None:
    sim = gateway()
    sim.report("mysms", "6408676", "13682250950", 20)
    sim.report("mysms", "6408649", "13711147169", 20)
    sim.report("mysms", "6408649", "13719445093", 20)
    assert told(sim, Call.REPORTS) == (
        "3|6408676;13682250950;20|6408649;13711147169;20|6408649;13719445093;20"
    )


def test_the_documents_example_of_replies_has_a_comma_when_asked_for() -> None:
    plain, comma = gateway(), gateway(comma_replies=True)
    for sim in (plain, comma):
        sim.reply("13798361236", "我回复一条")
        sim.reply("13826588212", "我也回复一条")
    assert told(comma, Call.REPLIES) == (
        "2|133,13798361236;我回复一条|134,13826588212;我也回复一条"
    )
    assert told(plain, Call.REPLIES) == (
        "2|133;13798361236;我回复一条|134;13826588212;我也回复一条"
    )


@pytest.mark.parametrize(("call", "most"), [(Call.REPORTS, 100), (Call.REPLIES, 50)])
def test_at_most_so_many_come_at_once_in_order_and_each_once(call: Call, most: int) -> None:
    sim = gateway()
    for each in range(most + 3):
        sim.report("mysms", str(each), PHONE, 10)
        sim.reply(PHONE, f"r{each}")
    first, second, third = (told(sim, call) for _ in range(3))
    assert first.startswith(f"{most}|")
    assert first.count("|") == most
    assert second.startswith("3|")
    assert third == "0"
    assert not set(first.split("|")[1:]) & set(second.split("|")[1:])


@pytest.mark.parametrize("kind", [Kind.DROP_AFTER, Kind.TRUNCATED])
def test_what_was_handed_to_a_lost_answer_is_gone(kind: Kind) -> None:
    sim = gateway(report_delay=0)
    send(sim)
    sim.faults.add(Fault(kind, frozenset({Call.REPORTS}), count=1))
    ask(sim, Call.REPORTS)
    assert told(sim, Call.REPORTS) == "0"


def test_what_was_never_handed_out_stays() -> None:
    sim = gateway(report_delay=0)
    send(sim)
    sim.faults.add(Fault(Kind.DROP_BEFORE, frozenset({Call.REPORTS}), count=1))
    ask(sim, Call.REPORTS)
    assert told(sim, Call.REPORTS) == f"1|6408676;{PHONE};10"


def test_a_report_comes_after_its_delay() -> None:
    sim = gateway(report_delay=5 * SECOND)
    sim.report_delays["13800000001"] = 60 * SECOND
    send(sim, many(2))
    assert told(sim, Call.REPORTS, NOW + 5 * SECOND - 1) == "0"
    assert told(sim, Call.REPORTS, NOW + 5 * SECOND) == "1|6408676;13800000000;10"
    assert told(sim, Call.REPORTS, NOW + 60 * SECOND) == "1|6408677;13800000001;10"


@pytest.mark.parametrize(
    ("fate", "shown", "report"),
    [
        (Fate.DELIVERED, 1, f"1|6408676;{PHONE};10"),
        (Fate.FAILED, 0, f"1|6408676;{PHONE};20"),
        (Fate.NONE, 1, f"1|6408676;{PHONE};-1"),
        (Fate.NEVER, 1, "0"),
        (Fate.LOST, 0, "0"),
    ],
)
def test_the_fate_of_a_phone_decides_inbox_and_report(fate: Fate, shown: int, report: str) -> None:
    sim = gateway(report_delay=0)
    sim.fates[PHONE] = fate
    send(sim)
    assert (len(sim.inbox(PHONE)), told(sim, Call.REPORTS)) == (shown, report)
    assert sim.truth.accepted(PHONE) == 1


def test_a_reply_may_hold_any_separator_and_come_from_anybody() -> None:
    sim = gateway()
    sim.reply("10086", "好的|999,13800000001;12")
    assert told(sim, Call.REPLIES) == "1|133;10086;好的|999,13800000001;12"


def test_a_reply_can_be_put_for_later() -> None:
    sim = gateway()
    sim.reply(PHONE, "1", at=NOW + SECOND)
    assert [told(sim, Call.REPLIES, NOW + t) for t in (0, SECOND)] == ["0", f"1|133;{PHONE};1"]


def test_reports_and_replies_belong_to_the_account_that_sent() -> None:
    sim = Gateway([Account("a", "x"), Account("b", "y")])
    send(sim, us_name="b", us_pwd="y")
    sim.reply(PHONE, "1")
    later = NOW + 60 * SECOND
    for call in (Call.REPORTS, Call.REPLIES):
        assert told(sim, call, later, us_name="a", us_pwd="x") == "0"
        assert told(sim, call, later, us_name="b", us_pwd="y").startswith("1|")
    with pytest.raises(KeyError):
        sim.reply(PHONE, "1", "nobody")


def test_the_balance_is_a_number_and_0_is_one_too() -> None:
    sim = gateway(balance=1)
    assert told(sim, Call.BALANCE) == "1"
    send(sim)
    assert told(sim, Call.BALANCE) == "0"


def test_a_gateway_without_an_account_is_an_error() -> None:
    with pytest.raises(ValueError, match="account"):
        Gateway([])
