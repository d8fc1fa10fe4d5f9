"""Runs `sms-notify` as a shell would, and writes the configurations that its tests need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sms_notify.config import sample_yaml

COMMAND = Path(sys.executable).parent / "sms-notify"


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def cli(
    *arguments: object,
    stdin: bytes = b"",
    folder: Path | None = None,
    user: int | None = None,
    **environment: str,
) -> Ran:
    """One command to its end, with nothing in its environment but PATH and what is given."""
    done = subprocess.run(
        [str(COMMAND), *map(str, arguments)],
        input=stdin,
        cwd=folder,
        env={"PATH": os.defpath, "LANG": "C.UTF-8", **environment},
        user=user,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def configured(folder: Path, gateway: str = "http://127.0.0.1:1", extra: str = "") -> Path:
    """A configuration file whose store lies beside it."""
    path = folder / "config.yaml"
    path.write_text(sample_yaml(gateway) + extra, encoding="utf-8")
    return path
