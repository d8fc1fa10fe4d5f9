"""Start-up time is a user's cost: a command imports what it uses and no more."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from ..server.serving import Served, served
from .running import COMMAND, cli

HEAVY = {
    "alembic",
    "fastapi",
    "jinja2",
    "phonenumbers",
    "prometheus_client",
    "pydantic",
    "requests",
    "rich",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "yaml",
}


def imported(*arguments: str, stdin: bytes = b"") -> set[str]:
    """The top-level modules that a command has imported at its end."""
    program = (
        "import sys\n"
        "from sms_notify.cli.program import run\n"
        "code = run(sys.argv[1:])\n"
        "print('modules', *{name.partition('.')[0] for name in sys.modules})\n"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], input=stdin, capture_output=True, check=True
    )
    return set(done.stdout.decode().splitlines()[-1].split())


@pytest.mark.parametrize("command", ["", "send", "serve", "check", "db", "demo", "messages"])
def test_help_imports_nothing_heavy(command: str) -> None:
    found = imported(*command.split(), "--help")
    assert "click" in found
    assert not found & HEAVY


def test_send_with_a_server_imports_nothing_heavy(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        found = imported("send", "--server", server.http.url, stdin=b"disk full")
    assert not found & HEAVY


def quickest(*command: str, stdin: bytes = b"") -> float:
    """The least seconds of several runs: the machine is shared."""

    def once() -> float:
        began = time.perf_counter()
        subprocess.run(command, input=stdin, capture_output=True, check=True)
        return time.perf_counter() - began

    return min(once() for _ in range(7))


def test_send_with_a_server_costs_at_most_eight_starts_of_python(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        bare = quickest(sys.executable, "-c", "pass")
        send = quickest(str(COMMAND), "send", "--server", server.http.url, stdin=b"disk full")
        assert counted(server) == 7
    assert send < 8 * bare, f"{send:.3f} s against {bare:.3f} s"


def counted(server: Served) -> float:
    return server.metric("calls_total", source="line", status="202")


def test_every_command_has_a_help_text_of_its_own() -> None:
    listed = cli("--help").out
    for command in ("serve", "send", "zabbix", "check", "explain", "messages", "incidents"):
        assert f"\n  {command} " in listed
        assert len(cli(command, "--help").out.splitlines()) > 6


def test_an_unknown_command_is_a_usage_error() -> None:
    ran = cli("sned")
    assert ran.code == 2
    assert "sned" in ran.err
