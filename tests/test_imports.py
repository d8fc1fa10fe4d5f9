"""Imports point down only, whether they stand at the top of a file or inside a function."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .house import PACKAGE, nothing, sources

TIERS = (
    "cli",
    "runner",
    "server",
    "watching",
    "inbound",
    "actions errands",
    "escalation draining",
    "delivery",
    "intake",
    "sources spool recorded routing oncall verdict text store gateways upstream",
    "config",
    "logs metrics",
    "model errors",
)
TIER = {room: depth for depth, rooms in enumerate(TIERS) for room in rooms.split()}
WITHIN_A_TIER = {("routing", "oncall")}
PART_OF = {"__main__": "cli", "migrations": "store"}
ALONE = "simulator"
SLOW_TO_IMPORT = {"alembic", "fastapi", "jinja2", "pydantic", "requests", "rich", "sqlalchemy"}


def room_of(module: str) -> str:
    """`sms_notify.store.tables` is in room `store`; the package itself is room ``."""
    room = [*module.split("."), ""][1]
    return PART_OF.get(room, room)


def module_of(path: Path) -> str:
    """`sms_notify/store/__init__.py` is `sms_notify.store.__init__`."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


def imported(tree: ast.Module, module: str) -> Iterator[tuple[int, str]]:
    """(line, absolute name) of everything a module imports from the package, at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".")[: -node.level] if node.level else []
            origin = ".".join([*package, *filter(None, [node.module])])
            names = [f"{origin}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == "sms_notify")


def objection(room: str, other: str) -> str | None:
    """Why code in `room` may not import `other`, or None when it may."""
    if room == other:
        return None
    if ALONE in (room, other):
        return None if room == "cli" else f"only cli imports {ALONE}, and {ALONE} nothing of ours"
    if other not in TIER:
        return None if other in ("", "__version__") else f"room {other!r} is not in the order"
    if room not in TIER:
        return f"room {room!r} is not in the order"
    if TIER[room] < TIER[other] or (room, other) in WITHIN_A_TIER:
        return None
    return f"{room} is not above {other}"


def objections(tree: ast.Module, module: str) -> list[str]:
    """Every import of one module that points up or sideways: `module:line: why`."""
    room = room_of(module)
    found = ((line, objection(room, room_of(name))) for line, name in imported(tree, module))
    return [f"{module}:{line}: {why}" for line, why in found if why]


def test_imports_point_down() -> None:
    modules = sources(PACKAGE)
    assert len(modules) > 3
    nothing(line for path, tree in modules.items() for line in objections(tree, module_of(path)))


def test_every_room_has_its_place_in_the_order() -> None:
    rooms = {room_of(module_of(path)) for path in sources(PACKAGE)}
    nothing(rooms - {*TIER, ALONE, "__init__"})


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("sms_notify.store.engine", "from sms_notify.intake import Ledger"),
        ("sms_notify.store.engine", "from sms_notify import intake"),
        ("sms_notify.store.engine", "from ..text import fit"),
        ("sms_notify.store.engine", "def f():\n    import sms_notify.delivery.claim"),
        ("sms_notify.oncall.rota", "from sms_notify.routing import route"),
        ("sms_notify.model", "from sms_notify.errors import Malformed"),
        ("sms_notify.simulator.gateway", "from sms_notify.model import Level"),
        ("sms_notify.runner", "from sms_notify.simulator import Gateway"),
        ("sms_notify.delivery", "import sms_notify.helpers"),
        ("sms_notify.helpers.__init__", "import sms_notify.model"),
        ("sms_notify.__init__", "from sms_notify.model import Level"),
    ],
)
def test_an_import_that_points_up_or_sideways_is_named(module: str, line: str) -> None:
    assert objections(ast.parse(line), module)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("sms_notify.cli.serve", "from sms_notify.simulator import Gateway"),
        ("sms_notify.__main__", "from sms_notify.cli import main"),
        ("sms_notify.routing", "from sms_notify.oncall import whom"),
        ("sms_notify.store.engine", "from .tables import message"),
        ("sms_notify.runner", "from sms_notify import __version__"),
        ("sms_notify.store.__init__", "from ..model import Level"),
    ],
)
def test_an_import_that_points_down_is_not_objected_to(module: str, line: str) -> None:
    assert objections(ast.parse(line), module) == []


def test_the_command_line_starts_without_what_is_slow_to_import() -> None:
    script = "import sys, sms_notify.cli; print(*{name.split('.')[0] for name in sys.modules})"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert SLOW_TO_IMPORT.isdisjoint(done.stdout.split())
