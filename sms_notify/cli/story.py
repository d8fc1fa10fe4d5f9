"""The demo's story: recorded webhooks of a real Alertmanager, with timestamps of today."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from sms_notify.model import MINUTE, Micros

BEGAN = 4 * MINUTE
"""So long ago the recorded alerts began: the ten that recover did so after 197 s."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STAMP = "%Y-%m-%dT%H:%M:%S.%f"


@dataclass(frozen=True, slots=True)
class Scene:
    """One call: what happens, where it is posted, and how many SMS come of it."""

    says: str
    path: str
    body: bytes
    sms: int


def scenes(now: Micros) -> Iterator[Scene]:
    """What happens in a machine room, in order."""
    yield Scene(
        "A Prometheus rule fires: critical, team dba",
        "/alertmanager",
        recorded("one_alert", now),
        1,
    )
    forty = recorded("forty_hosts", now)
    yield Scene("Forty alerts of one cluster in one webhook", "/alertmanager", forty, 1)
    yield Scene("The second Alertmanager of a pair sends the same", "/alertmanager", forty, 0)
    yield Scene("Ten of the forty recover", "/alertmanager", recorded("ten_recovered", now), 0)
    yield Scene("All forty have recovered", "/alertmanager", _all_recovered(forty, now), 1)
    line = json.dumps({"text": "backup of db-01 failed: no space left", "level": "critical"})
    yield Scene("A shell pipe: nightly-backup | sms-notify send", "/line", line.encode(), 1)


def recorded(name: str, now: Micros) -> bytes:
    """A recorded webhook, moved in time so that its earliest moment was a few minutes ago."""
    text = files("sms_notify").joinpath("demo", f"{name}.json").read_text(encoding="utf-8")
    moments = [_moment(found) for found in _found(text)]
    shift = _EPOCH + timedelta(microseconds=now - BEGAN) - min(moments)
    return _STAMPED.sub(lambda found: _written(_moment(found[0]) + shift), text).encode()


_STAMPED = re.compile(r"(?!0001)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?=Z)")


def _found(text: str) -> list[str]:
    return _STAMPED.findall(text)


def _moment(text: str) -> datetime:
    return datetime.strptime(text[:26], _STAMP).replace(tzinfo=UTC)


def _written(moment: datetime) -> str:
    return moment.strftime(_STAMP)


def _all_recovered(firing: bytes, now: Micros) -> bytes:
    """The webhook that ends them all."""
    document: dict[str, Any] = json.loads(firing)
    ended = _EPOCH + timedelta(microseconds=now)
    document["status"] = "resolved"
    for alert in document["alerts"]:
        alert |= {"status": "resolved", "endsAt": _written(ended) + "Z"}
    return json.dumps(document).encode()
