"""Real Prometheus and Alertmanager, fast enough for a test: rules are evaluated every second."""

from __future__ import annotations

import json
import signal
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .process import Process, answers, free_port

ALERTMANAGER = "prometheus-alertmanager"
PROMETHEUS = "prometheus"


def post(url: str, content: Any) -> Any:
    """POST `content` as JSON; the answer's JSON, None when it is empty."""
    body = json.dumps(content).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        told = answer.read()
    return json.loads(told) if told.strip() else None


class Alertmanager(Process):
    """An Alertmanager on loopback. config: the text of alertmanager.yml; flags: more of them.

    Alone it does not gossip; `pair` makes two that do.
    """

    def __init__(
        self, folder: Path, config: str, flags: Sequence[str] = ("--cluster.listen-address=",)
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = folder / "alertmanager.yml"
        self.config.write_text(config, encoding="utf-8")
        command = [
            ALERTMANAGER,
            f"--config.file={self.config}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--web.external-url={self.url}",
            "--log.level=debug",
            *flags,
        ]
        super().__init__("alertmanager", command, folder, lambda: answers(f"{self.url}/-/ready"))

    def reload(self, config: str) -> None:
        """Put another configuration in force; raises HTTPError when Alertmanager refuses it."""
        self.config.write_text(config, encoding="utf-8")
        request = urllib.request.Request(f"{self.url}/-/reload", b"")
        urllib.request.urlopen(request, timeout=10).close()

    def push(self, alerts: Iterable[Mapping[str, Any]]) -> None:
        """Push alerts as Prometheus does: {labels, annotations?, startsAt?, endsAt?}."""
        post(f"{self.url}/api/v2/alerts", list(alerts))

    def alerts(self) -> list[dict[str, Any]]:
        """What it holds: the alerts that fire, silenced or not."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=10) as answer:
            held: list[dict[str, Any]] = json.load(answer)
            return held

    def notified(self) -> int:
        """How many webhooks were answered with 2xx, over all its starts."""
        return self.output().count('msg="Notify success"')


def pair(folder: Path, config: str) -> tuple[Alertmanager, Alertmanager]:
    """Two Alertmanagers in high availability, neither started yet.

    The second waits 2 s before it sends what the first should have sent (15 s by default).
    """
    ports = free_port(), free_port()
    common = ("--cluster.peer-timeout=2s", "--cluster.settle-timeout=2s")

    def one(name: str, mine: int, other: int) -> Alertmanager:
        flags = (
            f"--cluster.listen-address=127.0.0.1:{mine}",
            f"--cluster.advertise-address=127.0.0.1:{mine}",
            f"--cluster.peer=127.0.0.1:{other}",
            *common,
        )
        return Alertmanager(folder / name, config, flags)

    return one("a", *ports), one("b", *reversed(ports))


class Prometheus(Process):
    """A Prometheus on loopback that scrapes nothing. rules: the text of a rule file.

    to: the Alertmanagers that it tells. An alert ends when `rules` are replaced by the same
    rule with an expression that gives nothing; a rule that is taken away only expires.
    """

    def __init__(self, folder: Path, rules: str, to: Iterable[Alertmanager]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._rules = folder / "rules.yml"
        self._rules.write_text(rules, encoding="utf-8")
        config = folder / "prometheus.yml"
        config.write_text(self._config(to), encoding="utf-8")
        command = [
            PROMETHEUS,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--web.external-url={self.url}",
            "--rules.alert.resend-delay=1s",
        ]
        super().__init__("prometheus", command, folder, lambda: answers(f"{self.url}/-/ready"))

    def _config(self, to: Iterable[Alertmanager]) -> str:
        told = {"static_configs": [{"targets": [f"127.0.0.1:{each.port}" for each in to]}]}
        content = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(self._rules)],
            "alerting": {"alertmanagers": [told]},
        }
        return json.dumps(content)  # JSON is YAML

    def rules(self, text: str) -> None:
        """Put other rules in force."""
        self._rules.write_text(text, encoding="utf-8")
        self.signal(signal.SIGHUP)
