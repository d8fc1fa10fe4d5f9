"""Real Prometheus and Alertmanagers before the service: whatever they repeat, one page, one end."""

from __future__ import annotations

import json
from collections.abc import Callable

from sms_notify.simulator import Simulator
from tests.programs.process import wait_until
from tests.programs.product import Serve, config, texts, wait_for_texts
from tests.programs.prometheus import Alertmanager, Prometheus

from .site import START, rows, store_of

PAIR = Callable[[str], tuple[Alertmanager, Alertmanager]]
HOST = {"labels": {"alertname": "HostDown", "instance": "db-02", "severity": "critical"}}


def alertmanager_config(url: str, group_by: str = "alertname") -> str:
    """It says everything again every second."""
    route = {
        "receiver": "sms",
        "group_by": [group_by],
        "group_wait": "0s",
        "group_interval": "1s",
        "repeat_interval": "1s",
    }
    hook = {"url": f"{url}/alertmanager", "send_resolved": True}
    return json.dumps({"route": route, "receivers": [{"name": "sms", "webhook_configs": [hook]}]})


def rule(expression: str) -> str:
    alert = {"alert": "DiskFull", "expr": expression, "labels": {"severity": "critical"}}
    return json.dumps({"groups": [{"name": "test", "interval": "1s", "rules": [alert]}]})


def posts(*sources: Alertmanager) -> int:
    return sum(source.notified() for source in sources)


def more_posts(what: str, number: int, *sources: Alertmanager) -> None:
    """Wait for so many further webhooks to be taken."""
    before = posts(*sources)
    wait_until(what, lambda: posts(*sources) >= before + number, 60)


def test_a_pair_that_repeats_reloads_and_dies_makes_one_page_and_one_end(
    sim: Simulator,
    serve: START,
    alertmanager_pair: PAIR,
    prometheus: Callable[[str, tuple[Alertmanager, ...]], Prometheus],
) -> None:
    running = serve(config(sim.url))
    first, second = alertmanager_pair(alertmanager_config(running.url))
    rules = prometheus(rule("vector(1) > 0"), (first, second))
    wait_for_texts(sim, 1)
    more_posts("repeats", 4, first, second)
    first.reload(alertmanager_config(running.url))
    more_posts("posts after the reload", 2, first)
    for each in (first, second):
        each.kill()
    for each in (first, second):
        each.start()
    more_posts("posts of the pair that forgot what it had sent", 2, first, second)
    assert len(texts(sim)) == 1
    rules.rules(rule("vector(0) > 0"))
    wait_for_texts(sim, 2)
    first.push([HOST])
    page, end, other = wait_for_texts(sim, 3)
    print(f"{posts(first, second)} webhooks taken, 3 SMS: {page} | {end} | {other}")
    assert ("DiskFull" in page, "恢复" in end, "HostDown" in other) == (True, True, True)
    assert incidents(running) == [("DiskFull", "resolved"), ("HostDown", None)]


def incidents(running: Serve) -> list[tuple[str, str | None]]:
    query = "SELECT name, end_reason FROM incident ORDER BY id"
    return [(name, reason) for name, reason in rows(store_of(running), query)]


def test_the_watchdog_of_a_prometheus_that_dies_pages_and_its_return_ends_that(
    sim: Simulator,
    serve: START,
    alertmanager_pair: PAIR,
    prometheus: Callable[[str, tuple[Alertmanager, ...]], Prometheus],
) -> None:
    beat = {"name": "Prometheus", "matchers": 'alertname="DiskFull"', "every": "10s"}
    running = serve(config(sim.url) | {"heartbeats": [beat]})
    pair = alertmanager_pair(alertmanager_config(running.url))
    prometheus(rule("vector(1) > 0"), pair)
    more_posts("signs of life", 15, *pair)
    assert texts(sim) == []
    for each in pair:
        each.stop()
    [missing] = wait_for_texts(sim, 1)
    assert "心跳中断 Prometheus" in missing
    pair[0].start()
    [_missing, back] = wait_for_texts(sim, 2)
    assert back.startswith("恢复 心跳中断 Prometheus")
    assert rows(store_of(running), "SELECT count(*) FROM incident") == [(1,)]
