"""The whole line on real programs: Prometheus, Alertmanager, `sms-notify serve`, a phone.

That nothing more came is shown by another page: judging is serial, so what was posted before it
would have been on the phone before it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sms_notify.simulator import Simulator
from tests.programs.process import Process, wait_until
from tests.programs.product import Serve, config, texts, wait_for_texts
from tests.programs.prometheus import Alertmanager, Prometheus

START = Callable[[Mapping[str, Any]], Serve]
DISK = {"labels": {"alertname": "DiskFull", "instance": "db-01", "severity": "critical"}}
HOST = {"labels": {"alertname": "HostDown", "instance": "db-02", "severity": "critical"}}


def alertmanager_config(serve: Serve) -> str:
    route = {
        "receiver": "sms",
        "group_by": ["alertname"],
        "group_wait": "0s",
        "group_interval": "1s",
        "repeat_interval": "4h",
    }
    hook = {"url": f"{serve.url}/alertmanager", "send_resolved": True}
    return json.dumps({"route": route, "receivers": [{"name": "sms", "webhook_configs": [hook]}]})


def rule(expression: str) -> str:
    alert = {"alert": "DiskFull", "expr": expression, "labels": {"severity": "critical"}}
    return json.dumps({"groups": [{"name": "test", "interval": "1s", "rules": [alert]}]})


def test_a_rule_that_fires_and_ends_is_one_page_and_one_resolved_text(
    sim: Simulator,
    serve: START,
    alertmanager: Callable[[str], Alertmanager],
    prometheus: Callable[[str, tuple[Alertmanager, ...]], Prometheus],
) -> None:
    source = alertmanager(alertmanager_config(serve(config(sim.url))))
    rules = prometheus(rule("vector(1) > 0"), (source,))
    wait_for_texts(sim, 1)
    rules.rules(rule("vector(0) > 0"))
    wait_for_texts(sim, 2)
    source.push([HOST])
    wait_for_texts(sim, 3)
    page, end, other = texts(sim)
    assert ("DiskFull" in page, "DiskFull" in end, "HostDown" in other) == (True, True, True)
    assert page != end


def test_a_twin_and_an_alertmanager_that_was_killed_make_no_second_sms(
    sim: Simulator, serve: START, started: Callable[[Process], None], tmp_path: Path
) -> None:
    settings = alertmanager_config(serve(config(sim.url)))
    first, second = (Alertmanager(tmp_path / name, settings) for name in ("a", "b"))
    for twin in (first, second):
        started(twin)
        twin.push([DISK])
    wait_until("both posts", lambda: (first.notified(), second.notified()) == (1, 1))
    first.kill()
    first.start()
    first.push([DISK])
    wait_until("the post of the one that forgot", lambda: first.notified() == 2)
    first.push([HOST])
    wait_for_texts(sim, 2)
    page, other = texts(sim)
    assert ("DiskFull" in page, "HostDown" in other) == (True, True)


def test_an_alert_reaches_the_phone_before_and_after_a_kill(
    sim: Simulator, serve: START, alertmanager: Callable[[str], Alertmanager]
) -> None:
    running = serve(config(sim.url))
    source = alertmanager(alertmanager_config(running))
    source.push([DISK])
    wait_for_texts(sim, 1)
    running.kill()
    running.start()
    source.push([HOST])
    wait_for_texts(sim, 2)
    page, other = texts(sim)
    assert ("DiskFull" in page, "HostDown" in other) == (True, True)
