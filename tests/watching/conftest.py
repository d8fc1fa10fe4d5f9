"""A site in virtual time that expects heartbeats, plans texts and proves that it lives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from sms_notify import config
from sms_notify.intake import Accepted, TellCall
from sms_notify.model import SECOND, Alert, Call, Micros, occurrence_fingerprint
from sms_notify.runner import Runner
from sms_notify.simulator import Account, Gateway
from sms_notify.sources import later
from sms_notify.store import Store, prepare
from sms_notify.watching import Came, Keep
from tests.gateways.virtual import VirtualHttp

SUNDAY: Micros = 1_795_968_000 * SECOND
"""2026-11-30 00:00 in Shanghai, a Monday: 2026-11-29 16:00 UTC, a Sunday."""

TEXT = """
store: {store}
gateways:
  - {{name: g, type: wavecom, account: mysms, password: wordless9,
     urls: ["http://10.0.0.1:8088"], poll: {{reports: {reports}, replies: 0}}}}
people:
  张伟: {{phone: "+8613800000001"}}
  李娜: {{phone: "+8613800000002"}}
  赵敏: {{phone: "+8613800000004"}}
schedules:
  值班: {{rotate: [张伟, 李娜], every: 1d, handoff: "08:00", since: 2026-11-01}}
receivers:
  - {{name: 数据库, to: 值班}}
  - {{name: 兜底, to: 赵敏}}
route:
  receiver: 兜底
  routes: [{{matchers: ['team="dba"'], receiver: 数据库}}]
{more}
"""
BEATS = """
heartbeats:
  - {name: Prometheus, matchers: ['alertname="Watchdog"'], every: 5m, receiver: 兜底}
  - {name: 备份, matchers: ['job="backup"'], every: 1d, receiver: 数据库, level: warning}
checks: {look_ahead: 0}
"""


class Watched:
    """`now` goes on only by `run`; a crash is a runner thrown away."""

    def __init__(
        self, folder: Path, more: str = BEATS, url: str | None = None, reports: str = "0"
    ) -> None:
        """`reports`: how often they are asked for."""
        self.now = SUNDAY
        self._reports = reports
        self.url = url or f"sqlite:///{folder / 'watched.db'}"
        self.config = self._parsed(more)
        self.gateway = Gateway([Account("mysms", "wordless9", balance=1_000_000)], rng=Random(5))
        self.http = VirtualHttp(self.gateway, lambda: self.now)
        self.runner = self.boot()

    def _parsed(self, more: str) -> config.Config:
        return config.parse(
            TEXT.format(store=self.url, more=more, reports=self._reports), environ={}
        )

    def boot(self) -> Runner:
        store = Store(self.url, clock=lambda: self.now)
        prepare(store)
        return Runner(self.config, store=store, http=self.http, rng=Random(7))

    def crash(self) -> None:
        self.runner.store.close()
        self.runner = self.boot()

    def reload(self, more: str) -> None:
        self.config = self._parsed(more)
        self.runner.reload(self.config)

    def run(self, span: Micros, *, until: Callable[[], bool] = lambda: False) -> None:
        """Let time go by."""
        end = self.now + span
        for _ in range(200_000):
            for _step in self.runner.tick(self.now):
                pass
            due = self.runner.next_due(self.now)
            if due is None or due > end or until():
                self.now = end
                return
            self.now = max(self.now, due)
        raise AssertionError("time stands still")

    def run_crashing(self, span: Micros, rng: Random, chance: float) -> int:
        """The same, with a crash between any two steps; how many there were."""
        end, crashes = self.now + span, 0
        for _ in range(200_000):
            for _step in self.runner.tick(self.now):
                if rng.random() < chance:
                    crashes += 1
                    self.crash()
                    break
            due = self.runner.next_due(self.now)
            if due is None or due > end:
                self.now = end
                return crashes
            self.now = max(self.now, due)
        raise AssertionError("time stands still")

    def post(self, name: str = "Watchdog", *, ended: bool = False, **labels: str) -> Accepted:
        labels = {"alertname": name, "severity": "none", **labels}
        level, word, _known = self.config.site.levels.of(labels)
        fingerprint = occurrence_fingerprint(labels)
        ended_at = self.now if ended else None
        alert = Alert("alertmanager", fingerprint, SUNDAY, ended_at, level, word, name, "", labels)
        call = Call("alertmanager", self.now, (alert,), {"alertname": name})
        answer = self.runner.writer.judge_now(TellCall(self.runner.rules, call))
        assert isinstance(answer, Accepted)
        return answer

    def beat(self, every: Micros, times: int) -> None:
        """The Watchdog comes so often, so many times."""
        for _ in range(times):
            self.post()
            self.run(every)

    def plan(
        self, said: str, at: str, call_id: str = "c1", *, called: Micros | None = None, **more: Any
    ) -> Came:
        body = orjson.dumps({"text": said, "at": at, "call_id": call_id, **more})
        site = self.config.site
        wanted = later.read(
            body, levels=site.levels, called_at=called or self.now, timezone=site.timezone
        )
        assert wanted is not None
        came = self.runner.writer.judge_now(Keep(wanted))
        assert isinstance(came, Came)
        return came

    def report(self, status: int = 10) -> None:
        """The gateway has a report for everything that was sent."""
        query = "SELECT provider_id, phone FROM message WHERE state = 'sent'"
        for provider_id, phone in self.sql(query):
            number = phone.removeprefix("+86")
            self.gateway.report("mysms", provider_id, number, status, self.now)

    def sql(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.runner.store.engine.begin() as connection:
            found = connection.execute(text(query), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    def sms(self, phone: str = "13800000004") -> list[str]:
        return [sms.text for sms in self.gateway.inbox(phone)]

    def incidents(self) -> list[tuple[Any, ...]]:
        return self.sql("SELECT source, state, end_reason FROM incident ORDER BY id")


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    yield made
    made.runner.store.close()


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    """Sites with other configurations, closed at the end."""
    made: list[Watched] = []

    def make(more: str, reports: str = "0") -> Watched:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(Watched(folder, more, reports=reports))
        return made[-1]

    yield make
    for each in made:
        each.runner.store.close()
