"""The lent sms-notify takes a webhook, tells the phone, and goes on after a kill -9."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sms_notify.simulator import Simulator
from tests.programs.product import Serve, config, wait_for_texts
from tests.programs.prometheus import Alertmanager

START = Callable[[Mapping[str, Any]], Serve]


def alertmanager_config(serve: Serve) -> str:
    route = "{receiver: sms, group_by: [alertname], group_wait: 0s, group_interval: 1s}"
    hook = f"{{url: '{serve.url}/alertmanager', send_resolved: true}}"
    return f"route: {route}\nreceivers: [{{name: sms, webhook_configs: [{hook}]}}]\n"


def test_an_alert_reaches_the_phone_before_and_after_a_kill(
    sim: Simulator, serve: START, alertmanager: Callable[[str], Alertmanager]
) -> None:
    running = serve(config(sim.url))
    source = alertmanager(alertmanager_config(running))
    source.push([{"labels": {"alertname": "DiskFull", "severity": "critical"}}])
    wait_for_texts(sim, 1)
    running.kill()
    running.start()
    source.push([{"labels": {"alertname": "HostDown", "severity": "critical"}}])
    first, second = wait_for_texts(sim, 2)
    assert "DiskFull" in first
    assert "HostDown" in second
