"""A bench for judging: a store in a folder, a clock in the hand, alerts in one line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from sms_notify import config
from sms_notify.escalation import inputs
from sms_notify.intake import Accepted, Rejudge, Rules, TellCall, Writer, rules
from sms_notify.model import DAY, SECOND, Alert, Call, Level, Micros, occurrence_fingerprint
from sms_notify.store import open_store, prepare, timers
from sms_notify.store.engine import Store
from sms_notify.store.tables import metadata
from tests.programs.postgres import Postgres

MORNING: Micros = 1_795_000_000 * SECOND

CONFIG = """
store: sqlite:///bench.db
gateways: [{name: g, type: wavecom, account: mysms, password: wordless9, urls: ["http://127.0.0.1:1"],
  poll: {replies: 0}}]
people:
  张伟: {phone: "+8613800000001"}
  李娜: {phone: "+8613800000002"}
  王磊: {phone: "+8613800000003"}
receivers:
  - {name: 值班, to: 张伟}
  - {name: 两人, to: [张伟, 李娜]}
  - {name: 兜底, to: 王磊}
route:
  receiver: 值班
  routes:
    - {matchers: ['team="two"'], receiver: 两人}
    - {matchers: ['team="both"'], receiver: 值班, continue: true}
    - {matchers: ['team="both"'], receiver: 兜底}
"""


class Bench:
    """One store, one writer, and a clock that moves only when told to.

    url: the store, where it is not the configuration's.
    """

    def __init__(self, folder: Path, text: str = CONFIG, url: str | None = None) -> None:
        self.config = config.parse(text, path=folder / "config.yaml")
        self.rules: Rules = rules(self.config)
        self.now = MORNING
        self.gateway_works = True
        self.store = Store(url or self.config.store, clock=lambda: self.now)
        prepare(self.store)
        self.writer = Writer(self.store, memory=lambda: DAY)

    def alert(self, name: str = "磁盘满", **labels: str) -> Alert:
        """A firing alert that starts now; `severity` sets its level."""
        labels = {"alertname": name, "instance": "db-01", "severity": "warning", **labels}
        level, word, _known = self.config.site.levels.of(labels)
        return Alert(
            source="alertmanager",
            fingerprint=occurrence_fingerprint(labels),
            starts_at=self.now,
            ended_at=None,
            level=level,
            source_level=word,
            name=name,
            summary="",
            labels=labels,
        )

    def ended(self, alert: Alert) -> Alert:
        return replace(alert, ended_at=self.now)

    def post(self, *alerts: Alert, **values: Any) -> Accepted:
        """One webhook, grouped by alert name."""
        group = {"alertname": alerts[0].name} if alerts else {}
        given = {"source": "alertmanager", "called_at": self.now, "alerts": alerts, "group": group}
        answer = self.writer.judge_now(TellCall(self.rules, Call(**{**given, **values})))
        assert isinstance(answer, Accepted)
        return answer

    def later(self, span: Micros) -> None:
        """Let time go by; every timer that becomes due on the way fires at its moment.

        What is queued leaves at once, unless the gateway does not work.
        """
        end = self.now + span
        while True:
            if self.gateway_works:
                self.left()
            with self.store.reading() as tx:
                due_at = timers.next_due(tx)
            if due_at is None or due_at > end:
                break
            self.now = max(self.now, due_at)
            with self.store.reading() as tx:
                due = timers.due(tx, self.now)
            for item in inputs(self.rules, due):
                self.writer.judge_now(item)
        self.now = end

    def judge_again(self, *people: str) -> None:
        self.writer.judge_now(Rejudge(self.rules, people))

    def sql(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.store.engine.begin() as connection:
            found = connection.execute(text(query), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    def sms(self, person: str = "张伟") -> list[tuple[str, str]]:
        """(kind, text) of what leaves for this person, in order; folded ones left out."""
        query = "SELECT kind, text FROM message WHERE person = :p AND state <> 'folded' ORDER BY id"
        return [(row[0], row[1]) for row in self.sql(query, p=person)]

    def kinds(self, person: str = "张伟") -> list[str]:
        return [kind for kind, _text in self.sms(person)]

    def verdicts(self, person: str = "张伟") -> dict[str, int]:
        query = "SELECT verdict, count(*) FROM telling WHERE person = :p GROUP BY verdict"
        return {row[0]: row[1] for row in self.sql(query, p=person)}

    def left(self) -> None:
        """All that is queued was sent."""
        self.sql(
            "UPDATE message SET state = 'sent', sent_at = :n WHERE state = 'queued'", n=self.now
        )

    def incidents(self) -> list[tuple[str, int, int]]:
        return [
            (row[0], row[1], row[2])
            for row in self.sql("SELECT state, firing, members FROM incident ORDER BY id")
        ]


@pytest.fixture(scope="session")
def postgresql_url(postgres: Postgres) -> Iterator[str]:
    """One database for all benches of the run; each begins with it empty."""
    with postgres.database() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def store_url(request: pytest.FixtureRequest) -> str | None:
    """Where a bench keeps its store: beside its configuration, or in an empty database."""
    if request.param == "sqlite":
        return None
    url: str = request.getfixturevalue("postgresql_url")
    empty(url)
    return url


def empty(url: str) -> None:
    """No rows but those that are made with the schema."""
    store = open_store(url)
    with store.engine.begin() as connection:
        for table in metadata.sorted_tables:
            if table.name == "counter":  # its rows are made with the schema
                connection.execute(text("UPDATE counter SET value = 0"))
            else:
                connection.execute(text(f'DELETE FROM "{table.name}"'))
    store.close()


@pytest.fixture
def bench(tmp_path: Path, store_url: str | None) -> Iterator[Bench]:
    """A bench on each kind of store."""
    made = Bench(tmp_path, url=store_url)
    yield made
    made.store.close()


@pytest.fixture
def file_bench(tmp_path: Path) -> Iterator[Bench]:
    """A bench on SQLite, for what only a file can show."""
    made = Bench(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def make_bench(tmp_path: Path, store_url: str | None) -> Iterator[Any]:
    """Benches with other configurations, closed at the end."""
    made: list[Bench] = []

    def make(text: str) -> Bench:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        assert not (made and store_url), "several benches in one database would mix"
        made.append(Bench(folder, text, url=store_url))
        return made[-1]

    yield make
    for each in made:
        each.store.close()


LEVELS = {"critical": Level.critical, "warning": Level.warning, "info": Level.info}
