"""The rules of the house: style, types, words, and a wheel that carries all it needs."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import sms_notify

from .house import PACKAGE, ROOT, files, made, nothing, sources
from .programs.prometheus import ALERTMANAGER, PROMETHEUS
from .programs.zabbix import PACKAGES as ZABBIX

ELSEWHERE = [
    re.compile("/" + r"work\b(?!-)"),
    re.compile(r"\.\./" + "shared"),
    re.compile(r"\bissue" + r" #?\d", re.IGNORECASE),
]
DOCUMENT = re.compile(r"(?<![\w./-])[A-Z][A-Z_]+(?:\.zh)?\.md\b")
MUTED = "# type" + ": ignore"
CLOCKS = {("time", "time"), ("time", "time_ns"), ("date", "today")} | {
    ("datetime", name) for name in ("now", "utcnow", "today")
}
CLOCK_ROOMS = ("cli", "runner", "simulator", "store")


def run(*command: str, cwd: Path = ROOT) -> None:
    """Run a tool of the venv in the project's folder; its output is the failure's text."""
    line = [sys.executable, *command]
    done = subprocess.run(line, cwd=cwd, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}{done.stderr}"


def text_of(path: Path) -> str:
    """The file as text; "" for a picture and the like."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """`file:line: text` of every line of the project that holds the pattern."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files(ROOT)
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if pattern.search(line)
    ]


@pytest.mark.parametrize(
    "tool",
    ["ruff check --output-format concise .", "ruff format --check .", "mypy --strict"],
)
def test_style_and_types_pass(tool: str) -> None:
    run("-m", *tool.split())


@pytest.mark.parametrize("words", ELSEWHERE, ids=lambda words: words.pattern)
def test_nothing_speaks_of_the_place_where_it_was_written(words: re.Pattern[str]) -> None:
    nothing(lines_with(words))


def test_the_words_that_are_looked_for_would_be_found() -> None:
    samples = ["cd /" + "work/main", "see .." + "/shared/x", "as issue" + " 2 says"]
    assert all(words.search(sample) for words, sample in zip(ELSEWHERE, samples, strict=True))


def test_a_document_that_is_named_exists() -> None:
    ours = {path.name for path in files(ROOT)}
    nothing(
        f"{path.relative_to(ROOT)} names {name}"
        for path in files(ROOT)
        for name in set(DOCUMENT.findall(text_of(path))) - ours
    )


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path, tree in (sources(PACKAGE) | sources(ROOT / "tests")).items()
        if tree.body and not ast.get_docstring(tree)
    ]
    empty = [str(path) for path, tree in sources(PACKAGE).items() if not tree.body]
    nothing(silent + empty)


def test_no_type_error_is_muted() -> None:
    nothing(lines_with(re.compile(MUTED)))


def test_the_version_is_the_same_in_both_places() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == sms_notify.__version__


def packages_needed(tree: ast.Module) -> set[str]:
    """The packages that the `need` calls of a test file name."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    asked = [call.args[0] for call in calls if ast.unparse(call.func) == "need"]
    return {str(each.value) for each in asked if isinstance(each, ast.Constant)}


def test_continuous_integration_installs_every_program_that_a_test_needs() -> None:
    installed = set((ROOT / ".ci" / "run").read_text(encoding="utf-8").split())
    needed = {"postgresql", ALERTMANAGER, PROMETHEUS, *ZABBIX.split()}
    needed |= {name for tree in sources(ROOT / "tests").values() for name in packages_needed(tree)}
    nothing(needed - installed)


def clock_reads(tree: ast.Module) -> list[int]:
    """Lines that ask the machine for the time of day."""
    return sorted(
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and (ast.unparse(node.value).split(".")[-1], node.attr) in CLOCKS
    )


def test_only_the_outermost_rooms_read_the_clock() -> None:
    nothing(
        f"{path.relative_to(ROOT)}:{line}"
        for path, tree in sources(PACKAGE).items()
        if path.relative_to(PACKAGE).parts[0] not in CLOCK_ROOMS
        for line in clock_reads(tree)
    )


def test_a_read_of_the_clock_would_be_found() -> None:
    reads = "time.time()\nf(clock=datetime.datetime.now)\ndate.today()\ntime.monotonic()"
    assert clock_reads(ast.parse(reads)) == [1, 2, 3]


def test_the_wheel_holds_every_file_of_the_package_and_the_command(tmp_path: Path) -> None:
    copy = tmp_path / "project"
    shutil.copytree(ROOT, copy, ignore=lambda _, names: [name for name in names if made(name)])
    build = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    run("-c", build, str(tmp_path), cwd=copy)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        [points] = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        assert "sms-notify = sms_notify.cli:main" in archive.read(points).decode()
    assert held == {str(path.relative_to(ROOT)) for path in files(PACKAGE)}
