"""Faults in virtual time: which requests they strike, and whether the gateway took them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from sms_notify.simulator import Account, Call, Ending, Fault, Gateway, Kind, Outcome

from .asking import NOW, PHONE, SECOND, ask, gateway, send, target

SENDS = frozenset({Call.SEND})


def struck(kind: Kind, **more: Any) -> tuple[Outcome, int]:
    """The outcome of one send under a fault, and how many SMS were accepted."""
    sim = gateway()
    sim.faults.add(Fault(kind, **more))
    outcome = ask(sim, Call.SEND, send_phone=PHONE, send_content="磁盘满")
    assert sim.truth.accepted() == 1000 - sim.account("mysms").balance
    return outcome, sim.truth.accepted()


@pytest.mark.parametrize(
    ("kind", "ended", "accepted"),
    [
        (Kind.REFUSE, Ending.REFUSED, 0),
        (Kind.DROP_BEFORE, Ending.DROPPED_BEFORE, 0),
        (Kind.DROP_AFTER, Ending.DROPPED_AFTER, 1),
        (Kind.TRUNCATED, Ending.TRUNCATED, 1),
        (Kind.BUSY, Ending.ANSWERED, 0),
        (Kind.HTML, Ending.ANSWERED, 0),
        (Kind.HTTP500, Ending.ANSWERED, 0),
        (Kind.GARBAGE, Ending.ANSWERED, 0),
        (Kind.EMPTY, Ending.ANSWERED, 0),
        (Kind.HUGE, Ending.ANSWERED, 0),
        (Kind.BOM, Ending.ANSWERED, 1),
        (Kind.WRONG_CHARSET, Ending.ANSWERED, 1),
        (Kind.SLOW, Ending.ANSWERED, 1),
    ],
)
def test_each_fault_ends_in_its_way_and_takes_the_request_or_not(
    kind: Kind, ended: Ending, accepted: int
) -> None:
    outcome, taken = struck(kind)
    assert (outcome.ended, taken) == (ended, accepted)


@pytest.mark.parametrize("kind", [Kind.HTTP500, Kind.HTML, Kind.EMPTY, Kind.BUSY, Kind.GARBAGE])
def test_an_answer_that_says_nothing_may_still_have_been_taken(kind: Kind) -> None:
    assert struck(kind, taken=True)[1] == 1


@pytest.mark.parametrize("kind", [Kind.DROP_BEFORE, Kind.DROP_AFTER, Kind.REFUSE])
def test_a_closed_connection_carries_no_bytes(kind: Kind) -> None:
    assert struck(kind)[0].body == b""


def test_a_truncated_answer_promises_more_than_it_sends() -> None:
    outcome, _ = struck(Kind.TRUNCATED)
    assert (outcome.body, outcome.length) == (b"0|1|0|", 13)
    assert struck(Kind.TRUNCATED, keep=3)[0].body == b"0|1"
    assert struck(Kind.TRUNCATED, keep=99)[0].body == b"0|1|0|640867"


def test_a_truncated_answer_of_one_byte_is_cut_to_none() -> None:
    sim = gateway()
    sim.faults.add(Fault(Kind.TRUNCATED))
    outcome = ask(sim, Call.REPORTS)
    assert (outcome.body, outcome.length) == (b"", 1)


def test_slow_says_how_long_and_adds_to_other_faults() -> None:
    sim = gateway()
    sim.faults.add(Fault(Kind.SLOW, seconds=2))
    sim.faults.add(Fault(Kind.DROP_AFTER))
    sim.faults.add(Fault(Kind.SLOW, seconds=0.5))
    outcome = ask(sim, Call.SEND, send_phone=PHONE, send_content="a")
    assert (outcome.seconds, outcome.ended) == (2.5, Ending.DROPPED_AFTER)


def test_an_answer_can_be_put_in_the_gateways_mouth() -> None:
    outcome, accepted = struck(Kind.ANSWER, text="-3|发票")
    assert (outcome.body.decode("gbk"), accepted) == ("-3|发票", 0)


def test_a_redirect_names_its_location() -> None:
    outcome, _ = struck(Kind.REDIRECT, location="http://116.204.97.93:8088/")
    assert outcome.status == 302
    assert dict(outcome.headers)["Location"] == "http://116.204.97.93:8088/"


def test_a_bom_and_line_ends_surround_the_good_answer() -> None:
    assert struck(Kind.BOM)[0].body == b"\xef\xbb\xbf\r\n0|1|0|6408676\r\n"


def test_a_huge_answer_has_ten_megabytes() -> None:
    assert struck(Kind.HUGE)[0].length == 10_000_000


@pytest.mark.parametrize(("right", "wrong"), [("gbk", "utf-8"), ("utf-8", "gbk")])
def test_the_wrong_charset_is_the_other_one(right: str, wrong: str) -> None:
    sim = gateway(charset=right)
    sim.reply(PHONE, "确认")
    sim.faults.add(Fault(Kind.WRONG_CHARSET))
    assert ask(sim, Call.REPLIES).body == f"1|133;{PHONE};确认".encode(wrong)


def test_a_count_strikes_the_next_requests_and_is_used_up() -> None:
    sim = gateway()
    sim.faults.add(Fault(Kind.BUSY, count=2))
    assert [send(sim)[:3] for _ in range(3)] == ["-99", "-99", "0|1"]
    assert sim.faults.current() == []


def test_a_fault_strikes_only_its_calls() -> None:
    sim = gateway()
    sim.faults.add(Fault(Kind.HTTP500, SENDS))
    assert ask(sim, Call.BALANCE).status == 200
    assert ask(sim, Call.SEND).status == 500
    assert sim.answer(b"/other", NOW).status == 404


def test_a_fault_strikes_only_its_host() -> None:
    sim = gateway()
    sim.faults.add(Fault(Kind.REFUSE, host="a"))
    path = target(Call.BALANCE).encode()
    assert sim.answer(path, NOW, "a").ended is Ending.REFUSED
    assert sim.answer(path, NOW, "b").ended is Ending.ANSWERED


def test_a_fault_lasts_for_its_time() -> None:
    sim = gateway()
    sim.faults.add(Fault(Kind.HTTP500, since=NOW + SECOND, until=NOW + 2 * SECOND))
    times = (0, SECOND, 2 * SECOND - 1, 2 * SECOND)
    assert [ask(sim, Call.BALANCE, NOW + t).status for t in times] == [200, 500, 500, 200]


def test_a_probability_strikes_so_often_and_the_same_seed_strikes_the_same() -> None:
    def run(seed: int) -> list[str]:
        sim = Gateway([Account("mysms", "x")], rng=random.Random(seed))
        sim.faults.add(Fault(Kind.BUSY, probability=0.3))
        return [send(sim, us_pwd="x")[:3] for _ in range(500)]

    assert run(1) == run(1) != run(2)
    assert 100 < run(1).count("-99") < 200


def test_under_any_mix_of_faults_what_is_billed_is_what_was_accepted() -> None:
    sim = gateway(report_delay=0)
    for kind in Kind:
        if kind not in (Kind.REDIRECT, Kind.HUGE):
            sim.faults.add(Fault(kind, probability=0.1, seconds=0.1))
    for each in range(500):
        ask(sim, Call.SEND, NOW + each, send_phone=PHONE, send_content=str(each))
    accepted = sim.truth.accepted()
    assert 200 < accepted < 500
    assert accepted == sim.truth.billed() == 1000 - sim.account("mysms").balance
    assert accepted == len(sim.inbox(PHONE))
    assert sim.truth.duplicates() == {}


def test_faults_can_be_taken_away_by_kind_or_all() -> None:
    sim = gateway()
    for kind in (Kind.BUSY, Kind.SLOW, Kind.EMPTY):
        sim.faults.add(Fault(kind))
    sim.faults.clear(Kind.BUSY)
    assert [fault.kind for fault in sim.faults.current()] == [Kind.SLOW, Kind.EMPTY]
    sim.faults.clear()
    assert sim.faults.current() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": Kind.BUSY, "probability": 1.5},
        {"kind": Kind.BUSY, "count": -1},
        {"kind": Kind.SLOW, "seconds": -1.0},
        {"kind": Kind.REDIRECT},
        {"kind": Kind.REDIRECT, "location": "http://a/\r\nX: y"},
        {"kind": Kind.DROP_BEFORE, "taken": True},
    ],
)
def test_a_fault_that_cannot_be_meant_is_an_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Fault(**wrong)
