"""Webhooks as Alertmanager sends them, each about other alerts; made once, numbered per request."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import orjson

from benchmarks._load import post

TOKEN = "N0N0N0N0"
"""Stands in the body wherever its number goes; as wide, so that the length stays."""

_numbers = itertools.count(1)


def _alert(index: int) -> dict[str, object]:
    host = f"db-{TOKEN}-{index:02d}.prod.example.com:9100"
    labels = {
        "alertname": "HostOutOfMemory", "instance": host, "job": "node", "severity": "warning",
        "cluster": "prod-a", "team": "dba",
    }  # fmt: skip
    return {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": f"memory of {host} is 93.5% full", "runbook": "https://wiki/1"},
        "startsAt": "2026-03-01T01:02:03.456Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph?g0.expr=mem+%3E+90&g0.tab=1",
        "fingerprint": f"{TOKEN}{index:08x}",
    }


def _webhook(alerts: int) -> bytes:
    found = [_alert(index) for index in range(alerts)]
    common = {"alertname": "HostOutOfMemory", "severity": "warning"}
    return orjson.dumps(
        {
            "version": "4", "receiver": "sms", "status": "firing", "truncatedAlerts": 0,
            "groupKey": f'{{}}:{{host="{TOKEN}"}}', "groupLabels": {"host": TOKEN},
            "commonLabels": common, "commonAnnotations": {}, "alerts": found,
            "externalURL": "http://alertmanager:9093",
        }
    )  # fmt: skip


def webhooks(alerts: int = 1, path: str = "/alertmanager") -> Iterator[bytes]:
    """Endless: each about so many new alerts of a new group."""
    whole, token = post(path, _webhook(alerts)), TOKEN.encode()
    for number in _numbers:
        yield whole.replace(token, b"%08d" % number)


def known(count: int, alerts: int = 1) -> list[bytes]:
    """So many webhooks to send again and again."""
    return list(itertools.islice(webhooks(alerts), count))
