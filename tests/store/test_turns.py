"""Whoever asked first writes first, of the threads on one embedded file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import BigInteger, bindparam, update

from sms_notify.store import Store, prepare
from sms_notify.store import tables as t
from sms_notify.store.sql import Statement
from sms_notify.store.turns import Turns
from tests.programs.process import wait_until

COUNT = Statement(update(t.counter).values(value=bindparam("now", type_=BigInteger)))


def _asked(turns: Turns, number: int) -> bool:
    return len(turns._waiting) == number


def _went_on(written: list[int], beyond: int) -> bool:
    return written[0] > beyond


def test_turns_are_handed_over_in_the_order_in_which_they_were_asked_for() -> None:
    turns, order = Turns(), list[int]()
    assert turns.take(0)
    threads = []
    for number in range(5):

        def work(number: int = number) -> None:
            assert turns.take(10)
            order.append(number)
            turns.give()

        threads.append(Thread(target=work))
        threads[-1].start()
        wait_until("the next to ask", partial(_asked, turns, number + 1))
    turns.give()
    for thread in threads:
        thread.join(10)
    assert order == [0, 1, 2, 3, 4]
    assert turns.take(0), "and then it is free"


def test_a_turn_that_does_not_come_in_time_is_given_up_and_passes_over_nobody() -> None:
    turns = Turns()
    assert turns.take(0)
    assert not turns.take(0.01)
    turns.give()
    assert turns.take(0)


def test_whoever_writes_without_a_pause_keeps_nobody_waiting(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/s.db")
    prepare(store)
    written, over = [0], Event()

    def storm() -> None:
        while not over.is_set():
            with store.writing() as tx:
                tx.run(COUNT, now=written[0])
            written[0] += 1

    thread = Thread(target=storm)
    thread.start()
    try:
        waited = []
        for _ in range(20):
            wait_until("the storm", partial(_went_on, written, written[0] + 2))
            before = written[0]
            with store.writing():
                waited.append(written[0] - before)
    finally:
        over.set()
        thread.join(10)
        store.close()
    assert max(waited) <= 2, "the one that was being written, and the one that asked before"
