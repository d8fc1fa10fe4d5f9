"""The store is full, locked, read-only or broken: said clearly, and nothing taken is lost."""

from __future__ import annotations

import os
import re
import resource
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sms_notify.simulator import Simulator
from tests.programs.process import free_port, wait_until
from tests.programs.product import PASSWORD, Serve, config

from .site import START, WIDE, ask, post, post_until_taken, rows, store_of, wait_for_rest, webhook

KIB = 1024
POWERS = "-dac_override,-dac_read_search"
AS_ANYONE = ("setpriv", f"--inh-caps={POWERS}", f"--bounding-set={POWERS}")
"""Root without the power to pass over permissions."""


def page(serve: Serve, name: str, hosts: int = 1) -> int:
    body = webhook(name, [f"db-{number:03}" for number in range(hosts)], began=time.time())
    return post(serve.url, body).status


def readiness(serve: Serve) -> int:
    return ask(serve.url, "GET", "/-/ready").status


def arrived(sim: Simulator, name: str) -> int:
    return sum(name in sms.text for sms in sim.gateway.phones.all())


def refused_to_start(serve: Serve, by: Sequence[str] = ()) -> str:
    """What `serve` says when it cannot start with its configuration; it must end by itself."""
    done = subprocess.run(
        [*(by if os.geteuid() == 0 else ()), *serve.command],
        env={"PATH": os.defpath, "SMS_PASSWORD": PASSWORD},
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode in (1, 2)
    said = done.stderr.decode()
    assert "Traceback" not in said
    return said


def test_a_second_service_on_the_same_port_ends_and_the_first_goes_on(
    sim: Simulator, serve: START
) -> None:
    running = serve(config(sim.url))
    said = refused_to_start(running)
    assert f"cannot listen on 127.0.0.1:{running.port}" in said
    assert page(running, "DiskFull") == 202
    wait_until("the page", lambda: arrived(sim, "DiskFull") == 1)


def test_two_services_on_one_store_send_each_page_once(
    sim: Simulator, serve: START, tmp_path: Path
) -> None:
    settings = config(sim.url) | {"throttle": WIDE}
    first = serve(settings)
    second = Serve(tmp_path / "second", settings | {"store": f"sqlite:///{store_of(first)}"})
    second.start()
    try:
        names = [f"告警{number:02}" for number in range(40)]
        for number, name in enumerate(names):
            body = webhook(name, ["db-01"], began=1_795_000_000)
            # who hears of it first is who sends it, as a rule: each of the two half of the time
            heard = (first, second) if number % 2 else (second, first)
            assert {post(each.url, body).status for each in heard} == {202}
        wait_for_rest(store_of(first))
    finally:
        second.stop()
    assert [arrived(sim, name) for name in names] == [1] * len(names)
    owners = rows(store_of(first), "SELECT count(DISTINCT owner) FROM request")
    assert owners == [(2,)], "only one of them ever sent: this shows nothing"


def test_a_locked_store_is_503_to_everybody_in_time_and_mends_itself(
    sim: Simulator, serve: START
) -> None:
    running = serve(config(sim.url) | {"throttle": WIDE})
    assert page(running, "BeforeLock") == 202
    bodies = [webhook(f"锁{number}", ["db-01"], began=time.time()) for number in range(5)]
    locking = sqlite3.connect(store_of(running), isolation_level=None)
    try:
        locking.execute("BEGIN EXCLUSIVE")
        with ThreadPoolExecutor(len(bodies)) as pool:
            answers = list(pool.map(lambda body: post(running.url, body), bodies))
    finally:
        locking.execute("ROLLBACK")
        locking.close()
    slowest = max(answer.seconds for answer in answers)
    print(f"locked: slowest answer after {slowest:.1f} s: {answers[0].text.strip()}")
    assert {answer.status for answer in answers} == {503}
    assert "locked" in answers[0].text
    assert slowest < 10  # the first waits alone, the others together after it
    for body in bodies:
        post_until_taken(running.url, body)
    wait_until("all", lambda: [arrived(sim, f"锁{n}") for n in range(5)] == [1] * 5)


@pytest.mark.slow
def test_a_full_disk_is_503_until_there_is_room_and_loses_nothing_that_was_taken(
    sim: Simulator, serve: START
) -> None:
    running = serve(config(sim.url) | {"throttle": WIDE})
    taken = [name for name in ("满前1", "满前2") if page(running, name) == 202]
    limit_files(running, largest_file(running) + 400 * KIB)
    statuses = []
    for number in range(400):
        name = f"满中{number:03}"
        statuses.append(page(running, name, hosts=5))
        if statuses[-1] == 202:
            taken.append(name)
        elif statuses.count(503) > 5:
            break
    full = post(running.url, webhook("满着", ["db-01"], began=time.time()))
    ready = readiness(running)
    limit_files(running, resource.RLIM_INFINITY)
    post_until_taken(running.url, webhook("又有空", ["db-01"], began=time.time()))
    wait_for_rest(store_of(running))
    wait_until("readiness", lambda: readiness(running) == 200)
    print(
        f"full after {statuses.count(202)} webhooks: {full.status} {full.text.strip()}; ready "
        f"{ready} meanwhile; {len(taken)} taken, lost "
        f"{[name for name in taken if not arrived(sim, name)]}, "
        f"{sum(sim.gateway.truth.duplicates().values())} twice"
    )
    assert (full.status, ready) == (503, 503)
    assert re.search("full|disk|I/O", full.text)
    assert len(taken) > 2
    assert set(statuses) == {202, 503}
    assert [name for name in taken if arrived(sim, name) != 1] == []
    assert arrived(sim, "又有空") == 1


def largest_file(serve: Serve) -> int:
    return max(path.stat().st_size for path in serve.folder.glob("sms-notify.db*"))


def limit_files(serve: Serve, most: int) -> None:
    """No file of the service may grow beyond `most` bytes: to it, a disk that is full."""
    _soft, hard = resource.prlimit(serve.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(serve.pid, resource.RLIMIT_FSIZE, (most, hard))


def test_a_corrupted_store_stops_the_start_with_a_clear_word(sim: Simulator, serve: START) -> None:
    running = serve(config(sim.url))
    assert page(running, "DiskFull") == 202
    running.stop()
    for path in running.folder.glob("sms-notify.db-*"):
        path.unlink()
    store_of(running).write_bytes(b"This is no database at all. " * 1000)
    said = refused_to_start(running)
    print(said.strip())
    assert "sms-notify.db" in said
    assert "not a database" in said


def test_a_store_with_torn_pages_stops_the_start(sim: Simulator, serve: START) -> None:
    running = serve(config(sim.url))
    assert page(running, "DiskFull") == 202
    wait_until("the page", lambda: arrived(sim, "DiskFull") == 1)
    running.stop()
    size = store_of(running).stat().st_size
    with store_of(running).open("r+b") as store:  # the pages behind the schema's
        store.seek(4096)
        store.write(os.urandom(size - 4096))
    said = refused_to_start(running)
    print(said.strip())
    assert "sms-notify.db" in said
    assert "malformed" in said


def test_a_store_that_may_not_be_written_stops_the_start(sim: Simulator, tmp_path: Path) -> None:
    owner = Serve(tmp_path / "home", config(sim.url))
    owner.start()
    owner.stop()
    for path in (owner.folder, *owner.folder.glob("sms-notify.db*")):
        path.chmod(0o555)
    said = refused_to_start(owner, AS_ANYONE)
    owner.folder.chmod(0o755)
    print(said.strip())
    assert "sms-notify.db" in said
    assert "readonly" in said


def test_a_store_in_a_folder_that_is_a_file_is_named(sim: Simulator, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = f"sqlite:///{tmp_path}/file/sms-notify.db"
    said = refused_to_start(Serve(tmp_path / "serve", config(sim.url) | {"store": store}))
    assert f"{tmp_path}/file" in said


def test_a_store_whose_database_server_is_away_stops_the_start(
    sim: Simulator, tmp_path: Path
) -> None:
    store = f"postgresql://sms:word-9988@127.0.0.1:{free_port()}/sms"
    said = refused_to_start(Serve(tmp_path / "serve", config(sim.url) | {"store": store}))
    assert "cannot be used" in said
    assert "word-9988" not in said


def test_a_store_that_is_taken_away_and_comes_back_is_used_again(
    sim: Simulator, serve: START
) -> None:
    """A restored backup: the service is stopped, the file is replaced, the service started."""
    running = serve(config(sim.url))
    assert page(running, "BeforeBackup") == 202
    wait_until("the page", lambda: arrived(sim, "BeforeBackup") == 1)
    running.stop()
    shutil.copy(store_of(running), running.folder / "backup")
    store_of(running).unlink()
    running.start()
    assert page(running, "OnEmpty") == 202
    wait_until("the page", lambda: arrived(sim, "OnEmpty") == 1)
    running.stop()
    for path in running.folder.glob("sms-notify.db*"):
        path.unlink() if path.is_file() else shutil.rmtree(path)
    shutil.copy(running.folder / "backup", store_of(running))
    running.start()
    assert rows(store_of(running), "SELECT name FROM incident") == [("BeforeBackup",)]
