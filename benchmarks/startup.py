"""What a command costs before it does anything: in starts of a bare Python, paired, on loopback."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks._running import config, serving, stub
from benchmarks._table import Row, Size, in_turns, main, median, median_ratio
from tests.programs.process import folder_for
from tests.programs.product import COMMAND

BARE = [sys.executable, "-c", "pass"]
HELP = ("send", "serve", "check", "db", "messages")


def rows(size: Size) -> Iterator[Row]:
    yield _row(size, "--help", [str(COMMAND), "--help"], 6)
    for command in HELP:
        yield _row(size, f"{command} --help", [str(COMMAND), command, "--help"], 6)
    with folder_for("bench") as folder, stub() as gateway:
        path = Path(folder)
        with serving(path / "serve", config(gateway.url), "--dry-run") as ours:
            line = [str(COMMAND), "send", "--server", ours.url]
            yield _row(size, "send with a server", line, 8)
            yield from _against_apprise(size, line, gateway.url)
            checking = [str(COMMAND), "check", "--config", str(ours.config)]
            yield _row(size, "check", checking, None)


def _seconds(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, input=b"disk full", capture_output=True, check=True)
    return time.perf_counter() - began


def _row(size: Size, case: str, command: Sequence[str], goal: float | None) -> Row:
    pairs = in_turns(size.turns(15), lambda: _seconds(command), lambda: _seconds(BARE))
    figure = f"{median(pairs, 0) * 1000:.0f} ms"
    beside = f"python -c pass {median(pairs, 1) * 1000:.0f} ms"
    return Row(case, figure, beside, median_ratio(pairs), goal, at_most=True)


def _against_apprise(size: Size, ours: Sequence[str], gateway: str) -> Iterator[Row]:
    program = shutil.which("apprise", path=f"{COMMAND.parent}:/usr/bin:/bin")
    if program is None:
        return
    target = gateway.replace("http://", "json://")
    theirs = [program, "-b", "disk full", f"{target}/?method=get"]
    pairs = in_turns(size.turns(10), lambda: _seconds(ours), lambda: _seconds(theirs))
    figure = f"{median(pairs, 0) * 1000:.0f} ms, stored"
    beside = f"apprise's command {median(pairs, 1) * 1000:.0f} ms"
    yield Row("one line, to 202 or sent", figure, beside, median_ratio(pairs), 1, at_most=True)


if __name__ == "__main__":
    main(rows)
