"""Stopping and reloading in the middle of work: nothing twice, nothing lost."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable

import pytest

from sms_notify.simulator import Fault, Kind, Simulator
from tests.programs.process import wait_until
from tests.programs.product import PHONE, Serve, texts

from .site import (
    PEOPLE,
    START,
    WIDE,
    Answer,
    ask,
    post,
    rows,
    site,
    store_of,
    wait_for_rest,
    webhook,
)

SLOW = Fault(Kind.SLOW, seconds=2.0)


def page(serve: Serve, name: str) -> Answer:
    answer = post(serve.url, webhook(name, ["db-01"], began=time.time()))
    assert answer.status == 202
    return answer


def in_the_air(serve: Serve) -> int:
    [[number]] = rows(store_of(serve), "SELECT count(*) FROM message WHERE state = 'sending'")
    return int(number)


def test_sigterm_lets_sms_on_their_way_finish_and_a_restart_sends_none_again(
    sim: Simulator, serve: START
) -> None:
    sim.gateway.faults.add(SLOW)
    running = serve(site(sim.url, throttle=WIDE, delivery={"workers": 4}))
    for number in range(4):
        page(running, f"告警{number}")
    wait_until("four SMS in the air", lambda: in_the_air(running) == 4)
    began = time.monotonic()
    assert running.stop(signal.SIGTERM, 30) == 0
    took = time.monotonic() - began
    states = dict(rows(store_of(running), "SELECT state, count(*) FROM message GROUP BY 1"))
    print(f"stopped after {took:.1f} s with {states}")
    assert states == {"sent": 4, "queued": 8}
    assert "stopped" in running.output()
    sim.gateway.faults.clear()
    running.start()
    wait_for_rest(store_of(running))
    assert sim.gateway.truth.accepted() == 12
    assert not sim.gateway.truth.duplicates()


def test_a_webhook_that_meets_a_stop_is_stored_or_refused_never_both(
    sim: Simulator, serve: START
) -> None:
    running = serve(site(sim.url, throttle=WIDE))
    taken: dict[str, int] = {}

    def post_on() -> None:
        for number in range(1000):
            name = f"告警{number:03}"
            taken[name] = post(running.url, webhook(name, ["a"], began=time.time())).status
            if taken[name] != 202:
                return

    threads = [threading.Thread(target=post_on)]
    threads[0].start()
    time.sleep(0.5)
    assert running.stop(signal.SIGTERM, 30) == 0
    threads[0].join()
    stored = {name for (name,) in rows(store_of(running), "SELECT name FROM incident")}
    answered = {name for name, status in taken.items() if status == 202}
    assert answered
    assert answered <= stored
    assert set(taken.values()) <= {202, 503, 0}


def by_signal(serve: Serve) -> None:
    serve.signal(signal.SIGHUP)


def by_post(serve: Serve) -> None:
    ask(serve.url, "POST", "/-/reload")


@pytest.mark.parametrize("reload", [by_signal, by_post])
def test_a_reload_keeps_the_old_configuration_if_the_new_one_is_broken(
    sim: Simulator, serve: START, reload: Callable[[Serve], None]
) -> None:
    good = site(sim.url, throttle=WIDE)
    running = serve(good)
    broken = good | {"receivers": [{"name": "三人", "to": ["张大伟"]}]}
    running.write(broken)
    reload(running)
    wait_until("the refusal", lambda: "reload_refused" in running.output())
    assert "张大伟" in running.output()
    assert "successful 0.0" in reloads(running)
    page(running, "旧配置")
    wait_until("the page", lambda: len(texts(sim, PEOPLE["李娜"])) == 1)

    running.write(good | {"receivers": [{"name": "三人", "to": ["张伟"]}], "global": SIGNED})
    reload(running)
    wait_until("the reload", lambda: " reloaded" in running.output())
    page(running, "新配置")
    wait_until("the new page", lambda: len(texts(sim, PHONE)) == 2)
    wait_for_rest(store_of(running))
    assert "新配置" in texts(sim, PHONE)[1]
    assert "【星云】" in texts(sim, PHONE)[1]
    assert len(texts(sim, PEOPLE["李娜"])) == 1
    assert "successful 1.0" in reloads(running)


SIGNED = {"signature": "星云"}


def reloads(serve: Serve) -> str:
    page = ask(serve.url, "GET", "/metrics").text
    return "\n".join(line for line in page.splitlines() if "reload" in line)


def test_a_reload_in_a_storm_loses_and_doubles_nothing(sim: Simulator, serve: START) -> None:
    sim.gateway.faults.add(Fault(Kind.SLOW, seconds=0.2))
    settings = site(sim.url, throttle=WIDE)
    running = serve(settings)
    for number in range(30):
        page(running, f"告警{number:02}")
        if number % 10 == 5:
            running.write(settings | {"delivery": {"workers": 8 + number}})
            assert ask(running.url, "POST", "/-/reload").status == 200
    wait_for_rest(store_of(running))
    assert sim.gateway.truth.accepted() == 90
    assert not sim.gateway.truth.duplicates()
