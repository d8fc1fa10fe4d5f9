"""A clock that is set by an hour, to or fro: no second SMS, and none that waits for an hour."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sms_notify.model import DAY, HOUR, MINUTE, SECOND, Micros
from sms_notify.runner import Runner
from sms_notify.store import Store, stepping
from sms_notify.store.clock import StoreClock

from .conftest import Bench


def noted(bench: Bench) -> Micros:
    with bench.store.writing() as tx:
        return stepping.note(tx, bench.now)


def test_what_waits_when_the_clock_is_set_back_waits_no_longer(bench: Bench) -> None:
    assert noted(bench) == 0
    bench.gateway_works = False
    bench.later(30 * SECOND)
    bench.post(bench.alert())  # after the last note, not yet claimed
    began = bench.now
    bench.sql("INSERT INTO timer VALUES ('step', '7', :at)", at=bench.now + 5 * MINUTE)
    bench.now -= HOUR
    by = noted(bench)
    assert HOUR - MINUTE <= by <= HOUR
    late = bench.sql("SELECT max(not_before) FROM message WHERE state = 'queued'")[0][0]
    assert late - bench.now <= MINUTE
    due = dict(bench.sql("SELECT kind, due_at FROM timer WHERE kind <> 'digest'"))
    assert due["step"] == began + 5 * MINUTE - by
    assert abs(due["stale"] - bench.now - DAY) <= 2 * MINUTE
    assert noted(bench) == 0  # another process finds it done
    assert dict(bench.sql("SELECT kind, due_at FROM timer WHERE kind <> 'digest'")) == due


def test_a_later_moment_and_another_machine_are_no_step(bench: Bench) -> None:
    noted(bench)
    bench.now += HOUR
    assert noted(bench) == 0
    bench.now -= 5 * SECOND
    assert noted(bench) == 0


def test_a_gateway_that_is_down_is_probed_again_at_once(bench: Bench) -> None:
    noted(bench)
    bench.sql(
        "INSERT INTO gateway (account, circuit, reason, changed_at, probe_at)"
        " VALUES ('mysms', 'open', 'login', :now, :at)",
        now=bench.now,
        at=bench.now + MINUTE,
    )
    bench.now -= HOUR
    noted(bench)
    [[probe_at]] = bench.sql("SELECT probe_at FROM gateway")
    assert probe_at - bench.now == MINUTE


@dataclass
class Clocks:
    wall: Micros
    steady: Micros = 0

    def go(self, span: Micros) -> None:
        self.wall += span
        self.steady += span


@pytest.fixture
def clocks(file_bench: Bench) -> Clocks:
    return Clocks(file_bench.now)


@pytest.fixture
def runner(file_bench: Bench, clocks: Clocks, tmp_path: Path) -> Iterator[Runner]:
    """The runner of a service whose machine has these clocks."""
    store = Store(file_bench.config.store)
    store._clock = StoreClock(lambda: clocks.wall, lambda: clocks.steady)
    yield Runner(file_bench.config, store=store)
    store.close()


def waited(runner: Runner) -> None:
    steps, now = runner._threads._loop._steps, runner.store.now()
    steps.wait_no_longer(steps.due(now), now)


def test_no_time_for_evidence_goes_by_when_the_clock_is_set_forward(
    file_bench: Bench, runner: Runner, clocks: Clocks, caplog: pytest.LogCaptureFixture
) -> None:
    file_bench.post(file_bench.alert(severity="critical"))
    file_bench.sql(
        "UPDATE message SET state = 'uncertain', check_at = :at, request = 1",
        at=file_bench.now + 90 * SECOND,
    )
    file_bench.sql(
        "INSERT INTO request (id, gateway, account, kind, owner, lease_until, started_at)"
        " VALUES (9, 'g', 'mysms', 'send', 'another process', :at, :now)",
        now=file_bench.now,
        at=file_bench.now + 45 * SECOND,
    )
    clocks.go(SECOND)
    waited(runner)
    clocks.wall += HOUR
    with caplog.at_level(logging.WARNING):
        waited(runner)
    assert "clock_stepped" in caplog.text
    assert state(file_bench) == ("uncertain", None)  # neither sent again nor taken from its owner
    clocks.go(80 * SECOND)
    waited(runner)
    assert state(file_bench) == ("uncertain", None)
    clocks.go(2 * MINUTE)
    waited(runner)
    assert state(file_bench) == ("queued", "lost")


def test_no_report_is_missing_because_the_clock_was_set_forward(
    file_bench: Bench, runner: Runner, clocks: Clocks
) -> None:
    file_bench.post(file_bench.alert(severity="critical"))
    file_bench.sql(
        "INSERT INTO gateway (account, circuit, reason, changed_at, last_report_at, reported_to)"
        " VALUES ('mysms', 'closed', '', :now, :at, :at)",
        now=file_bench.now,
        at=file_bench.now + HOUR,  # it goes on to report
    )
    file_bench.sql(
        "INSERT INTO request (id, gateway, account, kind, owner, lease_until, started_at, ended_at)"
        " VALUES (9, 'g', 'mysms', 'send', 'another process', :now, :now, :now)",
        now=file_bench.now,
    )
    file_bench.sql(
        "UPDATE message SET state = 'sent', request = 9, sent_at = :now, check_at = :at",
        now=file_bench.now,
        at=file_bench.now + 5 * MINUTE,
    )
    file_bench.sql("INSERT INTO attempt (message, request) SELECT id, 9 FROM message")
    looked_for_reports(runner)
    clocks.go(SECOND)
    clocks.wall += HOUR
    looked_for_reports(runner)
    assert missing(file_bench) == 0
    clocks.go(5 * MINUTE - 2 * SECOND)
    looked_for_reports(runner)
    assert missing(file_bench) == 0
    clocks.go(4 * SECOND)
    looked_for_reports(runner)
    assert missing(file_bench) == 1


def looked_for_reports(runner: Runner) -> None:
    runner._threads._loop._apply(runner.store.now())


def missing(bench: Bench) -> int:
    [[count]] = bench.sql("SELECT count(*) FROM event WHERE what = 'missing'")
    return int(count)


def state(bench: Bench) -> tuple[str, str | None]:
    [[message]] = bench.sql("SELECT state FROM message")
    [[request]] = bench.sql("SELECT outcome FROM request WHERE id = 9")
    return message, request
