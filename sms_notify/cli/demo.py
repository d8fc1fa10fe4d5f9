"""`sms-notify demo`: recorded alerts go in, each SMS appears as it reaches a phone."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sms_notify.cli.output import complain, say
from sms_notify.errors import UsageError

if TYPE_CHECKING:
    from sms_notify.cli.service import Service
    from sms_notify.cli.story import Scene
    from sms_notify.simulator import Simulator

FOLDER = Path(".demo")
PATIENCE = 10.0
"""Seconds to wait for an SMS before the story goes on."""


@click.command("demo")
@click.option("--stay", is_flag=True, help="Keep server and simulator running until Ctrl-C.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where its configuration and store go; else ./.demo, else a new folder in /tmp.",
)
def command(stay: bool, folder: Path | None) -> int:
    """Show the whole way of an alert: no account, no configuration, no root.

    A simulated gateway and the server run in this process; nothing leaves this machine.
    """
    from sms_notify.cli.story import scenes

    place = _fresh(folder)
    arrived, word = Arrivals(), os.urandom(8).hex()
    with _gateway(arrived, word) as simulator, _service(place, simulator, word) as (service, url):
        say(f"server {url}, simulated SMS gateway {simulator.url}, files in {place}\n")
        told = [_play(url, scene, arrived) for scene in scenes(service.runner.store.now())]
        _say_next(place, url, stay)
        if stay:
            _wait()
    return 0 if all(told) else 1


class Arrivals:
    """Counts the SMS that reached a phone, and shows each."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def show(self, bubble: str) -> None:
        with self._changed:
            say(bubble)
            self._count += 1
            self._changed.notify_all()

    @property
    def count(self) -> int:
        return self._count

    def wait(self, count: int, seconds: float) -> bool:
        """Whether so many have arrived in all, after at most `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count >= count, seconds)


def _fresh(folder: Path | None) -> Path:
    """The folder, without the store of an earlier demo."""
    place = folder or FOLDER
    try:
        place.mkdir(parents=True, exist_ok=True)
        for old in place.glob("sms-notify.db*"):
            old.unlink()
        (place / "config.yaml").touch()
    except OSError as error:
        if folder is not None:
            raise UsageError(f"cannot write to {folder}: {error.strerror}") from None
        return Path(tempfile.mkdtemp(prefix="sms-notify-demo-"))
    return place


@contextmanager
def _gateway(arrived: Arrivals, word: str) -> Iterator[Simulator]:
    from sms_notify.simulator import Account, Gateway, bubble, serve

    gateway = Gateway([Account("demo", word, 1000)])
    gateway.on_arrival = lambda sms: arrived.show(bubble(sms))
    with serve(gateway) as simulator:
        yield simulator


@contextmanager
def _service(place: Path, simulator: Simulator, word: str) -> Iterator[tuple[Service, str]]:
    from sms_notify import logs
    from sms_notify.cli.service import Service, secrets
    from sms_notify.config import load
    from sms_notify.server.http import Http
    from sms_notify.store import open_store

    http = Http("127.0.0.1", 0)
    path = place / "config.yaml"
    path.write_text(_configuration(http.port, simulator.url, word), encoding="utf-8")
    config = load(path)
    with (place / "sms-notify.log").open("w", encoding="utf-8") as log:
        redactor = logs.set_up(secrets(config), stream=log)
        service = Service(path, config, open_store(config.store), http, redactor)
        service.start()
        try:
            yield service, http.url
        finally:
            service.stop()
            logs.silence()


def _configuration(port: int, gateway: str, word: str) -> str:
    from importlib.resources import files

    text = files("sms_notify").joinpath("demo", "config.yaml").read_text(encoding="utf-8")
    values = {"@SERVER_PORT@": str(port), "@GATEWAY_URL@": gateway, "@GATEWAY_WORD@": word}
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def _play(url: str, scene: Scene, arrived: Arrivals) -> bool:
    """Post one scene and wait for its SMS; whether they came."""
    from sms_notify.cli.asking import Server
    from sms_notify.cli.summary import summary_of_answer

    say(f"▶ {scene.says}")
    before = arrived.count
    answer = Server(url).post(scene.path, scene.body, "application/json")
    say(f"  {summary_of_answer(answer)}")
    if arrived.wait(before + scene.sms, PATIENCE):
        say("" if scene.sms else "  no SMS\n")
        return True
    complain(f"  no SMS within {PATIENCE:.0f} seconds: see the log beside the configuration")
    return False


def _say_next(place: Path, url: str, stay: bool) -> None:
    program = _program()
    config = place / "config.yaml"
    say("Now try:")
    say(f"  {program} messages -c {config}")
    say(f"  {program} incidents -c {config}")
    say(f"  {program} explain 10 -c {config}")
    say(f"  {program} explain --label alertname=DiskFull --label team=dba -c {config}")
    say(f"  {program} check -c {config}")
    if stay:
        say(f"  echo 'disk full on db-01' | {program} send --server {url}")
        say("Server and simulator run until Ctrl-C.")
    else:
        say(f"  {program} demo --stay        # the same, and it goes on taking alerts")


def _program() -> str:
    """How this program was called, as short as it can be typed."""
    called = Path(sys.argv[0])
    if called.name != "sms-notify" or not called.exists():
        return "sms-notify"
    with suppress(ValueError):
        called = called.resolve().relative_to(Path.cwd())
    return str(called)


def _wait() -> None:
    with suppress(KeyboardInterrupt):
        while True:
            time.sleep(3600)
