"""A site for whole processes: three people, webhooks as Alertmanager posts them, the store read."""

from __future__ import annotations

import http.client
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.programs.process import wait_until
from tests.programs.product import Serve, config

START = Callable[[Mapping[str, Any]], Serve]
PEOPLE = {"张伟": "13800000001", "李娜": "13800000002", "王磊": "13800000003"}
WIDE = {"per_person": ["900000/1m"], "critical": ["900000/1m"]}
"""A throttle that holds nothing, for tests that count every page."""

AT_REST = "('sent', 'delivered', 'failed', 'expired', 'folded', 'uncertain')"


def site(url: str, **blocks: Any) -> dict[str, Any]:
    """The smallest configuration, but everything goes to three people; `blocks` on top of it."""
    made = config(url)
    made["people"] = {name: {"phone": f"+86{phone}"} for name, phone in PEOPLE.items()}
    made["receivers"] = [{"name": "三人", "to": list(PEOPLE)}]
    made["route"] = {"receiver": "三人"}
    made["gateways"][0] |= blocks.pop("gateway", {})
    return made | blocks


def stamp(moment: float) -> str:
    """A Unix time as Alertmanager writes it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def webhook(
    name: str, hosts: Iterable[str], *, began: float, ended: float | None = None, **labels: str
) -> bytes:
    """One webhook about one alert name: each host fires since `began`, or all ended at `ended`."""
    labels = {"severity": "critical", **labels}
    state = "firing" if ended is None else "resolved"
    alerts = [
        {
            "status": state,
            "labels": {"alertname": name, "instance": host, **labels},
            "annotations": {},
            "startsAt": stamp(began),
            "endsAt": "0001-01-01T00:00:00Z" if ended is None else stamp(ended),
        }
        for host in hosts
    ]
    group = {"alertname": name}
    return json.dumps(
        {"version": "4", "receiver": "sms", "status": state, "alerts": alerts, "groupLabels": group}
    ).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status 0 where nothing did. `seconds` from the connection to the end."""

    status: int
    text: str
    seconds: float


def ask(url: str, method: str, path: str, body: bytes = b"", timeout: float = 30) -> Answer:
    """One request on a connection of its own."""
    began = time.monotonic()
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout)
    try:
        connection.request(method, path, body or None)
        response = connection.getresponse()
        status, text = response.status, response.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        status, text = 0, type(error).__name__
    finally:
        connection.close()
    return Answer(status, text, time.monotonic() - began)


def post(url: str, body: bytes, path: str = "/alertmanager", timeout: float = 30) -> Answer:
    return ask(url, "POST", path, body, timeout)


def post_until_taken(url: str, body: bytes, seconds: float = 60) -> int:
    """As Alertmanager does it: again and again until 2xx. How many tries it took."""
    end, pause = time.monotonic() + seconds, 0.05
    for tries in range(1, 10_000):
        if post(url, body).status == 202:
            return tries
        assert time.monotonic() < end, "nobody took the webhook"
        time.sleep(pause)
        pause = min(0.5, 2 * pause)
    raise AssertionError("nobody took the webhook")


def slowness() -> float:
    """How much longer things may take because others use this machine too; 1 if nobody does."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def store_of(serve: Serve) -> Path:
    return serve.folder / "sms-notify.db"


def rows(store: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """What the store holds, read beside the running service."""
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=10)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def unsettled(store: Path) -> int:
    """Messages that are still to leave, news that is still held, and what may be sent again."""
    [[number]] = rows(
        store,
        f"SELECT (SELECT count(*) FROM message WHERE state NOT IN {AT_REST})"
        " + (SELECT count(*) FROM message WHERE state = 'uncertain' AND check_at IS NOT NULL)"
        " + (SELECT count(*) FROM telling WHERE verdict = 'held')",
    )
    return int(number)


def wait_for_rest(store: Path, seconds: float = 60) -> None:
    """Until nothing is left to be sent or decided."""
    wait_until("everything to be settled", lambda: unsettled(store) == 0, seconds)
