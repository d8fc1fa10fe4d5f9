"""A server on a loopback port with a real store and writer, and a plain client for it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from sms_notify import config
from sms_notify.intake import Rules, Writer, rules
from sms_notify.metrics import Metrics
from sms_notify.model import DAY
from sms_notify.server import Parts, build
from sms_notify.server.http import Http
from sms_notify.store import Store, open_store
from sms_notify.store.standing import standing

TOKEN = "quiet-river-41"
DATA = Path(__file__).parent.parent / "sources" / "data"
ONE = (DATA / "firing_prometheus.json").read_bytes()


@dataclass
class Answer:
    """A whole answer."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Served:
    """The running server, its store, and what a test may change."""

    http: Http
    store: Store
    metrics: Metrics
    rules: Rules
    problems: list[str] = field(default_factory=list)
    ready: tuple[bool, dict[str, str]] = (True, {"store": "ok"})
    headers: dict[str, str] = field(default_factory=dict)

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.http.port, timeout=20)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = self.connect()
        try:
            connection.request(method, path, body, {**self.headers, **given})
            response = connection.getresponse()
            text = response.read().decode()
            return Answer(response.status, text, dict(response.headers))
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = b"", **headers: str) -> Answer:
        return self.ask("POST", path, body, **headers)

    def metric(self, name: str, **labels: str) -> float:
        """The value of a sample, as `/metrics` would show it."""
        value = self.metrics.registry.get_sample_value(f"sms_notify_{name}", labels)
        assert value is not None, f"there is no sample {name} {labels}"
        return value


def with_tokens(opened: str = "") -> str:
    return f"""\
server:
  tokens: [{{name: alertmanager, token: {TOKEN}}}, {{name: other, token: second-token-word}}]
  open: [{opened}]
"""


def with_users(people: Mapping[str, tuple[str, str]]) -> str:
    """Name → (bcrypt hash, role)."""
    lines = [
        f'    - {{name: {name}, password_hash: "{hashed}", role: {role}}}'
        for name, (hashed, role) in people.items()
    ]
    return "\n".join(["server:", "  users:", *lines, ""])


@contextmanager
def served(folder: Path, extra: str = "") -> Iterator[Served]:
    """The application on a free port, with the writer's thread and a SQLite store in `folder`."""
    loaded = config.parse(config.sample_yaml() + extra, path=folder / "config.yaml")
    judged = rules(loaded)
    store = open_store(loaded.store)
    writer = Writer(store, memory=lambda: DAY)
    metrics = Metrics()
    metrics.watch(lambda: standing(store), store.now)
    http = Http("127.0.0.1", 0)
    running = Served(http, store, metrics, judged)
    parts = Parts(
        rules=lambda: running.rules,
        hand_in=writer.hand_in,
        store=store,
        metrics=metrics,
        reload=lambda: running.problems,
        readiness=lambda: running.ready,
    )
    writer.start()
    http.start(build(parts))
    try:
        yield running
    finally:
        http.stop(2)
        writer.stop()
        store.close()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
