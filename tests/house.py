"""Where the project's files are, for the tests that read the project itself."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "sms_notify"
MADE = {".git", ".venv", ".demo", "build", "dist", "__pycache__", ".hypothesis"}


def made(name: str) -> bool:
    """Whether a file or folder of this name was made by a tool and is not ours."""
    return name in MADE or name.endswith((".egg-info", "_cache", ".pyc"))


def files(top: Path) -> Iterator[Path]:
    """Every file of ours below `top`, sorted; needs no git."""
    for path in sorted(top.iterdir()):
        if made(path.name):
            continue
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def sources(top: Path) -> dict[Path, ast.Module]:
    """Every Python file below `top`, parsed."""
    found = (path for path in files(top) if path.suffix == ".py")
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in found}


def nothing(found: Iterable[str]) -> None:
    """Fail with every line found, one below the other."""
    lines = sorted(found)
    assert not lines, "\n" + "\n".join(lines)
