"""A program that a test starts: its output in a file, its end by pid, nothing left behind."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def need(package: str, *programs: str) -> None:
    """Skip the test, with the apt line that brings the programs, when one of them is absent."""
    missing = [name for name in programs if not shutil.which(name, path=SYSTEM_PATH)]
    if missing:
        pytest.skip(f"no {', '.join(missing)} here: apt-get install {package}")


def free_port() -> int:
    """A loopback port that nobody listens on.

    Below 32768: Zabbix takes no other, and there no outgoing connection takes it before us.
    """
    while True:
        port = random.randint(10_000, 32_767)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(what: str, look: Callable[[], T | None], seconds: float = 30) -> T:
    """What `look` returned once it was true; fails naming `what` when it stays false."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether a GET of `url` is answered with 2xx."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except (OSError, urllib.error.HTTPError):
        return False


@contextmanager
def folder_for(name: str) -> Iterator[Path]:
    """A folder that other users may enter and whose path is short enough for a socket."""
    path = Path(tempfile.mkdtemp(prefix=f"sms-notify-{name}-", dir="/tmp"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Process:
    """One program; may be stopped or killed and started again with the same data.

    user: who runs it when the tests run as root; otherwise it runs as the caller.
    ready: asked until true after a start.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        folder: Path,
        ready: Callable[[], bool],
        user: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.folder = folder
        self.log = folder / f"{name}.log"
        self._ready = ready
        self._user = user if os.geteuid() == 0 else None
        self._environment = environment
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self._running is not None and self._running.poll() is None

    @property
    def pid(self) -> int:
        assert self._running is not None, f"{self.name} was never started"
        return self._running.pid

    def output(self) -> str:
        """All that the program has printed, over all its starts."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def launch(self) -> None:
        """Start it without waiting."""
        assert not self.alive, f"{self.name} runs already"
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
            )

    def start(self, seconds: float = 30) -> None:
        """Start it and wait until it is ready; fails with the end of its output."""
        self.launch()
        end = time.monotonic() + seconds
        while not self._ready():
            if not self.alive or time.monotonic() > end:
                pytest.fail(f"{self.name} did not come up:\n{self.output()[-3000:]}")
            time.sleep(0.03)

    def stop(self, by: signal.Signals = signal.SIGTERM, seconds: float = 20) -> int | None:
        """Ask it to end and return its exit status; killed when it does not within `seconds`."""
        if self._running is None:
            return None
        if self.alive:
            self._running.send_signal(by)
            with suppress(subprocess.TimeoutExpired):
                self._running.wait(seconds)
        self.kill()
        return self._running.returncode

    def kill(self) -> None:
        """kill -9, its children too; nothing is left when this returns."""
        if self._running is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait()

    def signal(self, by: signal.Signals) -> None:
        """Send it a signal, such as SIGHUP for a reload."""
        assert self.alive, f"{self.name} is not running"
        os.kill(self.pid, by)
