"""scripts/ set themselves up: from nothing, once, again after a change, and after an accident.

They run in a project of the test's own that needs nothing from the network: its build backend
lies in its folder and makes a command `sms-notify` that prints its arguments.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from .house import ROOT

PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "sms-notify"
version = "0"
"""
BACKEND = """
import pathlib, zipfile

INFO = "sms_notify-0.dist-info/"
FILES = {
    "probe.py": "import sys\\ndef main(): print(*sys.argv[1:])\\n",
    INFO + "METADATA": "Metadata-Version: 2.1\\nName: sms-notify\\nVersion: 0\\n",
    INFO + "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    INFO + "entry_points.txt": "[console_scripts]\\nsms-notify = probe:main\\n",
    INFO + "RECORD": "",
}

def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "sms_notify-0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as wheel:
        for path, text in FILES.items():
            wheel.writestr(path, text)
    return name
"""
pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "a folder"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "backend.py").write_text(BACKEND)
    return folder


def demo(project: Path) -> str:
    """Run scripts/demo from elsewhere; what it said of its set-up."""
    command = [str(project / "scripts" / "demo"), "it", "runs"]
    done = subprocess.run(
        command, cwd="/", capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (0, "demo it runs\n"), done.stderr
    return done.stderr


def made(project: Path) -> float:
    """When the venv was made."""
    return (project / ".venv" / "pyvenv.cfg").stat().st_mtime


def test_the_set_up_is_done_once_and_again_only_when_something_changed(project: Path) -> None:
    assert "Setting up" in demo(project)
    first = made(project)
    assert demo(project) == ""
    with (project / "pyproject.toml").open("a") as file:
        file.write("# another line\n")
    assert "Setting up" in demo(project)
    assert made(project) == first, "an installation was enough"
    assert demo(project) == ""


def test_a_set_up_that_was_broken_off_is_done_again(project: Path) -> None:
    command = [str(project / "scripts" / "demo")]
    broken = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    while not (project / ".venv" / "pyvenv.cfg").exists():
        assert broken.poll() is None
        time.sleep(0.01)
    os.killpg(broken.pid, signal.SIGKILL)
    broken.wait()
    assert "Setting up" in demo(project)
    assert demo(project) == ""


def test_a_folder_that_was_moved_is_set_up_again(project: Path) -> None:
    demo(project)
    elsewhere = project.rename(project.with_name("moved"))
    assert "Setting up" in demo(elsewhere)
    assert str(elsewhere) in (elsewhere / ".venv" / "bin" / "activate").read_text()


def test_a_failure_says_why_and_leaves_nothing_that_looks_finished(project: Path) -> None:
    (project / "backend.py").write_text("raise SystemExit('the mirror is down')")
    command = [str(project / "scripts" / "demo")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "error: set-up failed at: " in done.stderr
    assert "the mirror is down" in done.stderr
    (project / "backend.py").write_text(BACKEND)
    assert "Setting up" in demo(project)
