"""Answers of a batch come to the requests that wait for them, and none is ever left waiting."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import Any

import pytest

from sms_notify.errors import StoreUnavailable
from sms_notify.server.answers import Answers


def in_thread(run: Any) -> threading.Thread:
    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_one_wake_up_brings_all_answers_of_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.new_event_loop()
    woken: list[Any] = []
    wake = loop.call_soon_threadsafe

    def counted(*given: Any) -> Any:
        woken.append(given)
        return wake(*given)

    monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
    handed: list[Future[int]] = [Future() for _ in range(64)]

    async def ask() -> list[int]:
        answers = Answers(loop)
        waits = [asyncio.ensure_future(answers.of(each)) for each in handed]
        await asyncio.sleep(0)  # all of them wait

        def batch() -> None:
            for number, each in enumerate(handed):
                each.set_result(number)

        in_thread(batch).join()  # the loop looks only after the whole batch
        found = await asyncio.gather(*waits)
        assert len(woken) == 1
        return found

    assert loop.run_until_complete(ask()) == list(range(64))
    loop.close()


def test_none_is_missed_however_many_threads_answer_while_the_loop_looks() -> None:
    async def ask() -> int:
        answers = Answers(asyncio.get_running_loop())
        handed: list[list[Future[int]]] = [[Future() for _ in range(500)] for _ in range(8)]
        threads = [
            in_thread(lambda some=some: [each.set_result(1) for each in some]) for some in handed
        ]
        waits = [answers.of(each) for some in handed for each in some]
        found = await asyncio.wait_for(asyncio.gather(*waits), 20)
        for thread in threads:
            thread.join()
        return sum(found)

    assert asyncio.run(ask()) == 4000


def test_a_refusal_is_raised_where_it_is_waited_for() -> None:
    async def ask() -> None:
        handed: Future[int] = Future()
        handed.set_exception(StoreUnavailable("the disk is full"))
        await Answers(asyncio.get_running_loop()).of(handed)

    with pytest.raises(StoreUnavailable, match="full"):
        asyncio.run(ask())


def test_a_request_that_is_gone_costs_the_others_of_its_batch_nothing() -> None:
    async def ask() -> int:
        answers = Answers(asyncio.get_running_loop())
        gone: Future[int] = Future()
        here: Future[int] = Future()
        waits = [asyncio.ensure_future(answers.of(each)) for each in (gone, here)]
        await asyncio.sleep(0)
        waits[0].cancel()
        await asyncio.sleep(0)

        def batch() -> None:
            gone.set_result(1)
            here.set_result(2)

        in_thread(batch).join()
        assert not gone.cancelled()
        return await asyncio.wait_for(waits[1], 5)

    assert asyncio.run(ask()) == 2


def test_a_loop_that_is_closed_by_then_does_not_disturb_who_answers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    handed: Future[int] = Future()

    async def ask() -> None:
        waits = asyncio.ensure_future(Answers(asyncio.get_running_loop()).of(handed))
        await asyncio.sleep(0)
        waits.cancel()

    asyncio.run(ask())
    handed.set_result(1)
    assert not caplog.records


def test_who_waits_too_long_is_told_to_send_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sms_notify.server.answers.PATIENCE", 0.2)
    monkeypatch.setattr("sms_notify.server.answers.LOOK", 0.05)

    async def ask() -> list[Any]:
        answers = Answers(asyncio.get_running_loop())
        never: Future[int] = Future()
        first = asyncio.ensure_future(answers.of(never))
        await asyncio.sleep(0.15)
        later: Future[int] = Future()
        second = asyncio.ensure_future(answers.of(later))
        with pytest.raises(StoreUnavailable, match="send it again"):
            await asyncio.wait_for(first, 5)
        later.set_result(2)
        never.set_result(1)  # written after all: nobody hears, nothing breaks
        return [await asyncio.wait_for(second, 5), answers._waiting]

    assert asyncio.run(ask()) == [2, {}]
