"""`sms-notify demo` as a new user would try it."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from tests.cli.running import COMMAND


def test_the_first_sms_is_on_the_screen_within_ten_seconds(tmp_path: Path) -> None:
    began = time.monotonic()
    with subprocess.Popen(
        [str(COMMAND), "demo"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as running:
        assert running.stdout is not None
        shown = running.stdout.readline()
        while "╭".encode() not in shown:
            shown = running.stdout.readline()
            assert shown, "it ended without an SMS"
        took = time.monotonic() - began
        text = running.stdout.readline().decode()
        rest = running.stdout.read().decode()
        assert running.wait(60) == 0
    print(
        f"first SMS after {took:.1f} s: {text.strip()}; all after {time.monotonic() - began:.1f} s"
    )
    assert took < 10
    assert text.startswith("│ ")
    assert "Now try:" in rest
    assert "Traceback" not in rest
