"""The simulator is a reading of its own: a mistake of the client cannot be repeated here."""

from __future__ import annotations

import ast
from pathlib import Path

import sms_notify.simulator

ROOM = Path(sms_notify.simulator.__file__).parent


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            found.add(node.module or "")
    return found


def test_the_simulator_imports_nothing_of_the_rest() -> None:
    ours = {
        name
        for path in ROOM.glob("*.py")
        for name in imports_of(path)
        if name.startswith("sms_notify") and not name.startswith("sms_notify.simulator")
    }
    assert ours == set()


def test_only_the_server_reads_the_clock() -> None:
    clocks = {path.name for path in ROOM.glob("*.py") if "time" in imports_of(path)}
    assert clocks == {"server.py"}
