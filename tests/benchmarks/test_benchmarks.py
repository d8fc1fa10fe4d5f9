"""The benchmarks run; how fast anything is, no test says."""

from __future__ import annotations

import itertools
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks import _alerts, _load, _running
from benchmarks.__main__ import EVERY
from benchmarks._table import Row, Size, gather, in_turns, printed


@pytest.mark.parametrize("name", EVERY)
def test_each_is_found_by_its_name(name: str) -> None:
    assert callable(import_module(f"benchmarks.{name}").rows)


@pytest.mark.parametrize("name", ["text", "alert_script", "memory"])
def test_a_benchmark_runs_in_a_small_way(name: str) -> None:
    rows = gather(import_module(f"benchmarks.{name}").rows, Size(tiny=True))
    assert rows
    assert all(row.figure for row in rows)


def test_the_floor_stores_what_it_accepts(tmp_path: Path) -> None:
    with _running.floor(f"sqlite:///{tmp_path}/floor.db") as port:
        found = _load.blast(port, itertools.islice(_alerts.webhooks(3), 20), connections=4)
    assert found.answers == {b"202": 20}
    assert len(found.latencies) == 20


def test_the_stub_counts_numbers_and_waits_as_told() -> None:
    target = "/sendsms_txt.asp?send_phone=138,139&send_content=x"
    with _running.stub() as gateway:
        gateway.forget(0.05)
        found = _load.blast(gateway.port, iter([_load.get(target)] * 3), connections=1)
        assert gateway.counts()["numbers"] == 6
    assert found.seconds >= 0.15


def test_a_figure_that_could_not_be_had_is_no_rate() -> None:
    refused = _load.Blast(seconds=1.0, answers={b"503": 1, b"202": 1}, latencies=[0.1, 0.1])
    with pytest.raises(RuntimeError, match="503"):
        _ = refused.rate


def test_the_order_turns_so_that_nobody_is_always_first() -> None:
    asked: list[str] = []
    in_turns(2, lambda: asked.append("ours"), lambda: asked.append("theirs"))
    assert asked == ["ours", "theirs", "theirs", "ours"]


def test_the_table_says_what_missed_as_loud_as_what_was_met() -> None:
    rows = [
        Row("新 alert", "9/s", "floor 10/s", 0.9, 0.25),
        Row("start", "9 ms", "1 ms", 9.0, 6, at_most=True),
    ]
    lines = printed(rows).splitlines()
    assert "met" in lines[2]
    assert "MISSED" in lines[3]
    assert lines[3].startswith("| start    |")
