"""`send`: a server takes it; else the store does, under the same id, and SMS leave at once."""

from __future__ import annotations

import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sms_notify.simulator import Account, Gateway, Simulator
from sms_notify.simulator import serve as simulate

from ..server.serving import TOKEN, Served, served, with_tokens
from .running import COMMAND, Ran, cli, configured

PHONE = "13800000001"
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: only root can become another")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "server") as running:
        yield running


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with simulate(Gateway([Account("demo", "demo-gateway-word", 1000)])) as running:
        yield running


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()


@contextmanager
def answering(status: int, first: Callable[[bytes], object] = len) -> Iterator[str]:
    """A server that says `status` to everything, or nothing at all for 0, when `first` is done."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            first(self.rfile.read(int(self.headers["Content-Length"])))
            if status:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b"no: call 13800000001\nmore\n")

        def log_message(self, *_: object) -> None:
            return

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


def listed(folder: Path) -> Ran:
    return cli("incidents", "--json", "-c", folder / "config.yaml")


def screen(sim: Simulator) -> list[str]:
    return [sms.text for sms in sim.gateway.inbox(PHONE)]


def test_a_server_takes_it_and_no_configuration_is_needed(server: Served) -> None:
    ran = cli("send", "--server", server.http.url, stdin="磁盘满了\n".encode("gbk"))
    assert (ran.code, ran.out) == (0, "accepted: 1 told (incident 1)\n")
    [incident] = server.get("/api/v1/incidents").json
    assert incident["name"] == "磁盘满了"


@pytest.mark.parametrize("kind", ["http", "ftp"])
def test_a_password_in_the_address_of_the_server_is_refused_and_not_shown(kind: str) -> None:
    ran = cli("send", "--server", f"{kind}://ops:hunter22x@127.0.0.1:1", stdin=b"x")
    assert (ran.code, "--token-file" in ran.err) == (2, True)
    assert "hunter22x" not in ran.out + ran.err


def test_the_environment_names_server_and_token_file(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    with served(tmp_path / "server", with_tokens()) as server:
        url = server.http.url
        taken = cli("send", stdin=b"x", SMS_NOTIFY_SERVER=url, SMS_NOTIFY_TOKEN_FILE=str(token))
        refused = cli("send", stdin=b"x", SMS_NOTIFY_SERVER=url)
    assert taken.code == 0
    assert refused.code == 1
    assert "401" in refused.err
    assert TOKEN not in refused.err + refused.out


def test_options_reach_the_alert(server: Served) -> None:
    said = ("--level", "p1", "--to", "张伟", "--label", "app=mysql", "--label", "note=a=b")
    assert cli("send", "--server", server.http.url, *said, stdin=b"x").code == 0
    [incident] = server.get("/api/v1/incidents").json
    assert (incident["level"], incident["receiver"]) == ("critical", "张伟")


def test_a_key_is_one_alert_until_it_is_resolved(server: Served) -> None:
    send = ("send", "--server", server.http.url, "--key", "backup db-01")
    assert "1 told" in cli(*send, stdin=b"failed").out
    assert "1 known already" in cli(*send, stdin=b"failed").out
    # nobody has a text for an end
    assert cli(*send, "--resolved").code == 0
    [incident] = server.get("/api/v1/incidents").json
    assert incident["state"] == "ended"


def test_without_a_key_tomorrows_same_text_is_news(server: Served) -> None:
    for _ in range(2):
        assert cli("send", "--server", server.http.url, stdin=b"backup failed").code == 0
    assert len(server.get("/api/v1/incidents").json) == 2


def test_lines_are_alerts_each(server: Served) -> None:
    ran = cli("send", "--lines", "--server", server.http.url, stdin=b"one\n\n two\nthree")
    assert ran.code == 0
    assert len(ran.out.splitlines()) == 3
    names = {incident["name"] for incident in server.get("/api/v1/incidents").json}
    assert names == {"one", "two", "three"}


def test_a_line_is_sent_while_the_pipe_is_still_open(server: Served) -> None:
    running = subprocess.Popen(
        [str(COMMAND), "send", "--lines", "--server", server.http.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert running.stdin is not None
    assert running.stdout is not None
    with running:
        running.stdin.write(b"disk full\n")
        running.stdin.flush()
        assert running.stdout.readline() == b"accepted: 1 told (incident 1)\n"
        running.stdin.close()
        assert running.wait(20) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--lines",),
        ("--resolved",),
        ("--label", "nothing"),
        ("--label", "=x"),
        ("--server", "127.0.0.1:9097"),
        ("--server", "http://h:99999"),
        ("--server", "http://127.0.0.1:1", "--token-file", "/does/not/exist"),
        ("-c", "/does/not/exist.yaml"),
    ],
)
def test_usage_and_configuration_errors_are_exit_2(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    stdin = b"" if arguments in ((), ("--lines",)) else b"x"
    ran = cli("send", *arguments, stdin=stdin, folder=tmp_path)
    assert ran.code == 2
    assert ran.err.strip()


def test_nothing_on_standard_input_may_be_an_alert_too(server: Served) -> None:
    ran = cli("send", "--allow-empty", "--server", server.http.url)
    assert (ran.code, ran.err) == (0, "")


def test_4xx_is_not_accepted_and_shows_no_phone_number(tmp_path: Path) -> None:
    configured(tmp_path)
    with answering(400) as url:
        ran = cli("send", "--server", url, stdin=b"x", folder=tmp_path)
    assert ran.code == 1
    assert "refused with 400: no: call ****" in ran.err
    assert not (tmp_path / "sms-notify.db").exists()


@pytest.mark.parametrize("status", [0, 302, 500, 503])
def test_a_server_that_cannot_take_it_is_passed_by(
    tmp_path: Path, sim: Simulator, status: int
) -> None:
    configured(tmp_path, sim.url)
    with answering(status) as url:
        ran = cli("send", "--server", url, stdin=b"disk full", folder=tmp_path)
    assert ran.code == 0
    assert "using the store" in ran.err
    assert len(screen(sim)) == 1


def test_an_answer_that_is_lost_does_not_make_a_second_alert(
    tmp_path: Path, server: Served, sim: Simulator
) -> None:
    path = configured(tmp_path / "server", sim.url)  # the store of that server
    taken: list[int] = []

    def forward(body: bytes) -> None:
        taken.append(server.post("/line", body).status)

    with answering(0, forward) as url:
        ran = cli("send", "--server", url, "-c", path, stdin=b"disk full")
    assert (ran.code, ran.out.splitlines()[0]) == (0, "accepted: known already")
    assert taken == [202]
    assert len(screen(sim)) == 1


def test_neither_server_nor_configuration_says_what_to_do(tmp_path: Path) -> None:
    ran = cli("send", "--server", "http://127.0.0.1:1", stdin=b"x", folder=tmp_path)
    assert ran.code == 1
    assert "not accepted" in ran.err
    assert "Start sms-notify" in ran.err


def test_without_a_server_the_sms_has_left_when_the_command_ends(
    tmp_path: Path, sim: Simulator
) -> None:
    path = configured(tmp_path, sim.url)
    ran = cli("send", "-c", path, "--level", "critical", stdin=b"disk full")
    assert (ran.code, ran.out) == (0, "accepted: 1 told (incident 1)\n")
    [text] = screen(sim)
    assert "disk full" in text


def test_lines_without_a_server_leave_too(tmp_path: Path, sim: Simulator) -> None:
    configured(tmp_path, sim.url)
    ran = cli("send", "--lines", "--level", "critical", stdin=b"a\nb\n", folder=tmp_path)
    assert ran.code == 0
    assert len(screen(sim)) == 2


def test_a_reader_that_goes_away_does_not_undo_what_was_accepted(server: Served) -> None:
    line = f"echo x | {COMMAND} send --server {server.http.url} | true"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(server.get("/api/v1/incidents").json) == 1


def shell(line: str, server: Served) -> tuple[int, str]:
    """Exit code and standard error of a shell line in which $SEND stands for the command."""
    send = f"{COMMAND} send --server {server.http.url}"
    done = subprocess.run(
        ["sh", "-c", line], env={"SEND": send}, stderr=subprocess.PIPE, timeout=60
    )
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize("out", [">&-", ">/dev/full", ">/dev/full 2>&1", ">&- 2>&-"])
def test_what_was_accepted_is_so_where_it_cannot_be_said(out: str, server: Served) -> None:
    code, told = shell(f"echo disk full | $SEND {out}", server)
    assert code == 0
    assert told in ("", "standard output cannot be written: No space left on device\n")
    assert [each["name"] for each in server.get("/api/v1/incidents").json] == ["disk full"]


@pytest.mark.parametrize("nothing", ["<&-", "</dev/null"])
def test_a_closed_input_is_an_empty_one(nothing: str, server: Served) -> None:
    code, told = shell(f"$SEND {nothing}", server)
    assert (code, "nothing arrived on standard input" in told) == (2, True)
    assert shell("$SEND --key K --resolved <&-", server) == (0, "")


def test_a_list_that_cannot_be_written_is_a_failure(tmp_path: Path, sim: Simulator) -> None:
    path = configured(tmp_path, sim.url)
    assert cli("send", "-c", path, stdin=b"x").code == 0
    for form in ("", "--json"):
        line = f"{COMMAND} incidents -c {path} {form} >/dev/full"
        done = subprocess.run(["sh", "-c", line], stderr=subprocess.PIPE, timeout=60)
        said = b"standard output cannot be written: No space left on device\n"
        assert (done.returncode, done.stderr) == (1, said)


def test_zabbix_calls_reach_server_or_store(tmp_path: Path, server: Served, sim: Simulator) -> None:
    call = ("zabbix", "张伟", "Problem: disk full", "severity: High")
    ran = cli(*call, "--server", server.http.url)
    assert (ran.code, ran.err) == (0, "")
    [incident] = server.get("/api/v1/incidents").json
    assert incident["source"] == "zabbix"
    path = configured(tmp_path, sim.url)
    away = cli(*call, "--server", "http://127.0.0.1:1", "-c", path)
    assert away.code == 0
    assert len(screen(sim)) == 1
    nobody = cli(*call, "--server", "http://127.0.0.1:1", folder=tmp_path / "server")
    assert nobody.code == 1
    assert "disk full" not in nobody.err


@ROOT_ONLY
def test_root_becomes_the_owner_of_the_store_first(tmp_path: Path, sim: Simulator) -> None:
    path = configured(tmp_path, sim.url)
    opened_to_nobody(tmp_path)
    assert cli("send", "-c", path, stdin=b"x").code == 0
    assert cli("messages", "-c", path).code == 0
    for file in tmp_path.glob("sms-notify.db*"):
        assert file.stat().st_uid == NOBODY


@ROOT_ONLY
def test_another_user_is_told_whom_to_become(tmp_path: Path) -> None:
    store = tmp_path / "sms-notify.db"
    store.touch(mode=0o640)
    program = (
        "import os, sys\n"
        "from sms_notify.cli.ownership import become_owner\n"
        f"os.setuid({NOBODY})\n"
        "become_owner(sys.argv[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, f"sqlite:///{store}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "sudo -u root sms-notify" in done.stderr.splitlines()[-1]


NOBODY = 65534


def opened_to_nobody(folder: Path) -> None:
    """Let nobody reach and own a folder below pytest's private ones."""
    for above in list(folder.parents)[:3]:
        above.chmod(above.stat().st_mode | 0o011)
    shutil.chown(folder, NOBODY, NOBODY)
    for file in folder.iterdir():
        shutil.chown(file, NOBODY, NOBODY)


def test_a_receiver_that_nobody_is_called_is_said_by_the_server(server: Served) -> None:
    ran = cli("send", "--server", server.http.url, "--to", "没有", stdin=b"x")
    assert (ran.code, ran.err) == (0, "unknown receiver 没有: told the root receiver\n")
    assert cli("send", "--server", server.http.url, "--to", "张伟", stdin=b"y").err == ""


def test_a_receiver_that_nobody_is_called_is_said_without_a_server(
    tmp_path: Path, sim: Simulator
) -> None:
    path = configured(tmp_path, sim.url)
    ran = cli("send", "-c", path, "--to", "没有", stdin=b"x")
    assert ran.code == 0
    assert "unknown receiver 没有: told the root receiver" in ran.err
    assert len(screen(sim)) == 1
