"""What `serve` keeps in memory: idle, and how much more after 100,000 messages have passed."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks._alerts import webhooks
from benchmarks._load import blast
from benchmarks._running import EVERYTHING, Stub, config, serving, stub
from benchmarks._table import Row, Size, main
from benchmarks.delivery import PEOPLE, to_teams
from tests.programs.process import folder_for

GOAL, MORE = 120, 20
"""MiB."""


def resident(pid: int) -> float:
    """MiB of memory that the process holds."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no VmRSS of {pid}")


def rows(size: Size) -> Iterator[Row]:
    with folder_for("bench") as folder, stub() as gateway:
        made = config(gateway.url, PEOPLE, throttle=EVERYTHING)
        with serving(Path(folder) / "serve", made) as ours:
            blast(ours.port, itertools.islice(webhooks(), 1))
            gateway.wait_for(1)
            time.sleep(size.of(3.0, 0.1))
            idle = resident(ours.pid)
            yield Row("memory, idle", f"{idle:.0f} MiB", "", idle, GOAL, at_most=True, unit="MiB")
            # as many as one process meets in a year, a hundred at a time
            warm, messages = size.of(5_000, 100), size.of(100_000, 200)
            _pass_through(ours.port, gateway, warm)
            before = resident(ours.pid)
            _pass_through(ours.port, gateway, messages)
            more = resident(ours.pid) - idle
            since = f"{before:.0f} MiB after {warm:,}"
            case = f"memory, {messages:,} messages later"
            figure = f"{idle + more:.0f} MiB"
            yield Row(case, figure, since, more, MORE, at_most=True, unit="MiB")


def _pass_through(port: int, gateway: Stub, messages: int) -> None:
    gateway.forget()
    sent, asked = 0, to_teams(100)
    while sent < messages:
        some = min(messages - sent, 2_000)
        blast(port, itertools.islice(asked, some // 100))
        sent += some
        gateway.wait_for(sent, 600)


if __name__ == "__main__":
    main(rows)
