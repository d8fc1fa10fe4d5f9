"""What the tests of the sources hand in: real payloads, a configuration's levels, a call's time."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from sms_notify.config import Levels
from sms_notify.model import Level

DATA = Path(__file__).parent / "data"
CALLED_AT = 1_795_352_400_000_000  # 2026-11-22T13:00:00Z
LEVELS = Levels(
    words={
        "critical": Level.critical,
        "严重": Level.critical,
        "warning": Level.warning,
        "info": Level.info,
    },
    default=Level.warning,
)
REAL = sorted(path.name for path in DATA.glob("*.json") if "headers" not in path.name)


def real(name: str) -> bytes:
    """One recorded webhook body."""
    return (DATA / name).read_bytes()


def webhook(*changes: dict[str, Any], **fields: Any) -> bytes:
    """A recorded body with one alert per entry of `changes` (None deletes a key)."""
    document = json.loads(real("basic_auth_firing.json"))
    pattern = document["alerts"][0]
    document["alerts"] = [_changed(pattern, change) for change in changes or ({},)]
    return json.dumps(_changed(document, fields)).encode()


def _changed(pattern: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    merged = copy.deepcopy(pattern) | change
    return {key: value for key, value in merged.items() if value is not ...}


def many(count: int) -> bytes:
    """A body of `count` alerts of about 540 bytes: 18,000 are 9.4 MiB."""
    labels = {"alertname": "NodeDown", "cluster": "上海机房", "severity": "critical", "job": "node"}
    alerts = [
        {
            "status": "firing",
            "labels": labels | {"instance": f"主机-{n:05}"},
            "annotations": {
                "summary": f"主机-{n:05} 磁盘 /data 使用率 90%",
                "description": "长" * 40,
            },
            "startsAt": f"2026-11-22T13:01:{n % 60:02}.{n % 1000:03}Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prom.example/graph?g0.expr=" + "x" * 20,
            "fingerprint": f"{n:016x}",
        }
        for n in range(count)
    ]
    return json.dumps(
        {"alerts": alerts, "groupLabels": {"job": "node"}}, ensure_ascii=False
    ).encode()
