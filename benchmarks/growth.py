"""What an alert costs when a million messages are stored, against an empty store; and how long
intake waits at most while a million old rows are forgotten."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks._alerts import webhooks
from benchmarks._load import Blast, blast
from benchmarks._running import config, serving
from benchmarks._stored import days_ago, fill
from benchmarks._table import Row, Size, in_turns, main, percentile
from tests.programs.process import folder_for

STALL_MS = 100
CONNECTIONS = 4


def rows(size: Size) -> Iterator[Row]:
    with folder_for("bench") as name:
        folder, now = Path(name), time.time_ns() // 1000
        messages = size.of(1_000_000, 1_000)
        fill(folder / "recent.db", messages, days_ago(now, 60), days_ago(now, 1))
        yield from _growth(size, folder, messages)
        fill(folder / "old.db", messages, days_ago(now, 300), days_ago(now, 100))
        yield from _forgetting(size, folder, messages)


def _growth(size: Size, folder: Path, messages: int) -> Iterator[Row]:
    full = config(store=f"sqlite:///{folder}/recent.db")
    with (
        serving(folder / "full", full, "--dry-run") as stored,
        serving(folder / "empty", config(), "--dry-run") as empty,
    ):
        seconds = size.seconds(5.0)
        pairs = in_turns(
            size.turns(5),
            lambda: 1 / blast(stored.port, webhooks(), seconds=seconds).rate,
            lambda: 1 / blast(empty.port, webhooks(), seconds=seconds).rate,
        )
    ours, beside = (sorted(each)[len(pairs) // 2] * 1e6 for each in zip(*pairs, strict=True))
    ratio = sorted(one / two for one, two in pairs)[len(pairs) // 2]
    case = f"an alert with {messages:,} messages stored"
    yield Row(case, f"{ours:.0f} µs", f"empty store {beside:.0f} µs", ratio, 1.2, at_most=True)


def _forgetting(size: Size, folder: Path, messages: int) -> Iterator[Row]:
    """The longest answer while old rows go, beside the longest before (the same load)."""
    made = config(store=f"sqlite:///{folder}/old.db", retention="520w")
    quiet = _asked(folder / "quiet", made, size)
    made["retention"] = "90d"
    old = _newest_in(folder / "old.db")
    before = _rows_in(folder / "old.db", old)
    found = _asked(folder / "forgets", made, size)
    gone = before - _rows_in(folder / "old.db", old)
    worst = {name: max(each.latencies) * 1000 for name, each in (("a", found), ("b", quiet))}
    p99 = percentile(found.latencies, 0.99) * 1000
    case = f"{gone:,} of {before:,} old rows forgotten meanwhile: the longest answer"
    beside = f"without {worst['b']:.0f} ms; p99 {p99:.0f} ms"
    yield Row(case, f"{worst['a']:.0f} ms", beside, worst["a"], STALL_MS, at_most=True, unit="ms")
    shutil.rmtree(folder / "forgets")


def _asked(folder: Path, made: dict[str, object], size: Size) -> Blast:
    with serving(folder, made, "--dry-run") as ours:
        return blast(ours.port, webhooks(), seconds=size.seconds(30.0), connections=CONNECTIONS)


TABLES = ("incident", "telling", "audience", "member", "message", "request", "attempt", "event")


def _newest_in(path: Path) -> dict[str, int]:
    """The newest row of each table."""
    with closing(sqlite3.connect(path)) as db:
        newest = "SELECT coalesce(max(rowid), 0) FROM {}"
        return {each: db.execute(newest.format(each)).fetchone()[0] for each in TABLES}


def _rows_in(path: Path, until: dict[str, int]) -> int:
    """How many rows are as old as those, or older: what comes meanwhile does not count."""
    with closing(sqlite3.connect(path)) as db:
        count = "SELECT count(*) FROM {} WHERE rowid <= ?"
        found = [db.execute(count.format(each), (until[each],)).fetchone() for each in TABLES]
    return sum(row[0] for row in found)


if __name__ == "__main__":
    main(rows)
