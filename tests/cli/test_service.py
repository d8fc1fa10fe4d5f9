"""`serve`, `demo` and `db`, run and stopped as an operator does it."""

from __future__ import annotations

import http.client
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sms_notify.config import sample_yaml
from sms_notify.simulator import Account, Gateway
from sms_notify.simulator import serve as simulate
from sms_notify.store.schema import HEAD
from tests.programs.process import free_port, wait_until

from ..server.serving import ONE
from .running import COMMAND, cli, configured


@contextmanager
def serving(
    folder: Path, port: int, *arguments: str, gateway: str = "http://127.0.0.1:1"
) -> Iterator[subprocess.Popen[bytes]]:
    configured(folder, gateway, extra=f'server: {{listen: "127.0.0.1:{port}"}}\n')
    command = [str(COMMAND), "serve", *arguments]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, stderr=log) as running,
    ):
        try:
            wait_until("readiness", lambda: ask(port, "GET", "/-/ready")[0] == 200)
            yield running
        finally:
            running.kill()


def ask(port: int, method: str, path: str, body: bytes = b"") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()


def log_of(folder: Path) -> str:
    return (folder / "log").read_text()


def test_serve_takes_alerts_and_stops_on_sigterm_with_exit_0(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as running:
        assert ask(port, "POST", "/alertmanager", ONE)[0] == 202
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
    assert "listening" in log_of(tmp_path)
    assert "stopped" in log_of(tmp_path)
    assert "demo-gateway-word" not in log_of(tmp_path)
    assert "Traceback" not in log_of(tmp_path)


def test_sighup_takes_a_good_configuration_and_keeps_the_old_for_a_bad_one(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as running:
        path = tmp_path / "config.yaml"
        good = path.read_text()
        path.write_text("people: nobody\n")
        running.send_signal(signal.SIGHUP)
        wait_until("a refusal", lambda: "reload_refused" in log_of(tmp_path))
        status, text = ask(port, "POST", "/-/reload")
        assert status == 422
        assert "config.yaml" in text
        assert ask(port, "POST", "/alertmanager", ONE)[0] == 202
        path.write_text(good.replace("张伟", "李四"))
        running.send_signal(signal.SIGHUP)
        wait_until("the reload", lambda: " reloaded" in log_of(tmp_path))
        answer = ask(port, "POST", "/line", b'{"text": "x", "to": "\\u674e\\u56db"}')[1]
        assert '"unknown_receiver":false' in answer


def test_a_dry_run_stores_and_sends_nothing(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port, "--dry-run"):
        assert ask(port, "POST", "/alertmanager", ONE)[0] == 202
        time.sleep(0.3)
        assert '"state":"queued"' in ask(port, "GET", "/api/v1/messages")[1]
        assert '"tries":0' in ask(port, "GET", "/api/v1/messages")[1]


def test_a_taken_address_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        configured(tmp_path, extra=f'server: {{listen: "{address}"}}\n')
        ran = cli("serve", folder=tmp_path)
    assert ran.code == 1
    assert f"cannot listen on {address}" in ran.err


def test_a_bad_configuration_is_exit_2_with_every_problem(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(sample_yaml().replace("张伟}", "王五}"))
    ran = cli("serve", folder=tmp_path)
    assert ran.code == 2
    assert "王五" in ran.err


def test_serve_does_not_listen_to_the_network_without_tokens(tmp_path: Path) -> None:
    configured(tmp_path, extra='server: {listen: "0.0.0.0:9097"}\n')
    ran = cli("serve", folder=tmp_path)
    assert ran.code == 2
    assert "add server.tokens" in ran.err
    checked = cli("check", folder=tmp_path)
    assert checked.code == 2
    assert checked.err == ran.err + "1 problem: the configuration cannot be used\n"


def test_metrics_count_an_sms_from_the_webhook_to_the_phone(tmp_path: Path) -> None:
    port = free_port()
    with (
        simulate(Gateway([Account("demo", "demo-gateway-word", 9)])) as sim,
        serving(tmp_path, port, gateway=sim.url),
    ):
        ask(port, "POST", "/alertmanager", ONE)
        wait_until(
            "its SMS", lambda: 'messages_total{state="sent"} 1.0' in ask(port, "GET", "/metrics")[1]
        )
        page = ask(port, "GET", "/metrics")[1]
    assert 'sms_notify_messages_total{state="queued"} 1.0' in page
    assert 'sms_notify_gateway_up{account="demo"} 1.0' in page
    assert 'sms_notify_waiting_messages{state="queued"} 0.0' in page


def test_a_stop_answers_what_has_begun(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as running:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.putrequest("POST", "/alertmanager")
        connection.putheader("Content-Length", str(len(ONE)))
        connection.endheaders(ONE[:100])
        time.sleep(0.2)
        running.send_signal(signal.SIGTERM)
        wait_until("the stop", lambda: "stopping" in log_of(tmp_path))
        connection.send(ONE[100:])
        assert connection.getresponse().status == 202
        connection.close()
        assert running.wait(20) == 0


def rests(pid: int) -> bool:
    """It sleeps, and took no time of a processor for a while."""
    seen = []
    for _ in range(2):
        about = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        seen.append((about[0], about[11], about[12]))
        time.sleep(0.3)
    return seen[0] == seen[1] and seen[0][0] == "S"


def test_ctrl_c_ends_a_command_that_waits_without_a_traceback(tmp_path: Path) -> None:
    with subprocess.Popen(
        [str(COMMAND), "send", "--server", "http://127.0.0.1:1"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # a shell has what it starts in the background ignore it, and we may be in the background
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as running:
        wait_until("the command to wait for its input", lambda: rests(running.pid), 30)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=10)
    assert (running.returncode, said.strip()) == (1, b"interrupted")


def test_the_demo_shows_sms_within_ten_seconds_and_ends_by_itself(tmp_path: Path) -> None:
    began = time.monotonic()
    with subprocess.Popen(
        [str(COMMAND), "demo"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        first = next(line for line in running.stdout if "╭".encode() in line)
        assert time.monotonic() - began < 10
        rest = running.stdout.read().decode()
        assert running.wait(60) == 0
    assert b"1380000000" in first
    assert rest.count("╭") == 3
    assert "40台" in rest
    assert "恢复" in rest
    assert "messages -c .demo/config.yaml" in rest
    assert len(cli("messages", "--json", "-c", ".demo/config.yaml", folder=tmp_path).json) == 4


def test_the_demo_runs_again_and_where_it_cannot_write(tmp_path: Path) -> None:
    for _ in range(2):
        assert cli("demo", "--folder", tmp_path / "d", folder=tmp_path).code == 0
    (tmp_path / "file").touch()
    assert cli("demo", "--folder", tmp_path / "file" / "d", folder=tmp_path).code == 1


def test_db_makes_checks_and_refuses_a_store(tmp_path: Path) -> None:
    configured(tmp_path)
    assert cli("db", "check", folder=tmp_path).code == 1
    assert cli("db", "upgrade", folder=tmp_path).out == f"schema none → {HEAD}\n"
    assert cli("db", "upgrade", folder=tmp_path).out == f"schema {HEAD}: nothing to do\n"
    assert cli("db", "check", folder=tmp_path).code == 0
    assert cli("messages", folder=tmp_path).code == 0


def test_a_store_of_another_version_stops_every_command_with_exit_2(tmp_path: Path) -> None:
    configured(tmp_path)
    assert cli("db", "upgrade", folder=tmp_path).code == 0
    with sqlite3.connect(tmp_path / "sms-notify.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()
    for command in ("messages", "serve"):
        ran = cli(command, folder=tmp_path)
        assert ran.code == 2
        assert "sms-notify db upgrade" in ran.err
