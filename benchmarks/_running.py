"""The programs that are measured, each started on loopback and ended with its benchmark."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.programs.postgres import Postgres, installed
from tests.programs.process import folder_for
from tests.programs.product import ACCOUNT, PASSWORD, Serve

PROJECT = Path(__file__).resolve().parent.parent
EVERYTHING = {"per_person": ["1000/1m"], "critical": ["1000/1m"]}
"""Limits that hold nothing back: each alert becomes a text."""


def phone(number: int) -> str:
    return f"+86138{number:08d}"


TEAMS = (10, 100)


def team(size: int, number: int) -> str:
    """The receiver that reaches `size` people; nobody is in two of the same size."""
    return f"team{size}-{number}" if size > 1 else f"p{number}"


def config(gateway: str = "http://127.0.0.1:9", people: int = 1, **more: Any) -> dict[str, Any]:
    """One account, so many people p0 p1 …, in teams of 10 and of 100; all else goes to p0."""
    names = {f"p{n}": {"phone": phone(n)} for n in range(people)}
    teams = {
        team(size, number): [*names][number * size : (number + 1) * size]
        for size in TEAMS
        for number in range(people // size)
    }
    main: dict[str, Any] = {"name": "main", "type": "wavecom", "account": ACCOUNT}
    main |= {"password": PASSWORD, "urls": [gateway]}
    main |= {"poll": {"reports": 0, "replies": 0}, "balance": {"every": 0}}
    return {
        "gateways": [main],
        "people": names,
        "teams": teams,
        "receivers": [{"name": "on-call", "to": "p0"}],
        "route": {"receiver": "on-call"},
        **more,
    }


@contextmanager
def serving(
    folder: Path,
    made: Mapping[str, Any],
    *options: str,
    launcher: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Serve]:
    """`sms-notify serve` as an operator runs it; `launcher` replaces the command's first word."""
    lent = Serve(folder, made)
    if launcher:
        lent.command[:1] = launcher
    lent.command += options
    if environment and lent._environment is not None:
        lent._environment = {**lent._environment, **environment}
    try:
        lent.start()
        yield lent
    finally:
        lent.stop()


@contextmanager
def _printing_port(module: str, *arguments: str) -> Iterator[int]:
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE) as running:
        try:
            assert running.stdout is not None
            yield int(running.stdout.readline())
        finally:
            running.terminate()


@contextmanager
def floor(url: str, *, inline: bool = False) -> Iterator[int]:
    """The floor over an empty store; its port."""
    with _printing_port("_floor", url, *(["--inline"] if inline else [])) as port:
        yield port


class Stub:
    """The gateway of benchmarks/_stub.py."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def counts(self) -> dict[str, int]:
        with urllib.request.urlopen(f"{self.url}/stub") as answer:
            told: dict[str, int] = json.load(answer)
        return told

    def forget(self, delay: float = 0.0) -> None:
        """Answer after `delay` seconds from now on, and count from zero."""
        urllib.request.urlopen(f"{self.url}/stub?delay={delay}").close()

    def wait_for(self, numbers: int, seconds: float = 120) -> dict[str, int]:
        """The counts once so many numbers were taken."""
        end = time.monotonic() + seconds
        while (counts := self.counts())["numbers"] < numbers:
            if time.monotonic() > end:
                raise RuntimeError(f"only {counts} of {numbers} came in {seconds:.0f} s")
            time.sleep(0.01)
        return counts


@contextmanager
def stub() -> Iterator[Stub]:
    with _printing_port("_stub") as port:
        yield Stub(port)


@contextmanager
def postgres() -> Iterator[Postgres | None]:
    """A cluster of our own with fsync on; None where there is no server."""
    programs = installed()
    if programs is None:
        yield None
        return
    with folder_for("bench") as folder:
        lent = Postgres(programs, folder)
        try:
            lent.start()
            yield lent
        finally:
            lent.stop()
