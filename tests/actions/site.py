"""A site in virtual time whose people are on call by a schedule, for actions by command."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from sms_notify.actions import Actor
from sms_notify.config.schedules import Override
from sms_notify.model import HOUR, Alert, Call, Micros
from sms_notify.runner import Runner
from sms_notify.store import prepare
from sms_notify.store.engine import Store
from tests.no_disk import hasten
from tests.simulation.world import World

BY = Actor("admin", "by command")
TEXT = """
store: sqlite:///{store}
global: {{signature: 星云运维, timezone: Asia/Shanghai}}
gateways:
  - {{name: g, type: wavecom, account: mysms, password: wordless9,
     urls: ["http://10.0.0.1:8088"], poll: {{reports: 0, replies: 5s}}}}
people:
  张伟: {{phone: ["+8613800000001", "+8613900000001"]}}
  李娜: {{phone: "+8613800000002"}}
  王磊: {{phone: "+8613800000003"}}
  赵敏: {{phone: "+8613800000004"}}
schedules:
  值班表: {{rotate: [张伟, 李娜, 王磊], every: 52w, handoff: Mon 10:00, since: 2026-01-05}}
receivers:
  - name: 数据库
    ack_timeout: 1h
    steps:
      - {{to: 值班表, wait: 5m}}
      - {{to: 值班表+1, wait: 10m}}
      - {{to: 王磊}}
  - {{name: 网络, to: [张伟, 王磊]}}
  - {{name: 兜底, to: 赵敏}}
route: {{receiver: 兜底, routes: [{{matchers: ['team="dba"'], receiver: 数据库}},
        {{matchers: ['team="net"'], receiver: 网络}}]}}
throttle: {{per_person: [{limit}/1m], critical: [{limit}/1m]}}
checks: {{tell: 赵敏}}
"""


class Site(World):
    """`limit`: SMS a person and minute, so that a test is not about the throttle."""

    def __init__(
        self,
        folder: Path,
        *,
        seed: int = 1,
        limit: int = 9000,
        more: str = "",
        text: str = TEXT,
    ) -> None:
        filled = text.format(store=folder / "site.db", limit=limit) + more
        super().__init__(folder, filled, seed)
        self.numbers = 0

    def _boot(self) -> Runner:
        store = Store(self.url, clock=self.clock)
        hasten(store)
        prepare(store)
        return Runner(self.config, store=store, http=self.http, rng=Random(self.crashes))

    @property
    def now(self) -> Micros:
        return self.clock.now

    def judge(self, item: Any) -> Any:
        return self.runner.writer.judge_now(item)

    def alert(
        self, name: str = "MySQL主从延迟", team: str = "dba", *, host: str = "db-01",
        level: str = "critical", ended: bool = False,
    ) -> Call:  # fmt: skip
        """An alert that fires, or ends, is posted."""
        call = self.call(name, team, host=host, level=level, ended=ended)
        self.post(call)
        return call

    def call(
        self, name: str, team: str, *, host: str, level: str = "warning", ended: bool = False
    ) -> Call:
        """A webhook about one alert."""
        labels = {"alertname": name, "instance": host, "team": team, "severity": level}
        found, word, _known = self.config.site.levels.of(labels)
        end = self.now if ended else None
        alert = Alert("alertmanager", f"{name}{host}", self.now, end, found, word, name, "", labels)
        return Call("alertmanager", self.now, (alert,), {"alertname": name, "host": host})

    def ends(self, name: str = "MySQL主从延迟", team: str = "dba", host: str = "db-01") -> None:
        self.alert(name, team, host=host, ended=True)

    def run(self, span: Micros) -> None:
        self.run_to(self.now + span)

    def override(self, who: str, span: Micros = HOUR, **more: Any) -> Override:
        return Override("值班表", self.now, self.now + span, (who,), **more)

    def incident(self, code: int) -> dict[str, Any]:
        query = "SELECT i.* FROM incident i JOIN code c ON c.incident = i.id WHERE c.code = :code"
        with self.runner.store.engine.connect() as connection:
            from sqlalchemy import text

            return dict(connection.execute(text(query), {"code": code}).one()._mapping)
