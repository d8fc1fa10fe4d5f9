"""Phones and ground truth: what people saw, and what really was accepted."""

from __future__ import annotations

from sms_notify.simulator import Fate, Sms, bubble

from .asking import NOW, PHONE, gateway, many, send


def sms(text: str, garbled: bool = False) -> Sms:
    return Sms("6408676", "mysms", PHONE, text, len(text), 1, NOW, NOW, garbled)


def test_a_bubble_shows_number_china_time_text_length_and_segments() -> None:
    assert bubble(sms("磁盘满3台 db-[01-03] 回13确认")) == (
        "╭ 13798361236  2027-01-15 16:00:00\n"
        "│ 磁盘满3台 db-[01-03] 回13确认\n"
        "╰ 22 characters, 1 SMS, id 6408676"
    )


def test_a_long_text_is_wrapped_as_wide_as_a_phone() -> None:
    lines = bubble(sms("满" * 45 + "\n" + "a" * 41)).split("\n")[1:-1]
    assert [len(line) - 2 for line in lines] == [20, 20, 5, 40, 1]


def test_no_text_can_drive_the_terminal() -> None:
    shown = bubble(sms("\x1b[2J\x07\x9b\u202eabc\r"))
    assert not set("\x1b\x07\x9b\u202e\r") & set(shown)
    assert "␛[2J␇" in shown


def test_a_garbled_text_is_named_as_such() -> None:
    assert "GARBLED" in bubble(sms("纾佺洏", garbled=True))


def test_an_arrival_is_announced_once_and_only_if_it_reaches_the_phone() -> None:
    sim = gateway()
    seen: list[str] = []
    sim.on_arrival = lambda arrived: seen.append(arrived.phone)
    sim.fates["13800000001"] = Fate.FAILED
    send(sim, many(3))
    assert seen == ["13800000000", "13800000002"]
    assert [each.phone for each in sim.phones.all()] == sim.phones.numbers() == seen


def test_truth_counts_by_phone_by_text_and_finds_duplicates() -> None:
    sim = gateway()
    send(sim, many(2), "甲")
    send(sim, "13800000000", "甲")
    send(sim, "13800000000", "乙" * 71)
    truth = sim.truth
    assert truth.by_phone() == {"13800000000": 3, "13800000001": 1}
    assert truth.by_text() == {"甲": 3, "乙" * 71: 1}
    assert truth.duplicates() == {("13800000000", "甲"): 1}
    assert [truth.accepted(), truth.accepted("13800000000"), truth.accepted(text="甲")] == [4, 3, 3]
    assert (truth.billed(), truth.billed("mysms"), truth.billed("nobody")) == (5, 5, 0)
    assert sim.account("mysms").balance == 995


def test_refused_sends_are_no_truth() -> None:
    sim = gateway(balance=0)
    send(sim)
    assert (sim.truth.accepted(), sim.truth.duplicates()) == (0, {})
