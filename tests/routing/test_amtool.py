"""Alertmanager's own `amtool config routes test` against our routing, on random trees."""

from __future__ import annotations

import json
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sms_notify.routing import destinations

from ..programs.process import need
from .given import tree

pytestmark = pytest.mark.real

NAMES = ("a", "b", "team")
VALUES = ("x", "y", "xy", "长", "team-1", "x.y")
MATCHERS = (
    *(f'{name}{op}"{value}"' for name in NAMES for op in ("=", "!=") for value in (*VALUES, "")),
    *(f'{name}{op}"{regex}"'
      for name in NAMES
      for op in ("=~", "!~")
      for regex in ("x|y", "x.*", ".*", ".+", "[^x]+", "team-[0-9]", "长?", "(?i:X)y?", "x\\\\.y")),
)  # fmt: skip


def random_route(dice: random.Random, depth: int, names: list[str]) -> dict[str, Any]:
    """A route with a receiver of its own, most of the time, and fewer routes the deeper it lies."""
    route: dict[str, Any] = {}
    if depth == 0 or dice.random() < 0.7:
        names.append(f"r{len(names)}")
        route["receiver"] = names[-1]
    if depth:
        route["matchers"] = dice.sample(MATCHERS, dice.choice([0, 1, 1, 1, 2, 3]))
        route["continue"] = dice.random() < 0.4
    below = dice.randint(1, 4) if depth == 0 else dice.choice([0, 0, 1, 3]) if depth < 4 else 0
    if below:
        route["routes"] = [random_route(dice, depth + 1, names) for _ in range(below)]
    return route


def amtool(path: Path, labels: dict[str, str]) -> list[str]:
    said = [f'{name}="{value}"' for name, value in labels.items()]
    ran = subprocess.run(
        ["amtool", "config", "routes", "test", f"--config.file={path}", *said],
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip().split(",")


@pytest.mark.parametrize("seed", range(25))
def test_every_label_set_takes_the_routes_that_amtool_names(seed: int, tmp_path: Path) -> None:
    need("prometheus-alertmanager", "amtool")
    dice = random.Random(seed)
    names: list[str] = []
    route = random_route(dice, 0, names)
    path = tmp_path / "alertmanager.yml"
    receivers = [{"name": name} for name in names]
    path.write_text(json.dumps({"route": route, "receivers": receivers}, ensure_ascii=False))
    asked = [
        {name: dice.choice(VALUES) for name in dice.sample(NAMES, dice.randint(0, 3))}
        for _ in range(10)
    ]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda labels: amtool(path, labels), asked))
    root = tree(route)
    for labels, answer in zip(asked, answers, strict=True):
        assert [found.receiver for found in destinations(root, labels)] == answer, labels
