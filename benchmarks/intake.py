"""The whole left half against a floor that only parses and inserts, in turns of five seconds.

New alerts are mostly held (one person, the usual limits), repeats are known already, and with the
limits off each becomes a text. `serve --dry-run`: nothing is sent while intake is measured.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

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

GOALS = {
    "SQLite": {"new": 0.25, "repeats": 0.35, "texts": 0.2, "many": 0.2},
    "PostgreSQL": {"new": 0.1, "repeats": 0.1, "texts": 0.1, "many": 0.12},
}


def _of_store(size: Size, folder: Path, store: str, empty: Stores) -> Iterator[Row]:
    goals = GOALS[store]
    held = config(store=empty("held"))
    told = config(store=empty("told"), people=PEOPLE, throttle=EVERYTHING)
    with (
        floor(empty("floor")) as beside,
        serving(folder / "held", held, "--dry-run") as ours,
        serving(folder / "told", told, "--dry-run") as telling,
    ):
        yield _row(size, f"1 alert, new, {store}", ours.port, beside, webhooks, goals["new"])
        again = known(size.of(1000, 50))
        blast(ours.port, iter(again))
        repeats = lambda: itertools.cycle(again)  # noqa: E731
        yield _row(size, f"1 alert, repeats, {store}", ours.port, beside, repeats, goals["repeats"])
        spread = _to_everybody
        case = f"1 alert, each a text, {store}"
        yield _row(size, case, telling.port, beside, webhooks, goals["texts"], ours_asks=spread)
        fifty = lambda: webhooks(50)  # noqa: E731
        case = f"50 alerts, new, {store}"
        yield _row(size, case, ours.port, beside, fifty, goals["many"], alerts=50)


def _to_everybody() -> Iterator[bytes]:
    """Each webhook to the next of them."""
    people = itertools.cycle([webhooks(path=f"/alertmanager/p{n}") for n in range(PEOPLE)])
    return (next(each) for each in people)


def _row(
    size: Size,
    case: str,
    ours: int,
    beside: int,
    asks: Callable[[], Iterator[bytes]],
    goal: float,
    *,
    alerts: int = 1,
    ours_asks: Callable[[], Iterator[bytes]] | None = None,
) -> Row:
    seconds, rounds = size.of(5.0, 0.2), size.of(5, 1)
    mine = ours_asks or asks
    pairs = in_turns(
        rounds,
        lambda: blast(ours, mine(), seconds=seconds).rate * alerts,
        lambda: blast(beside, asks(), seconds=seconds).rate * alerts,
    )
    figure, floor_figure = f"{median(pairs, 0):,.0f}/s", f"floor {median(pairs, 1):,.0f}/s"
    return Row(case, figure, floor_figure, median_ratio(pairs), goal)


if __name__ == "__main__":
    main(rows)
