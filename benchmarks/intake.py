"""The whole left half against a floor that only parses and inserts, in turns of five seconds.

New alerts are mostly held (one person, the usual limits), repeats are known already, and with the
limits off each becomes a text. `serve --dry-run`: nothing is sent while intake is measured. Each
round has a process and a store of its own: what was not sent for a minute is judged again, and is
another question.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks._alerts import known, webhooks
from benchmarks._load import blast
from benchmarks._running import EVERYTHING, config, floor, postgres, serving
from benchmarks._table import Row, Size, in_turns, main, median, median_ratio
from tests.programs.process import folder_for

Stores = Callable[[str], str]
"""A name → the url of an empty store."""


def rows(size: Size) -> Iterator[Row]:
    with folder_for("bench") as folder:
        yield from _of_store(size, folder, "SQLite", lambda name: f"sqlite:///{folder}/{name}.db")
    with postgres() as cluster, folder_for("bench") as folder:
        if cluster is None:
            yield Row("intake, PostgreSQL", "not measured: no PostgreSQL server here")
            return
        cluster_url = cluster.url

        def made(name: str) -> str:
            cluster.run(f"create database {name}")
            return cluster_url(name)

        yield from _of_store(size, folder, "PostgreSQL", made)


PEOPLE = 3000
"""So many that nobody gets more than some tens of texts a minute, as in life."""

_names = itertools.count()

GOALS = {
    "SQLite": {"new": 0.25, "repeats": 0.35, "texts": 0.2, "many": 0.2},
    "PostgreSQL": {"new": 0.1, "repeats": 0.1, "texts": 0.1, "many": 0.12},
}


@dataclass(frozen=True, slots=True)
class _Case:
    """`first` is asked before anything is measured, then `asks` again and again."""

    name: str
    goal: str
    asks: Callable[[], Iterator[bytes]]
    alerts: int = 1
    first: Sequence[bytes] = ()
    theirs: Callable[[], Iterator[bytes]] = webhooks
    more: Mapping[str, Any] = field(default_factory=dict)


def _cases(size: Size) -> Iterator[_Case]:
    yield _Case("1 alert, new", "new", webhooks)
    again = known(size.of(1000, 50))
    repeats = partial(itertools.cycle, again)
    yield _Case("1 alert, repeats", "repeats", repeats, first=again, theirs=repeats)
    everybody = {"people": PEOPLE, "throttle": EVERYTHING}
    yield _Case("1 alert, each a text", "texts", _to_everybody, more=everybody)
    fifty = partial(webhooks, 50)
    yield _Case("50 alerts, new", "many", fifty, alerts=50, theirs=fifty)


def _of_store(size: Size, folder: Path, store: str, empty: Stores) -> Iterator[Row]:
    with floor(empty("floor")) as beside:
        for case in _cases(size):
            yield _row(size, case, store, folder, empty, beside)


def _to_everybody() -> Iterator[bytes]:
    """Each webhook to the next of them."""
    people = itertools.cycle([webhooks(path=f"/alertmanager/p{n}") for n in range(PEOPLE)])
    return (next(each) for each in people)


def _row(size: Size, case: _Case, store: str, folder: Path, empty: Stores, beside: int) -> Row:
    seconds = size.seconds(5.0)

    def ours() -> float:
        name = f"ours_{next(_names)}"
        made = config(store=empty(name), **case.more)
        with serving(folder / name, made, "--dry-run") as running:
            blast(running.port, iter(case.first))
            blast(running.port, case.asks(), seconds=seconds / 10)
            return blast(running.port, case.asks(), seconds=seconds).rate * case.alerts

    def theirs() -> float:
        return blast(beside, case.theirs(), seconds=seconds).rate * case.alerts

    pairs = in_turns(size.turns(5), ours, theirs)
    figure, floor_figure = f"{median(pairs, 0):,.0f}/s", f"floor {median(pairs, 1):,.0f}/s"
    title = f"{case.name}, {store}"
    return Row(title, figure, floor_figure, median_ratio(pairs), GOALS[store][case.goal])


if __name__ == "__main__":
    main(rows)
