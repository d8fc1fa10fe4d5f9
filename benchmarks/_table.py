"""The one table: each row a case, the figure, what it stands beside, the goal, and whether."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """`beside`: what was measured in turns with it; `goal` None: only shown."""

    case: str
    figure: str
    beside: str = ""
    ratio: float | None = None
    goal: float | None = None
    at_most: bool = False
    unit: str = "x"

    @property
    def verdict(self) -> str:
        if self.goal is None or self.ratio is None:
            return ""
        met = self.ratio <= self.goal if self.at_most else self.ratio >= self.goal
        return "met" if met else "MISSED"

    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:.3g} {self.unit}"
        sign = "≤" if self.at_most else "≥"
        goal = "" if self.goal is None else f"{sign} {self.goal:g} {self.unit}"
        return self.case, self.figure, self.beside, ratio, goal, self.verdict


HEAD = ("case", "figure", "beside it", "compared", "goal", "")


@dataclass(frozen=True, slots=True)
class Size:
    """How long to measure; `quick` is half as long, `tiny` only proves that a benchmark runs."""

    tiny: bool = False
    quick: bool = False

    def turns(self, rounds: int) -> int:
        return 1 if self.tiny else (rounds + 1) // 2 if self.quick else rounds

    def seconds(self, full: float) -> float:
        return 0.2 if self.tiny else full / 2 if self.quick else full

    def of(self, full: T, tiny: T) -> T:
        return tiny if self.tiny else full


Rows = Callable[[Size], Iterator[Row]]


def in_turns(rounds: int, *works: Callable[[], T]) -> list[tuple[T, ...]]:
    """Each work once a round, the order turned round by round."""
    found = []
    for turn in range(rounds):
        order = list(range(len(works)))
        order = order[turn % len(works) :] + order[: turn % len(works)]
        done = {each: works[each]() for each in order}
        found.append(tuple(done[each] for each in range(len(works))))
    return found


def median_ratio(pairs: Iterable[Sequence[float]]) -> float:
    """The median of the rounds' ratios, first to second."""
    return statistics.median(pair[0] / pair[1] for pair in pairs)


def median(pairs: Iterable[Sequence[float]], index: int) -> float:
    return statistics.median(pair[index] for pair in pairs)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def printed(rows: Sequence[Row]) -> str:
    """The table as Markdown, its columns aligned."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(_width(line[n]) for line in lines) for n in range(len(HEAD))]
    drawn = [
        "| " + " | ".join(cell + " " * (w - _width(cell)) for cell, w in zip(line, widths)) + " |"  # noqa: B905
        for line in lines
    ]
    return "\n".join([drawn[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *drawn[1:]])


def machine() -> str:
    """Where and when: figures of another machine say nothing about this one."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")),
        platform.machine(),
    )  # fmt: skip
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    day = datetime.now(UTC).date()
    return f"{day}: {os.cpu_count()} x {model}, Python {platform.python_version()}, load {load}"


def _said(row: Row) -> str:
    return "  ".join(cell for cell in row.cells() if cell)


def gather(rows: Rows, size: Size) -> list[Row]:
    """All rows, each said as soon as it is known."""
    found = []
    for row in rows(size):
        print(_said(row), flush=True)
        found.append(row)
    return found


def sized(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The options that make a Size."""
    parser.add_argument("--quick", action="store_true", help="half as long, and less sure")
    parser.add_argument("--tiny", action="store_true", help="only prove that it runs")
    return parser


def main(rows: Rows) -> None:
    """The command line of one benchmark."""
    parser = argparse.ArgumentParser()
    given = sized(parser).parse_args()
    size = Size(given.tiny, given.quick)
    before = machine()
    found = gather(rows, size)
    print(f"\n{before}\n{printed(found)}")
