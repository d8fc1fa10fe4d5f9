"""What can never be judged keeps nothing else from its turn, and nobody else from being told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sms_notify.config import load
from sms_notify.errors import StoreUnavailable
from sms_notify.intake import Ledger, Notice, TellCall
from sms_notify.model import Micros
from sms_notify.runner import Runner
from sms_notify.simulator import Simulator
from sms_notify.sources import alertmanager, later
from sms_notify.store.facts import Keys
from sms_notify.watching import Came, Keep
from tests.programs.process import wait_until
from tests.programs.product import PASSWORD, config, texts
from tests.sources.given import webhook


@pytest.fixture
def runner(sim: Simulator, tmp_path: Path) -> Iterator[Runner]:
    """One that runs, and whose store can no longer be read where two alerts are that wait."""
    made = config(sim.url) | {"store": f"sqlite:///{tmp_path / 'sms-notify.db'}"}
    path = tmp_path / "config.yaml"
    path.write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
    lent = Runner(load(path, environ={"SMS_PASSWORD": PASSWORD}))
    for number in range(3):
        alert = {"labels": {"alertname": f"告警{number}"}, "fingerprint": f"{number:016x}"}
        body = webhook(alert, groupKey=f"{{}}:{number}")
        levels = lent.rules.config.site.levels
        call = alertmanager.parse(body, levels=levels, called_at=lent.store.now())
        lent.writer.judge_now(TellCall(lent.rules, call))
    with lent.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alert SET labels = '{torn'")
        assert connection.exec_driver_sql("UPDATE timer SET due_at = 0").rowcount > 0
    lent.start()
    try:
        yield lent
    finally:
        lent.stop(10)


def test_what_cannot_be_read_keeps_nothing_else_from_its_turn(
    runner: Runner, sim: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    wait_until("a text that waited for no room", lambda: len(texts(sim)) == 1)
    wait_until("the fault", lambda: "loop_failed" in caplog.text)
    body = json.dumps({"text": "later", "at": "+1s", "level": "critical"}).encode()
    site, now = runner.rules.config.site, runner.store.now()
    wanted = later.read(body, levels=site.levels, called_at=now, timezone=site.timezone)
    assert wanted is not None
    assert runner.writer.hand_in(Keep(wanted)).result(10) is Came.kept
    wait_until("the text for later", lambda: any("later" in text for text in texts(sim)))
    assert runner.readiness()[0]
    assert "store_away" not in caplog.text
    assert b'errors_total{reason="unexpected"} 0.0' not in runner.metrics.page()


class Panic(BaseException):
    """As libraries raise it that are written in Rust."""


class Panics:
    """An Input that no `except Exception` saves from."""

    alerts = 1

    def wants(self, now: Micros) -> Keys:
        return Keys()

    def judge(self, ledger: Ledger, now: Micros) -> None:
        raise Panic


def test_a_panic_ends_neither_the_one_who_judges_nor_the_waiting(runner: Runner) -> None:
    with pytest.raises(StoreUnavailable, match="Panic"):
        runner.writer.hand_in(Panics()).result(10)
    runner.writer.hand_in(Notice(runner.rules, "key", "text")).result(10)
