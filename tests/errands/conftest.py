"""A bench whose incidents come from a Zabbix and an Alertmanager that can be called back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from sms_notify.errands import Errands
from sms_notify.intake import Ledger
from sms_notify.intake.answering import acknowledge
from sms_notify.intake.tally import Tally
from sms_notify.model import Micros
from sms_notify.store import timers
from sms_notify.store.facts import Keys
from tests.intake.conftest import CONFIG, Bench, empty, postgresql_url

ZABBIX = "http://zabbix.test/api_jsonrpc.php"
ALERTMANAGER = "http://alertmanager.test:9093"
UPSTREAM = f"""
upstream:
  zabbix: {{url: "{ZABBIX}", token: geheim-1}}
  alertmanager: {{url: "{ALERTMANAGER}", on_ack: {{silence: 1h}}}}
"""


class Acknowledge:
    """The Input of somebody who answers."""

    alerts = 1

    def __init__(self, incident: int, who: str, how: str) -> None:
        self.incident, self.who, self.how = incident, who, how

    def wants(self, now: Micros) -> Keys:
        return Keys(incidents={self.incident})

    def judge(self, ledger: Ledger, now: Micros) -> Tally:
        incident = ledger.incident(self.incident)
        assert incident is not None
        acknowledge(ledger, incident, self.who, self.how)
        return Tally()


@dataclass
class OtherSide:
    """Both sources, as far as these tests need them: what they were told, what they know."""

    told: list[dict[str, Any]] = field(default_factory=list)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    error: dict[str, Any] | None = None
    status: int = 200
    held: list[dict[str, Any]] = field(default_factory=list)
    silences: dict[str, dict[str, Any]] = field(default_factory=dict)
    uptime: str = "2026-01-01T00:00:00Z"
    looks: int = 0

    def zabbix(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        content = json.loads(request.body or b"")
        said: dict[str, Any] = {"id": content["id"]}
        if content["method"] == "apiinfo.version":
            said["result"] = "6.0.14"
        elif self.error:
            said["error"] = self.error
        elif content["method"] == "event.acknowledge":
            self.told.append(content["params"])
            said["result"] = {"eventids": []}
        else:
            self.looks += 1
            wanted = content["params"]["eventids"]
            said["result"] = [
                {"eventid": one, **self.events[one]} for one in wanted if one in self.events
            ]
        return self.status, {}, json.dumps(said)

    def alertmanager(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        path = (request.path_url).split("?")[0].removeprefix("/api/v2/")
        if self.status != 200:
            return self.status, {}, ""
        if request.method == "POST":
            made = json.loads(request.body or b"")
            number = f"s{len(self.silences) + 1}"
            self.silences[number] = {**made, "id": number, "status": {"state": "active"}}
            return 200, {}, json.dumps({"silenceID": number})
        if request.method == "DELETE":
            self.silences[path.removeprefix("silence/")]["status"]["state"] = "expired"
            return 200, {}, ""
        self.looks += path == "alerts"
        answers: dict[str, Any] = {
            "status": {"uptime": self.uptime},
            "alerts": self.held,
            "silences": list(self.silences.values()),
        }
        return 200, {}, json.dumps(answers[path])

    def hold(self, *alerts: Any, by: tuple[str, ...] = ()) -> None:
        """Alertmanager has these alerts, and no others."""
        status: dict[str, Any] = {
            "state": "suppressed" if by else "active",
            "silencedBy": by,
            "inhibitedBy": [],
        }
        self.held = [
            {"fingerprint": each.fingerprint, "labels": dict(each.labels), "status": status}
            for each in alerts
        ]

    def active(self) -> list[str]:
        return [n for n, each in self.silences.items() if each["status"]["state"] == "active"]


class Line(Bench):
    """The bench with somebody to run errands; `other` is the other side."""

    def __init__(self, folder: Path, other: OtherSide, text: str, url: str | None) -> None:
        super().__init__(folder, text, url=url)
        self.other = other
        self.boot()

    def boot(self) -> None:
        """A process that knows nothing but the store."""
        self.errands = Errands(
            self.store, f"p{self.now}", lambda: self.rules, self.writer.judge_now
        )

    def answer(self, who: str = "张伟", how: str = "by SMS", incident: int = 1) -> None:
        self.writer.judge_now(Acknowledge(incident, who, how))

    def run(self) -> list[str]:
        """Everything that is due now."""
        return list(self.errands.steps(self.now))

    def pass_time(self, span: Micros) -> None:
        """Timers and errands, each at its moment."""
        end = self.now + span
        while True:
            self.left()
            with self.store.reading() as tx:
                due_at = timers.next_due(tx)
            dues = [due for due in (due_at, self.errands.next_due()) if due is not None]
            if not dues or min(dues) > end:
                break
            self.now = max(self.now, min(dues))
            self.run()
            super().later(0)
        self.now = end

    def jobs(self) -> list[tuple[str, str, str | None]]:
        return [
            (row[0], row[1], row[2])
            for row in self.sql("SELECT kind, state, answer FROM job ORDER BY id")
        ]

    def history(self) -> list[str]:
        return [row[0] for row in self.sql("SELECT what FROM event WHERE about = 'incident'")]


@pytest.fixture
def other() -> Iterator[OtherSide]:
    side = OtherSide()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as net:
        net.add_callback("POST", ZABBIX, side.zabbix)
        for method in ("GET", "POST", "DELETE"):
            net.add_callback(method, re.compile(re.escape(ALERTMANAGER)), side.alertmanager)
        yield side


ON_BOTH = pytest.mark.parametrize(
    "store", ["sqlite", pytest.param("postgresql", marks=pytest.mark.real)]
)
"""For what the SQL has a part in."""


@pytest.fixture
def store() -> str:
    return "sqlite"


@pytest.fixture
def line(
    tmp_path: Path, other: OtherSide, store: str, request: pytest.FixtureRequest
) -> Iterator[Line]:
    url: str | None = None
    if store == "postgresql":
        url = request.getfixturevalue("postgresql_url")
        empty(str(url))
    made = Line(tmp_path, other, CONFIG + UPSTREAM, url)
    yield made
    made.store.close()


__all__ = ["ON_BOTH", "Line", "OtherSide", "postgresql_url"]
