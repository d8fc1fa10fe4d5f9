"""The alert script hands over byte for byte, or keeps the message safely, or fails loudly."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from sms_notify import spool
from sms_notify.model import HOUR
from sms_notify.sources import zabbix
from tests.house import ROOT
from tests.programs.process import SYSTEM_PATH, free_port, need
from tests.programs.receiver import Posted, Receiver
from tests.sources.zabbix_calls import ZONE, Levels

SCRIPT = ROOT / "integrations" / "zabbix" / "sms-notify-alert"
TOKEN = "s3cret-token-of-zabbix"
PHONE = "13800138000"
HOSTILE = '`id` $(reboot) \'; DROP TABLE x;-- "quoted" \\ %00 %s {{7*7}} +& = ; 😀\n second line\t'
FAR = 2**53
Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "spool"
    made.mkdir()
    return made


@pytest.fixture
def run(tmp_path: Path, folder: Path, receiver: Receiver) -> Run:
    """Run the script as Zabbix does, by default against the receiver."""
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    settings = {
        "SMS_NOTIFY_SERVER": receiver.url,
        "SMS_NOTIFY_TOKEN_FILE": str(token),
        "SMS_NOTIFY_SPOOL": str(folder),
    }

    def go(
        *arguments: str | bytes, script: Path = SCRIPT, **more: str
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["sh", str(script), *arguments],
            env={"PATH": SYSTEM_PATH, "PWD": "/", **settings, **more},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
            check=False,
        )

    return go


def nobody() -> str:
    """An address at which nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


def form(posted: Posted) -> dict[str, str]:
    fields = parse_qs(posted.body.decode(), keep_blank_values=True, strict_parsing=True)
    return {name: values[0] for name, values in fields.items()}


def entries(folder: Path) -> tuple[spool.Kept, ...]:
    return spool.take(folder, now=FAR, expires=FAR).fresh


