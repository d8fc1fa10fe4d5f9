"""Below and behind the service: a full disk and a slow one, a gateway whose name is gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from sms_notify.simulator import Simulator
from tests.programs.postgres import Postgres
from tests.programs.process import Process, folder_for, wait_until
from tests.programs.product import Serve, config

from .site import START, WIDE, ask, post, post_until_taken, rows, slowness, store_of, webhook

STARTED = Callable[[Process], None]
MIB = 1024 * 1024


def arrived(sim: Simulator, name: str) -> int:
    return sum(name in sms.text for sms in sim.gateway.phones.all())


@pytest.fixture
def small(postgres_programs: Path) -> Iterator[Postgres]:
    """A cluster with files so small that a limit on their size is soon met."""
    with folder_for("small") as folder, ExitStack() as ends:
        made = Postgres(postgres_programs, folder, segment=1)
        ends.callback(made.stop)
        made.start()
        yield made


def test_a_full_disk_under_postgresql_is_503_until_there_is_room(
    sim: Simulator, small: Postgres, started: STARTED, tmp_path: Path
) -> None:
    running = Serve(
        tmp_path / "serve",
        config(sim.url) | {"store": small.url("postgres"), "throttle": WIDE},
    )
    started(running)
    taken = []
    statuses: list[int] = []
    with small.full(MIB):
        for number in range(200):
            name = f"满{number:03}"
            hosts = [f"db-{host:03}" for host in range(100)]
            answer = post(running.url, webhook(name, hosts, began=time.time()))
            statuses.append(answer.status)
            taken += [name] if answer.status == 202 else []
            if statuses[-3:] == [503] * 3:
                break
        ready = ask(running.url, "GET", "/-/ready").status
    post_until_taken(running.url, webhook("又有空", ["db-01"], began=time.time()), 30)
    wait_until("readiness", lambda: ask(running.url, "GET", "/-/ready").status == 200, 30)
    wait_until("all", lambda: all(arrived(sim, name) for name in [*taken, "又有空"]), 60)
    print(f"{len(taken)} taken before it was full: {answer.text.strip()}; ready {ready} then")
    assert statuses[-3:] == [503] * 3
    assert ready == 503
    assert "could not extend file" in answer.text
    assert [arrived(sim, name) for name in taken] == [1] * len(taken)
    assert arrived(sim, "又有空") == 1


def test_a_slow_disk_costs_each_batch_its_time_and_not_each_alert(
    sim: Simulator, postgres: Postgres, postgres_url: str, started: STARTED, tmp_path: Path
) -> None:
    name = postgres_url.rpartition("/")[2]
    postgres.run(f"alter database {name} set commit_delay = 100000")  # 0.1 s more an fsync
    postgres.run(f"alter database {name} set commit_siblings = 0")
    running = Serve(tmp_path / "serve", config(sim.url) | {"store": postgres_url, "throttle": WIDE})
    started(running)
    bodies = [webhook(f"慢{number:02}", ["db-01"], began=time.time()) for number in range(60)]
    began = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda body: post(running.url, body), bodies))
    took = time.monotonic() - began
    wait_until("all", lambda: all(arrived(sim, f"慢{n:02}") for n in range(60)), 60)
    print(f"60 webhooks by 20 callers with 0.1 s more an fsync: {took:.1f} s")
    assert {answer.status for answer in answers} == {202}
    assert took < 60 * 0.1 * slowness()
    assert not sim.gateway.truth.duplicates()


def test_a_host_that_has_no_address_is_passed_over(sim: Simulator, serve: START) -> None:
    settings = config(sim.url) | {"throttle": WIDE}
    settings["gateways"][0]["urls"] = ["http://no-such-gateway.invalid:8088", sim.url]
    running = serve(settings)
    post_until_taken(running.url, webhook("DiskFull", ["db-01"], began=time.time()))
    wait_until("the page", lambda: arrived(sim, "DiskFull") == 1)


def test_while_no_host_has_an_address_pages_wait_and_none_is_uncertain(
    sim: Simulator, serve: START
) -> None:
    settings = config(sim.url) | {"throttle": WIDE}
    settings["gateways"][0]["urls"] = ["http://no-such-gateway.invalid:8088"]
    running = serve(settings)
    names = [f"无名{number}" for number in range(3)]
    for name in names:
        post_until_taken(running.url, webhook(name, ["db-01"], began=time.time()))
    store = store_of(running)
    wait_until("a try", lambda: rows(store, "SELECT 1 FROM request WHERE ended_at IS NOT NULL"))
    states = {row[0] for row in rows(store, "SELECT state FROM message")}
    assert states <= {"queued", "sending", "held"}
    settings["gateways"][0]["urls"] = [sim.url]  # as if the name were there again
    running.write(settings)
    assert ask(running.url, "POST", "/-/reload", b"").status == 200
    wait_until("the pages", lambda: sum(arrived(sim, name) for name in names) == 3)
    query = "SELECT outcome FROM request WHERE kind = 'send' AND ended_at IS NOT NULL"
    outcomes = {row[0] for row in rows(store, query)}
    assert outcomes <= {"unreached", "accepted"}
    assert not sim.gateway.truth.duplicates()
