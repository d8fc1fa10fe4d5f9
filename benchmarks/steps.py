"""What ten thousand open incidents cost whose next step is due, on an empty store and on one with
a million old messages: it must not grow with what is over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks._stored import days_ago, fill
from benchmarks._table import Row, Size, main
from sms_notify import config
from sms_notify.escalation import inputs
from sms_notify.intake import TellCall
from sms_notify.model import MINUTE, Alert, Call, Level, Micros, occurrence_fingerprint
from sms_notify.runner import Runner
from sms_notify.store import Store, prepare, timers
from tests.programs.process import folder_for

LONGEST_S = 60
"""An answer to ten thousand at once may wait as long as one step's shortest wait."""
CONFIG = """
store: sqlite:///{store}
gateways: [{{name: g, type: wavecom, account: mysms, password: wordless9,
  urls: ["http://127.0.0.1:9"], poll: {{reports: 0, replies: 0}}}}]
people:
  张伟: {{phone: "+8613800000001"}}
  李娜: {{phone: "+8613800000002"}}
  王磊: {{phone: "+8613800000003"}}
schedules:
  值班: {{rotate: [张伟, 李娜, 王磊], every: 1w, handoff: Mon 10:00, since: 2026-01-05}}
receivers:
  - {{name: 数据库, steps: [{{to: 值班, wait: 5m}}, {{to: 值班+1, wait: 10m}}, {{to: 王磊}}]}}
route: {{receiver: 数据库}}
"""


def rows(size: Size) -> Iterator[Row]:
    incidents, messages = size.of(10_000, 50), size.of(1_000_000, 1_000)
    with folder_for("bench") as name:
        folder, now = Path(name), time.time_ns() // 1000
        fill(folder / "full.db", messages, days_ago(now, 60), days_ago(now, 1))
        Chains(folder / "first.db", now, 20).seconds()  # what is built once, is built
        full = Chains(folder / "full.db", now, incidents).seconds()
        empty = Chains(folder / "empty.db", now, incidents).seconds()
    for what in full:
        case = f"{what} of {incidents:,} incidents with {messages:,} old messages stored"
        beside = f"empty store {empty[what]:.2f} s"
        ratio = full[what] / empty[what]
        yield Row(case, f"{full[what]:.2f} s", beside, ratio, 1.3, at_most=True)
    whole = full["steps that fire"]
    yield Row(
        f"{incidents:,} steps that are due at once", f"{whole:.1f} s",
        f"{whole / incidents * 1e6:.0f} µs each", whole, LONGEST_S, at_most=True, unit="s",
    )  # fmt: skip


class Chains:
    """So many open incidents, each of which waits for an answer to its first step."""

    def __init__(self, path: Path, now: Micros, incidents: int) -> None:
        self.now = now
        made = config.parse(CONFIG.format(store=path), path=path.with_suffix(".yaml"))
        self.store = Store(made.store, clock=lambda: self.now)
        prepare(self.store)
        self.runner = Runner(made, store=self.store)
        handed = [self._call(number) for number in range(incidents)]
        writer = self.runner.writer
        futures = [writer.hand_in(TellCall(self.runner.rules, call)) for call in handed]
        while writer.step():
            pass
        assert all(future.result().incidents for future in futures)

    def _call(self, number: int) -> Call:
        labels = {"alertname": f"DiskFull{number}", "severity": "warning"}
        key = occurrence_fingerprint(labels)
        alert = Alert("alertmanager", key, self.now, None, Level.warning, "warning",
                      f"DiskFull{number}", "", labels)  # fmt: skip
        return Call("alertmanager", self.now, (alert,), {"alertname": f"DiskFull{number}"})

    def seconds(self) -> dict[str, float]:
        """All steps looked at while nothing has left; then, when that is over, they fire."""
        self.now += 5 * MINUTE
        looks = self._judged()
        self._run("UPDATE incident SET waits_from = opened_at WHERE ended_at IS NULL")
        self._run("UPDATE timer SET due_at = :now WHERE kind = 'step'", now=self.now)
        fires = self._judged()
        self._all_went_on()
        self.store.close()
        return {"looks": looks, "steps that fire": fires}

    def _judged(self) -> float:
        began = time.perf_counter()
        while True:
            with self.store.reading() as tx:
                due = timers.due(tx, self.now)
            if not due:
                return time.perf_counter() - began
            for item in inputs(self.runner.rules, due):
                self.runner.writer.judge_now(item)

    def _all_went_on(self) -> None:
        with self.store.engine.connect() as connection:
            query = "SELECT DISTINCT step FROM incident WHERE ended_at IS NULL"
            steps = [row[0] for row in connection.execute(text(query))]
        if steps != [1]:
            raise RuntimeError(f"not every incident is at its second step: {steps}")

    def _run(self, statement: str, **values: Any) -> None:
        with self.store.engine.begin() as connection:
            connection.execute(text(statement), values)


if __name__ == "__main__":
    main(rows)