def test_the_script_is_plain_sh() -> None:
    assert os.access(SCRIPT, os.X_OK)
    assert SCRIPT.read_text().startswith("#!/bin/sh\n")
    need("shellcheck", "shellcheck")
    done = subprocess.run(
        ["shellcheck", "-s", "sh", str(SCRIPT)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("status", [200, 202, 204])
def test_what_is_accepted_is_neither_kept_nor_spoken_of(
    run: Run, receiver: Receiver, folder: Path, status: int
) -> None:
    receiver.answer = lambda posted: status
    done = run(PHONE, "PROBLEM: x", "event_id: 17\r\ntext:\r\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    [posted] = receiver.posted
    assert posted.path == "/zabbix"
    assert posted.headers["Authorization"] == f"Bearer {TOKEN}"
    assert posted.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert form(posted) == {
        "sendto": PHONE,
        "subject": "PROBLEM: x",
        "message": "event_id: 17\r\ntext:\r\n",
    }
    assert not list(folder.iterdir())


DANGEROUS = [
    "@/etc/hostname",
    "-o/tmp/x",
    "--config",
    "a=b",
    "=",
    "",
    HOSTILE,
    "\\n%0a",
    "x" * 99_000,
]


@pytest.mark.parametrize("text", DANGEROUS)
@pytest.mark.parametrize("reachable", [True, False])
def test_every_argument_arrives_whole_and_as_text(
    run: Run, receiver: Receiver, folder: Path, text: str, reachable: bool
) -> None:
    if reachable:
        assert run(text, text, text).returncode == 0
        assert form(receiver.posted[0]) == {"sendto": text, "subject": text, "message": text}
    else:
        assert run(text, text, text, SMS_NOTIFY_SERVER=nobody()).returncode == 0
        [kept] = entries(folder)
        assert (kept.sendto, kept.subject, kept.message) == (text, text, text)


@pytest.mark.parametrize("reachable", [True, False])
def test_bytes_that_are_not_utf8_arrive_too(
    run: Run, receiver: Receiver, folder: Path, reachable: bool
) -> None:
    text = b"\xb4\xc5\xc5\xcc \xff\x80"
    done = run(b"dba", text, text, **({} if reachable else {"SMS_NOTIFY_SERVER": nobody()}))
    assert done.returncode == 0
    if reachable:
        assert b"subject=%B4%C5%C5%CC+%FF%80&" in receiver.posted[0].body.replace(b"%20", b"+")
    else:
        assert os.fsencode(entries(folder)[0].subject) == text


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_no_retry_can_mend_fails_with_the_reason_and_without_a_number(
    run: Run, receiver: Receiver, folder: Path, status: int
) -> None:
    receiver.answer = lambda posted: status
    receiver.text = f"subject and message are empty, +86{PHONE}\nsecond line\n"
    done = run(PHONE, "x", "y")
    assert done.returncode == 1
    assert done.stdout == (
        f"sms-notify-alert: refused ({status}): subject and message are empty, +****\n".encode()
    )
    assert PHONE.encode() not in done.stdout + done.stderr
    assert not list(folder.iterdir())


@pytest.mark.parametrize("status", [302, 401, 403, 404, 408, 429, 500, 502, 503])
def test_any_other_answer_keeps_the_message(
    run: Run, receiver: Receiver, folder: Path, status: int
) -> None:
    receiver.answer = lambda posted: status
    began = int(time.time())
    done = run(PHONE, "PROBLEM: x", "y")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    [kept] = entries(folder)
    assert (kept.sendto, kept.subject, kept.message) == (PHONE, "PROBLEM: x", "y")
    assert began <= kept.called_at / 1e6 <= time.time()


def test_what_was_kept_is_the_same_call_as_what_was_posted(
    run: Run, receiver: Receiver, folder: Path
) -> None:
    arguments = ("dba", "PROBLEM: x", f"event_id: 17\r\nevent_value: 1\r\nname: {HOSTILE}")
    run(*arguments)
    run(*arguments, SMS_NOTIFY_SERVER=nobody())
    [kept] = entries(folder)
    posted = zabbix.parse(
        receiver.posted[0].body,
        content_type="",
        levels=Levels(),
        called_at=kept.called_at,
        timezone=ZONE,
    )
    spooled = zabbix.parse_args(
        kept.sendto,
        kept.subject,
        kept.message,
        levels=Levels(),
        called_at=kept.called_at,
        timezone=ZONE,
    )
    assert posted.key == spooled.key
    assert posted.alerts == spooled.alerts


def test_a_kept_message_is_for_owner_and_group_only(run: Run, folder: Path) -> None:
    run(PHONE, "x", "y", SMS_NOTIFY_SERVER=nobody())
    [file] = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_an_impossible_spool_lets_zabbix_try_again(run: Run, tmp_path: Path) -> None:
    done = run(
        PHONE, "x", "y", SMS_NOTIFY_SERVER=nobody(), SMS_NOTIFY_SPOOL=str(tmp_path / "absent")
    )
    assert done.returncode == 1
    assert b"no answer from sms-notify (000), and the spool" in done.stdout
    assert PHONE.encode() not in done.stdout + done.stderr


def test_a_full_disk_lets_zabbix_try_again_and_leaves_nothing_half(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    starts.write_text(f"ulimit -f 0\n. '{SCRIPT}'\n")
    done = run(PHONE, "x", "y" * 5000, script=starts, SMS_NOTIFY_SERVER=nobody())
    assert done.returncode == 1
    assert not list(folder.iterdir())


def test_too_few_parameters_are_named(run: Run) -> None:
    done = run("only one")
    assert done.returncode == 1
    assert b"{ALERT.SENDTO}" in done.stdout


def test_no_program_is_given_the_token_as_an_argument(run: Run, receiver: Receiver) -> None:
    seen: list[bytes] = []

    def look(posted: Posted) -> int:
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.append(process.read_bytes())
            except OSError:
                continue
        return 202

    receiver.answer = look
    run(PHONE, "x", "y")
    assert any(b"sms-notify-alert" in line for line in seen)
    assert not any(TOKEN.encode() in line for line in seen)


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A copy of the script, for a settings file beside it."""
    copy = tmp_path / "alertscripts" / "sms-notify-alert"
    copy.parent.mkdir()
    shutil.copy(SCRIPT, copy)
    return copy


def settings(copy: Path, lines: Mapping[str, str], end: str = "\n") -> None:
    text = end.join(f"{name}={value}" for name, value in lines.items())
    (copy.parent / "sms-notify-alert.conf").write_text(text)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_settings_are_read_from_the_file_beside_the_script(
    run: Run, receiver: Receiver, beside: Path, tmp_path: Path, end: str
) -> None:
    other = tmp_path / "other-token"
    other.write_text("other")
    lines = {
        "# server": "no",
        "server": f"{receiver.url}/a=b/",
        "token_file": str(other),
        "spool": "/x",
        "": "",
    }
    settings(beside, lines, end)
    empty = dict.fromkeys(("SMS_NOTIFY_SERVER", "SMS_NOTIFY_TOKEN_FILE", "SMS_NOTIFY_SPOOL"), "")
    assert run("a", "b", "c", script=beside, **empty).returncode == 0
    assert receiver.posted[0].path == "/a=b/zabbix"
    assert receiver.posted[0].headers["Authorization"] == "Bearer other"


def test_the_environment_counts_more_than_the_file(
    run: Run, receiver: Receiver, beside: Path
) -> None:
    settings(beside, {"server": nobody()})
    run("a", "b", "c", script=beside)
    assert len(receiver.posted) == 1


def test_nothing_in_the_settings_is_ever_run(run: Run, beside: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    settings(
        beside,
        {"server": f"$(touch {mark})", "spool": f"`touch {mark}`", "touch": f";touch {mark}"},
    )
    empty = {"SMS_NOTIFY_SERVER": "", "SMS_NOTIFY_SPOOL": ""}
    assert run("a", "b", "c", script=beside, **empty).returncode == 1
    assert not mark.exists()


def test_somebodys_curlrc_and_proxy_change_nothing(
    run: Run, receiver: Receiver, tmp_path: Path
) -> None:
    (tmp_path / ".curlrc").write_text("fail\nproxy = http://127.0.0.1:1\n")
    assert run("a", "b", "c", HOME=str(tmp_path), http_proxy="http://127.0.0.1:1").returncode == 0
    assert len(receiver.posted) == 1


def test_a_script_killed_before_the_rename_has_kept_nothing(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    wrapped = tmp_path / "bin"
    wrapped.mkdir()
    (wrapped / "mv").write_text("#!/bin/sh\nkill -9 $PPID\n")
    (wrapped / "mv").chmod(0o755)
    done = run("a", "b", "c", SMS_NOTIFY_SERVER=nobody(), PATH=f"{wrapped}:{SYSTEM_PATH}")
    assert done.returncode == -signal.SIGKILL
    [left] = folder.iterdir()
    assert left.name.startswith(".new-")
    assert spool.state(folder).entries == 0
    long_after = int(left.stat().st_mtime) * 1_000_000 + 2 * HOUR
    assert spool.take(folder, now=long_after, expires=HOUR) == spool.Taken((), ())
    assert not list(folder.iterdir())


def test_a_script_killed_at_any_moment_leaves_no_half_entry(run: Run, folder: Path) -> None:
    environment = {
        "PATH": SYSTEM_PATH,
        "SMS_NOTIFY_SERVER": nobody(),
        "SMS_NOTIFY_SPOOL": str(folder),
    }
    for step in range(60):
        process = subprocess.Popen(
            [str(SCRIPT), "dba", "PROBLEM", "x" * 60_000],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(step * 0.0006)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    whole = entries(folder)
    assert all(kept.message == "x" * 60_000 for kept in whole)
    assert spool.state(folder) == spool.State(
        entries=len(whole),
        bytes=sum((folder / kept.file[0]).stat().st_size for kept in whole),
        oldest_at=spool.state(folder).oldest_at,
        bad=0,
    )
