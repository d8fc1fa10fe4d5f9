"""What was queued leaves at once: the loop looks at nothing else before that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from sms_notify.config import load
from sms_notify.intake import TellCall
from sms_notify.runner import Runner, loop
from sms_notify.runner.pace import Pace
from sms_notify.simulator import Simulator
from sms_notify.sources import alertmanager
from tests.programs.process import wait_until
from tests.programs.product import PASSWORD, config, texts
from tests.sources.given import webhook


@pytest.fixture
def runner(sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    """One whose loop looks once, at its start: then the clock of its pace stands still."""
    monkeypatch.setattr(loop, "Pace", partial(Pace, lambda: 0.0))
    made = config(sim.url) | {
        "store": f"sqlite:///{tmp_path / 'sms-notify.db'}",
        "delivery": {"workers": 2},
        "throttle": {"per_person": ["100/1m"], "critical": ["100/1m"]},
    }
    path = tmp_path / "config.yaml"
    path.write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
    lent = Runner(load(path, environ={"SMS_PASSWORD": PASSWORD}))
    lent.start()
    try:
        yield lent
    finally:
        lent.stop(10)


def test_what_is_judged_leaves_and_so_does_what_waited_for_a_worker(
    runner: Runner, sim: Simulator
) -> None:
    """Seven texts, two workers: the first two leave when they are queued, each of the others when
    something has landed."""
    for number in range(7):
        alert = {"labels": {"alertname": f"告警{number}"}, "fingerprint": f"{number:016x}"}
        body = webhook(alert, groupKey=f"{{}}:{number}")
        levels = runner.rules.config.site.levels
        call = alertmanager.parse(body, levels=levels, called_at=runner.store.now())
        runner.writer.hand_in(TellCall(runner.rules, call)).result(10)
    wait_until("the seven", lambda: len(texts(sim)) == 7)
