"""`sms-notify send` as cron and shells use it: with a server and without, on any pipe."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sms_notify.simulator import Simulator
from tests.cli.running import COMMAND, Ran, cli
from tests.programs.process import free_port, wait_until
from tests.programs.product import PASSWORD, PHONE, Serve, config, texts, wait_for_texts
from tests.programs.receiver import Receiver

from .site import START, WIDE, post, rows, slowness, store_of

LARGEST = 100 * 1024 * 1024


def send(stdin: bytes, serve: Serve, *arguments: str) -> Ran:
    """`send` with a server and without a configuration."""
    whole = ("send", "--server", serve.url, *arguments)
    return cli(*whole, stdin=stdin, folder=serve.folder)


def send_both(stdin: bytes, serve: Serve, server: str) -> Ran:
    """`send` that knows a server, and a configuration for when that is away."""
    return cli(
        *("send", "--level", "critical", "-c", str(serve.config)),
        stdin=stdin,
        folder=serve.folder,
        SMS_PASSWORD=PASSWORD,
        SMS_NOTIFY_SERVER=server,
    )


def test_with_a_server_the_server_takes_it(sim: Simulator, serve: START) -> None:
    running = serve(config(sim.url))
    ran = send(b"backup of db-01 failed\n", running, "--level", "critical")
    assert ran.code == 0, ran.err
    [text] = wait_for_texts(sim, 1)
    assert "backup of db-01 failed" in text
    assert rows(store_of(running), "SELECT source FROM alert") == [("line",)]


def test_with_the_server_down_the_store_takes_it_and_the_sms_leaves_at_once(
    sim: Simulator, tmp_path: Path
) -> None:
    away = Serve(tmp_path / "serve", config(sim.url))
    ran = send_both(b"raid degraded", away, away.url)
    assert ran.code == 0, ran.err
    assert "using the store" in ran.err
    assert ["raid degraded" in text for text in texts(sim)] == [True]
    away.start()
    try:
        again = send_both(b"raid gone", away, away.url)
        assert again.code == 0, again.err
        wait_for_texts(sim, 2)
    finally:
        away.stop()
    assert sim.gateway.truth.accepted() == 2


def test_an_answer_that_is_lost_after_the_store_took_it_makes_no_second_sms(
    sim: Simulator, serve: START, receiver: Receiver
) -> None:
    """A proxy before the server swallows the answer: `send` goes to the store, the same key."""
    running = serve(config(sim.url))

    def forwarded(posted: object) -> int:
        post(running.url, receiver.posted[-1].body, receiver.posted[-1].path)
        return 502

    receiver.answer = forwarded
    ran = send_both(b"fan failed", running, receiver.url)
    assert ran.code == 0, ran.err
    assert "already" in ran.out + ran.err or "repeat" in ran.out + ran.err, ran.out + ran.err
    [text] = wait_for_texts(sim, 1)
    assert "fan failed" in text
    assert send(b"next", running, "--level", "critical").code == 0
    wait_for_texts(sim, 2)
    assert sim.gateway.truth.accepted() == 2


@contextmanager
def endless(serve: Serve, *arguments: str) -> Iterator[Callable[[bytes], None]]:
    """`send --lines` on a pipe that stays open; what is written to it."""
    with subprocess.Popen(
        [str(COMMAND), "send", "--lines", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        cwd=serve.folder,
        env={"PATH": "/usr/bin:/bin", "SMS_PASSWORD": PASSWORD},
    ) as running:
        assert running.stdin is not None
        pipe = running.stdin

        def write(data: bytes) -> None:
            pipe.write(data)
            pipe.flush()

        try:
            yield write
        finally:
            pipe.close()
            assert running.wait(60) == 0


@pytest.mark.parametrize("server", [True, False], ids=["with a server", "without one"])
def test_lines_on_a_pipe_that_never_ends_page_at_once(
    sim: Simulator, tmp_path: Path, server: bool
) -> None:
    site = Serve(tmp_path / "serve", config(sim.url) | {"throttle": WIDE})
    if server:
        site.start()
    where = ("--server", site.url) if server else ("-c", str(site.config))
    try:
        with endless(site, "--level", "critical", *where) as write:
            began = time.monotonic()
            write(b"first line\n")
            wait_for_texts(sim, 1)
            took = time.monotonic() - began
            write(b"second ")
            write(b"line\n\n")
            wait_for_texts(sim, 2)
            write(b"third without an end")
        wait_for_texts(sim, 3)
        print(f"{'with' if server else 'without'} a server: first page after {took:.1f} s")
        for text, said in zip(texts(sim), ("first line", "second line", "third"), strict=True):
            assert said in text
        assert took < 5 * slowness()
    finally:
        site.stop()


def feed(pipe: Path, size: int) -> None:
    with pipe.open("wb") as opened:
        opened.write("磁盘坏 disk broken\n".encode())
        for _ in range(size // (1024 * 1024)):
            opened.write(b"x" * 1024 * 1024)


def test_a_hundred_megabytes_become_one_page(sim: Simulator, serve: START, tmp_path: Path) -> None:
    running = serve(config(sim.url))
    writer = threading.Thread(target=feed, args=(tmp_path / "big", LARGEST))
    writer.start()
    writer.join()
    with (tmp_path / "big").open("rb") as big:
        began = time.monotonic()
        done = subprocess.run(
            [str(COMMAND), "send", "--server", running.url],
            stdin=big, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    [text] = wait_for_texts(sim, 1)
    print(f"{LARGEST} bytes in {time.monotonic() - began:.1f} s: {text}")
    assert "磁盘坏 disk broken" in text
    [[kept]] = rows(store_of(running), "SELECT max(length(labels) + length(summary)) FROM alert")
    assert kept < 200_000


@pytest.mark.parametrize(
    "text",
    [b"disk\x00full", b"\xb4\xc5\xc5\xcc\xc2\xfa full", "磁盘 full".encode("utf-16"), b"full\r"],
    ids=["nul", "gbk", "utf-16", "no line end"],
)
def test_whatever_the_bytes_one_page_comes(sim: Simulator, serve: START, text: bytes) -> None:
    running = serve(config(sim.url))
    ran = send(text, running)
    assert ran.code == 0, ran.err
    [shown] = wait_for_texts(sim, 1)
    assert "full" in shown
    assert all(letter.isprintable() for letter in shown)


def test_nothing_at_all_is_exit_2_and_no_page(sim: Simulator, serve: START) -> None:
    running = serve(config(sim.url))
    for nothing in (b"", b"\n \n"):
        assert send(nothing, running).code == 2
    assert send(b"", running, "--lines").code == 2
    assert send(b"", running, "--allow-empty").code == 0
    assert len(wait_for_texts(sim, 1)) == 1
    assert rows(store_of(running), "SELECT count(*) FROM alert") == [(1,)]


def test_a_key_is_one_alert_until_it_is_resolved(sim: Simulator, serve: START) -> None:
    running = serve(config(sim.url))
    level = ("--level", "critical", "--key", "raid")
    for _ in range(3):
        assert send(b"raid degraded", running, *level).code == 0
    assert send(b"", running, "--key", "raid", "--resolved").code == 0
    assert send(b"", running, "--key", "raid", "--resolved").code == 0
    assert send(b"other", running, "--level", "critical").code == 0
    wait_until("the other page", lambda: any("other" in text for text in texts(sim)))
    page, end, other = (text for text in texts(sim, PHONE))
    assert ("raid" in page, "other" in other) == (True, True)
    assert "恢复 raid degraded" in end  # the end came without a word: it is named by what ended


def test_with_nobody_to_take_it_the_exit_is_1_and_says_what_to_do(tmp_path: Path) -> None:
    ran = cli("send", "--server", f"http://127.0.0.1:{free_port()}", stdin=b"x", folder=tmp_path)
    assert ran.code == 1
    assert "Start sms-notify" in ran.err
