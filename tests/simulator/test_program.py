"""The simulator as a program: what it prints, how it ends, and that it keeps the password."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

from sms_notify.simulator import Call
from sms_notify.simulator.program import main

from .asking import PASSWORD, PHONE, target

SEND = target(Call.SEND, send_phone=PHONE, send_content="磁盘满")


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    return path


def test_it_prints_each_sms_never_the_password_and_ends_on_sigterm(password_file: Path) -> None:
    words = f"-m sms_notify.simulator --port 0 --account mysms --password-file {password_file}"
    program = subprocess.Popen(
        [sys.executable, *words.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        env={"PYTHONIOENCODING": "utf-8"},
    )
    assert program.stdout is not None
    greeting = program.stdout.readline()
    url = next(word for word in greeting.split() if word.startswith("http")).strip(",")
    assert requests.get(url + SEND, timeout=5).text == "0|1|0|6408676"
    assert requests.get(url + target(Call.BALANCE, us_pwd="no"), timeout=5).text == "-7"
    program.send_signal(signal.SIGTERM)
    printed, _ = program.communicate(timeout=10)
    assert program.returncode == 0
    assert f"╭ {PHONE}" in printed
    assert "│ 磁盘满" in printed
    assert PASSWORD not in greeting + printed


def test_quiet_prints_no_sms_and_options_reach_the_gateway(
    capsys: pytest.CaptureFixture[str],
) -> None:
    port, stop = free_port(), threading.Event()
    arguments = f"--port {port} --quiet --charset utf8 --signature 运维 --one-id --forbid 票"
    thread = threading.Thread(target=main, args=(arguments.split(), stop))
    thread.start()
    try:
        wait_for(port)
        path = target(Call.SEND, "utf-8", us_pwd="123456", send_phone=PHONE, send_content="票")
        answer = requests.get(f"http://127.0.0.1:{port}{path}", timeout=5).content
    finally:
        stop.set()
        thread.join(10)
    assert answer.decode() == "-3|票"
    assert "╭" not in capsys.readouterr().out


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            threading.Event().wait(0.01)
        else:
            return
    raise AssertionError("the simulator does not listen")


def test_a_taken_port_is_exit_1_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["--port", str(taken.getsockname()[1])]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_password_file_that_is_not_there_is_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "0", "--password-file", "/nowhere/password"]) == 1
    assert "/nowhere/password" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", ["--charset gb-nothing", "--port 65536", "--report-delay nan", "--balance -1"]
)
def test_a_value_that_cannot_be_meant_is_a_usage_error(words: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    assert ended.value.code == 2
