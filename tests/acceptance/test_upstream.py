"""A reply silences exactly its incident in a real Alertmanager, and the recovery still comes."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sms_notify.simulator import Simulator
from tests.programs.process import wait_until
from tests.programs.product import PHONE, Serve, config, texts, wait_for_texts
from tests.programs.prometheus import Alertmanager


def rules(url: str) -> str:
    # no shorter wait: Alertmanager takes the alerts of one POST up one by one, and flushes between
    route = {
        "receiver": "sms", "group_by": ["alertname"],
        "group_wait": "1s", "group_interval": "1s", "repeat_interval": "1h",
    }  # fmt: skip
    hook = {"url": f"{url}/alertmanager", "send_resolved": True}
    return json.dumps({"route": route, "receivers": [{"name": "sms", "webhook_configs": [hook]}]})


def get(running: Alertmanager, path: str) -> Any:
    with urllib.request.urlopen(f"{running.url}/api/v2/{path}", timeout=10) as answer:
        return json.load(answer)


def active(running: Alertmanager) -> list[Any]:
    return [one for one in get(running, "silences") if one["status"]["state"] == "active"]


def state(running: Alertmanager, instance: str) -> str | None:
    found = [a for a in get(running, "alerts") if a["labels"]["instance"] == instance]
    return found[0]["status"]["state"] if found else None


def test_a_reply_silences_its_alerts_alone_and_their_end_is_told(
    alertmanager: Callable[[str], Alertmanager],
    sim: Simulator,
    serve: Callable[[Mapping[str, Any]], Serve],
) -> None:
    settings = config(sim.url)
    settings["gateways"][0]["poll"] = {"reports": 0, "replies": "2s"}
    settings["throttle"] = {"per_person": ["100/1m"]}
    told = serve(settings)
    running = alertmanager(rules(told.url))
    block = {"url": running.url, "on_ack": {"silence": "1h"}}
    told.write({**settings, "upstream": {"alertmanager": block}})
    told.kill()
    told.start()

    alerts = [
        {"labels": {"alertname": "磁盘满", "instance": f"db.{n}", "severity": "critical"}}
        for n in (1, 2)
    ]
    running.push(alerts)
    [page] = wait_for_texts(sim, 1)
    found = re.search(r"回(\d+)确认", page)
    assert found, page
    sim.gateway.reply(PHONE, found[1])
    [silence] = wait_until("the silence", lambda: active(running))
    assert silence["createdBy"] == "张伟"
    assert silence["comment"].startswith("ACK! 张伟 短信确认 ")
    wait_until(
        "both silenced", lambda: {state(running, f"db.{n}") for n in (1, 2)} == {"suppressed"}
    )

    running.push([{"labels": {**alerts[0]["labels"], "instance": "db-1"}}])  # `.` is no wildcard
    wait_until("another one", lambda: state(running, "db-1") == "active")

    now = datetime.fromtimestamp(time.time() - 1, UTC).isoformat()
    others = [{"labels": {**alerts[0]["labels"], "instance": "db-1"}}]
    running.push([{**each, "endsAt": now} for each in (*alerts, *others)])
    wait_until("the end", lambda: any(text.startswith("恢复") for text in texts(sim)), seconds=40)
    wait_until("no silence is left", lambda: not active(running), seconds=40)
    assert sum(text.startswith("恢复") for text in texts(sim)) == 1
