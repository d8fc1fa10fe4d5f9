"""A site whose gateway reports, in virtual time: the real runner, one page after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import text

from sms_notify import config
from sms_notify.intake import TellCall
from sms_notify.model import MINUTE, SECOND, Call, Micros
from sms_notify.model import Alert as AlertOf
from sms_notify.runner import Runner
from sms_notify.simulator import Account, Fault, Gateway, Kind, Options
from sms_notify.simulator import Call as Asked
from sms_notify.store import Store, prepare
from tests.gateways.virtual import VirtualHttp
from tests.no_disk import hasten

NOW: Micros = 1_795_017_600 * SECOND
ACCOUNT = "mysms"
TEXT = """
store: {store}
global: {{signature: 星云运维}}
gateways:
  - {{name: g, type: wavecom, account: mysms, password: wordless9,
     urls: ["http://10.0.0.1:8088"], poll: {{reports: 10s, replies: 0}}}}
people:
  张伟: {{phone: ["+8613800000001", "+8613900000001"]}}
  李娜: {{phone: "+8613800000002"}}
  赵敏: {{phone: "+8613800000004"}}
receivers:
  - {{name: 值班, to: 张伟}}
  - {{name: 网络, to: 李娜}}
  - {{name: 兜底, to: 赵敏}}
route: {{receiver: 兜底}}
throttle: {{per_person: [9000/1m], critical: [9000/1m]}}
"""


class Site:
    """`now` goes on only by `run`; `steps` counts them, `crash_at` is the one that is fatal."""

    def __init__(self, store: str, folder: Path, options: Options | None = None) -> None:
        self.now = NOW
        self.folder = folder
        self.config = config.parse(TEXT.format(store=store), path=folder / "config.yaml")
        self.gateway = Gateway(
            [Account(ACCOUNT, "wordless9", balance=1_000_000)], options, rng=Random(5)
        )
        self.http = VirtualHttp(self.gateway, lambda: self.now)
        self.numbers = iter(range(1, 100_000))
        self.lives = 0
        self.runner = self.boot()

    def boot(self) -> Runner:
        self.lives += 1
        store = Store(self.config.store, clock=lambda: self.now)
        hasten(store)
        prepare(store)
        return Runner(
            self.config, store=store, http=self.http, rng=Random(self.lives),
            states=str(self.folder),
        )  # fmt: skip

    def crash(self) -> None:
        self.runner.store.close()
        self.runner = self.boot()

    def page(self, to: str = "值班", level: str = "critical", name: str = "") -> int:
        """One alert; the id of its message."""
        name = name or f"告警{next(self.numbers):05}"
        labels = {"alertname": name, "severity": level}
        found, word, _known = self.config.site.levels.of(labels)
        alert = AlertOf("alertmanager", name, self.now, None, found, word, name, "", labels)
        call = Call("alertmanager", self.now, (alert,), {"alertname": name}, receiver=to)
        accepted = self.runner.writer.judge_now(TellCall(self.runner.rules, call))
        number: int = accepted.messages[0]
        return number

    def tick(self) -> Iterator[str]:
        return self.runner.tick(self.now)

    def run(self, span: Micros) -> None:
        """Let time go by."""
        end = self.now + span
        for _ in range(100_000):
            for _step in self.tick():
                pass
            due = self.runner.next_due(self.now)
            if due is None or due > end:
                self.now = end
                return
            self.now = max(self.now, due)
        raise AssertionError("time stands still")

    def run_until(self, step: str) -> None:
        """Go on until this step was just done."""
        for _ in range(1000):
            if step in self.tick():
                return
            self.now = max(self.now, self.runner.next_due(self.now) or 0)
        raise AssertionError(f"there was no step {step!r}")

    def sent(self, **more: Any) -> tuple[int, str]:
        """A page that has left, and the id that the gateway gave it."""
        number = self.page(**more)
        self.run(0)
        assert self.state(number) == "sent"
        return number, str(self.row(number)["provider_id"])

    def report(self, provider_id: str, phone: str = "13800000001", status: int = 10) -> None:
        self.gateway.report(ACCOUNT, provider_id, phone, status, self.now)

    def polled(self) -> None:
        """Long enough for a poll and all that comes of it."""
        self.run(11 * SECOND)

    def strike(self, kind: Kind, call: Asked = Asked.REPORTS, **more: Any) -> None:
        self.gateway.faults.add(Fault(kind, frozenset({call}), **more))

    # -- what is stored ------------------------------------------------------------------------

    def sql(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.runner.store.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    def row(self, number: int) -> dict[str, Any]:
        with self.runner.store.engine.connect() as connection:
            found = connection.execute(text("SELECT * FROM message WHERE id = :n"), {"n": number})
            return dict(found.one()._mapping)

    def state(self, number: int) -> str:
        return str(self.row(number)["state"])

    def events(self, number: int) -> list[str]:
        query = "SELECT what, detail FROM event WHERE about = 'message' AND about_id = :n"
        return [f"{what}: {said}" for what, said in self.sql(query + " ORDER BY id", n=number)]

    def told(self) -> list[str]:
        """What was noted about the reports of gateways, in short."""
        found = self.sql("SELECT what FROM event WHERE about = 'gateway' ORDER BY id")
        return [row[0] for row in found if row[0].startswith("report")]

    def reports(self) -> list[tuple[Any, ...]]:
        """(id, phone, status, message, times) of each."""
        return self.sql("SELECT provider_id, phone, status, message, times FROM report ORDER BY at")

    def heard(self, phone: str) -> list[str]:
        return [sms.text for sms in self.gateway.inbox(phone)]


__all__ = ["ACCOUNT", "MINUTE", "NOW", "SECOND", "Asked", "Kind", "Options", "Site"]
