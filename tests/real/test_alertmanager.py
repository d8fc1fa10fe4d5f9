"""The lent Prometheus and Alertmanager do what tests of the product rely on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

from tests.programs.process import wait_until
from tests.programs.prometheus import Alertmanager, Prometheus
from tests.programs.receiver import Posted, Receiver


def config(receiver: Receiver, group_interval: str = "1s") -> str:
    route = {
        "receiver": "sms",
        "group_by": ["alertname"],
        "group_wait": "0s",
        "group_interval": group_interval,
        "repeat_interval": "1h",
    }
    hook = {"url": receiver.url, "send_resolved": True}
    return json.dumps({"route": route, "receivers": [{"name": "sms", "webhook_configs": [hook]}]})


def rule(name: str, expression: str) -> str:
    alert = {"alert": name, "expr": expression, "labels": {"severity": "critical"}}
    return json.dumps({"groups": [{"name": "test", "interval": "1s", "rules": [alert]}]})


def firing(posted: Posted) -> bool:
    return bool(posted.json["status"] == "firing")


def resolved(posted: Posted) -> bool:
    return bool(posted.json["status"] == "resolved")


def test_a_rule_that_fires_and_ends_is_posted_twice(
    receiver: Receiver,
    alertmanager: Callable[[str], Alertmanager],
    prometheus: Callable[[str, tuple[Alertmanager, ...]], Prometheus],
) -> None:
    running = prometheus(rule("磁盘满", "vector(1) > 0"), (alertmanager(config(receiver)),))
    page = receiver.wait_for("the page", firing)
    assert page.json["alerts"][0]["labels"] == {"alertname": "磁盘满", "severity": "critical"}
    running.rules(rule("磁盘满", "vector(0) > 0"))
    receiver.wait_for("the end", resolved)
    assert [posted.json["status"] for posted in receiver.posted] == ["firing", "resolved"]


def test_an_alertmanager_that_was_killed_sends_again_what_it_had_sent(
    receiver: Receiver, alertmanager: Callable[[str], Alertmanager]
) -> None:
    running = alertmanager(config(receiver))
    alert = {"labels": {"alertname": "InstanceDown", "instance": "db-01"}}
    running.push([alert])
    receiver.wait_for("the page")
    running.kill()
    assert not running.alive
    running.start()
    running.push([alert])
    wait_until("the page again", lambda: len(receiver.posted) == 2)
    assert receiver.posted[0].json["groupKey"] == receiver.posted[1].json["groupKey"]


def test_a_reload_puts_another_receiver_in_force(
    receiver: Receiver, alertmanager: Callable[[str], Alertmanager]
) -> None:
    running = alertmanager(config(receiver))
    running.reload(config(receiver).replace('"sms"', '"other"'))
    running.push([{"labels": {"alertname": "InstanceDown"}}])
    assert receiver.wait_for("the page").json["receiver"] == "other"


def test_of_a_pair_one_sends_and_the_other_holds_the_same(
    receiver: Receiver, alertmanager_pair: Callable[[str], tuple[Alertmanager, Alertmanager]]
) -> None:
    both = alertmanager_pair(config(receiver, group_interval="5s"))
    for each in both:
        each.push([{"labels": {"alertname": "InstanceDown", "instance": "db-01"}}])
    receiver.wait_for("the page")
    assert [len(each.alerts()) for each in both] == [1, 1]
    for each in both:
        each.push([{"labels": {"alertname": "DiskFull", "instance": "db-02"}}])
    receiver.wait_for("the other page", lambda posted: b"DiskFull" in posted.body)
    counted = Counter(posted.json["groupLabels"]["alertname"] for posted in receiver.posted)
    assert set(counted) == {"InstanceDown", "DiskFull"}
