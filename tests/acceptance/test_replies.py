"""Answering by SMS with the real service over real HTTP: a page, a reply, and its answer."""

from __future__ import annotations

import json
import time
import urllib.request

from sms_notify.simulator import Simulator
from tests.programs.process import wait_until

from .site import PEOPLE, START, WIDE, post_until_taken, rows, site, store_of, webhook


def test_a_reply_acknowledges_and_is_answered(sim: Simulator, serve: START) -> None:
    quick = {"poll": {"reports": "0", "replies": "2s"}}
    running = serve(site(sim.url, gateway=quick, throttle=WIDE))
    post_until_taken(running.url, webhook("MySQL主从延迟", ["db-01"], began=time.time()))
    wait_until("the pages", lambda: len(sim.gateway.phones.all()) == len(PEOPLE), 30)
    [page] = sim.gateway.inbox(PEOPLE["李娜"])
    assert page.text.endswith("回10确认")
    sim.gateway.reply("13700000009", "10")
    sim.gateway.reply(page.phone, "１０确认")

    def answers() -> list[str]:
        return [sms.text for sms in sim.gateway.inbox(page.phone)[1:]]

    wait_until("the answer", lambda: bool(answers()), 30)
    assert "已确认10 MySQL" in answers()[0]
    store = store_of(running)
    assert sorted(rows(store, "SELECT result FROM reply")) == [("done",), ("unknown_sender",)]
    with urllib.request.urlopen(f"{running.url}/api/v1/incidents/10", timeout=20) as answer:
        assert json.load(answer)["acknowledged_by"] == "李娜"
    with urllib.request.urlopen(f"{running.url}/metrics", timeout=20) as answer:
        assert 'sms_notify_replies_total{result="done"} 1.0' in answer.read().decode()
