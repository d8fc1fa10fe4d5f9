"""Each shell example, run as cron, smartd, mdadm or systemd runs it, says what it should."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house import ROOT
from tests.programs.process import SYSTEM_PATH, need
from tests.programs.receiver import Receiver

SHELL = ROOT / "integrations" / "shell"
SCRIPTS = [
    "backup.example.sh",
    "mdadm-notify",
    "smartd-notify",
    "sms-notify-run",
    "sms-notify-unit",
]
HOST = os.uname().nodename
RECORD = """#!/bin/sh
"exec" "{python}" "$0" "$@"
import json, sys
said = {{"argv": sys.argv[1:], "stdin": sys.stdin.read()}}
open({told!r}, "a").write(json.dumps(said) + "\\n")
sys.exit(int(open({status!r}).read()))
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """A PATH on which `sms-notify` writes down what it is told. `home` is the caller's."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def answer(self, status: int) -> None:
        (self.folder / "status").write_text(str(status))

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder / 'bin'}:{SHELL}:{SYSTEM_PATH}"
        return subprocess.run(
            command,
            env={"PATH": path, "HOME": str(self.home), **environment},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    @property
    def said(self) -> list[tuple[list[str], str]]:
        """(arguments, standard input) of each run of sms-notify so far."""
        told = self.folder / "told"
        lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
        runs = [json.loads(line) for line in lines]
        assert all(run["argv"][0] == "send" for run in runs)
        return [(run["argv"][1:], run["stdin"]) for run in runs]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    for name in ("bin", "home"):
        (tmp_path / name).mkdir()
    program = tmp_path / "bin" / "sms-notify"
    told, status = str(tmp_path / "told"), str(tmp_path / "status")
    program.write_text(RECORD.format(python=sys.executable, told=told, status=status))
    program.chmod(0o755)
    made = Machine(tmp_path)
    made.answer(0)
    return made


def option(argv: list[str], name: str) -> str | None:
    """The value of an option, None if it is not there."""
    return argv[argv.index(name) + 1] if name in argv else None


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_examples_are_plain_sh(name: str) -> None:
    assert os.access(SHELL / name, os.X_OK)
    need("shellcheck", "shellcheck")
    done = subprocess.run(
        ["shellcheck", "-s", "sh", str(SHELL / name)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_every_example_is_in_this_list() -> None:
    assert sorted(path.name for path in SHELL.iterdir() if os.access(path, os.X_OK)) == SCRIPTS


def test_a_job_that_works_says_nothing(machine: Machine) -> None:
    done = machine.run("sms-notify-run", "dump", "echo", "fine")
    assert (done.returncode, done.stdout) == (0, "fine\n")
    assert machine.said == []


def test_a_job_that_fails_pages_with_its_last_lines_and_keeps_its_status(machine: Machine) -> None:
    noise = "seq 100; echo 磁盘满 >&2; exit 3"
    done = machine.run("sms-notify-run", "-t", "数据库", "dump", "sh", "-c", noise)
    assert done.returncode == 3
    assert done.stdout.endswith("100\n磁盘满\n")
    [(argv, text)] = machine.said
    assert option(argv, "--level") == "critical"
    assert option(argv, "--key") == f"run:{HOST}:dump"
    assert option(argv, "--to") == "数据库"
    assert option(argv, "--label") == "job=dump"
    assert "--resolved" not in argv
    assert text.splitlines()[0] == "dump failed with exit 3"
    assert text.splitlines()[-2:] == ["100", "磁盘满"]
    assert len(text.splitlines()) == 21


def test_the_next_success_tells_the_end_once(machine: Machine) -> None:
    machine.run("sms-notify-run", "-l", "warning", "dump", "false")
    for _ in range(2):
        machine.run("sms-notify-run", "dump", "true")
    began, ended = (argv for argv, _ in machine.said)
    assert option(began, "--level") == "warning"
    assert "--resolved" in ended
    assert option(ended, "--key") == option(began, "--key")


def test_an_end_that_was_not_accepted_is_told_again(machine: Machine) -> None:
    machine.run("sms-notify-run", "dump", "false")
    machine.answer(1)
    assert machine.run("sms-notify-run", "dump", "true").returncode == 0
    machine.answer(0)
    machine.run("sms-notify-run", "dump", "true")
    machine.run("sms-notify-run", "dump", "true")
    assert ["--resolved" in argv for argv, _ in machine.said] == [False, True, True]


@pytest.mark.parametrize("name", ["", "a b", "../x", "$(id)", "数据"])
def test_a_job_without_a_plain_name_is_not_run(machine: Machine, name: str) -> None:
    done = machine.run("sms-notify-run", name, "touch", str(machine.home / "ran"))
    assert done.returncode == 2
    assert not (machine.home / "ran").exists()


def crontab() -> tuple[dict[str, str], list[str]]:
    """The example's variables, and its commands as cron hands them to sh."""
    variables, commands = {}, []
    for line in (SHELL / "crontab.example").read_text(encoding="utf-8").splitlines():
        if setting := re.fullmatch(r"([A-Z_]+)=(.*)", line):
            variables[setting[1]] = setting[2]
        elif line and not line.startswith("#"):
            assert not re.search(r"(?<!\\)%", line), "cron ends a command at a bare %"
            commands.append(line.split(None, 5)[5].replace(r"\%", "%"))
    return variables, commands


def test_the_lines_of_the_crontab_run(machine: Machine) -> None:
    variables, commands = crontab()
    assert variables["SMS_NOTIFY_SERVER"] == "http://127.0.0.1:9097"
    finds = machine.folder / "bin" / "find"
    finds.write_text("#!/bin/sh\necho /var/spool/upload/旧文件\n")
    finds.chmod(0o755)
    for command in commands:
        machine.run("sh", "-c", command)
    said = machine.said
    assert [option(argv, "--label") for argv, _ in said] == [
        "job=db-dump",
        "job=sync-dns",
        "job=upload",
    ]
    assert option(said[1][0], "--to") == "网络值班"
    assert said[2][1] == "/var/spool/upload/旧文件\n"


def test_the_backup_keeps_what_it_read_and_pages_when_the_target_is_gone(machine: Machine) -> None:
    source, target = machine.folder / "source", machine.folder / "target"
    for folder in (source, target):
        folder.mkdir()
    (source / "数据").write_text("x")
    command = [
        "sms-notify-run",
        "backup",
        str(SHELL / "backup.example.sh"),
        str(source),
        str(target),
    ]
    assert machine.run(*command).returncode == 0
    [kept] = target.iterdir()
    listed = machine.run("tar", "-tzf", str(kept)).stdout
    assert listed.count("\n") == 2
    assert machine.said == []

    shutil.rmtree(target)
    assert machine.run(*command).returncode == 1
    [(argv, text)] = machine.said
    assert option(argv, "--key") == f"run:{HOST}:backup"
    assert "not mounted?" in text


def test_a_disk_that_fails_pages(machine: Machine) -> None:
    environment = {
        "SMARTD_DEVICE": "/dev/sda",
        "SMARTD_FAILTYPE": "CurrentPendingSector",
        "SMARTD_MESSAGE": "Device: /dev/sda [SAT], 8 Currently unreadable (pending) sectors",
        "SMARTD_FULLMESSAGE": "This message was generated by the smartd daemon",
    }
    assert machine.run(str(SHELL / "smartd-notify"), **environment).returncode == 0
    [(argv, text)] = machine.said
    assert option(argv, "--level") == "critical"
    assert option(argv, "--key") == f"smartd:{HOST}:/dev/sda:CurrentPendingSector"
    assert text.splitlines()[0] == environment["SMARTD_MESSAGE"]


@pytest.mark.parametrize("trouble", ["Temperature", "EmailTest"])
def test_a_warm_disk_and_a_test_are_only_a_warning(machine: Machine, trouble: str) -> None:
    machine.run(str(SHELL / "smartd-notify"), SMARTD_FAILTYPE=trouble, SMARTD_DEVICE="/dev/sdb")
    assert option(machine.said[0][0], "--level") == "warning"


@pytest.mark.parametrize(
    ("event", "level", "resolved"),
    [
        ("Fail", "critical", False),
        ("DegradedArray", "critical", False),
        ("DeviceDisappeared", "critical", False),
        ("SparesMissing", "warning", False),
        ("SpareActive", None, True),
    ],
)
def test_a_degraded_array_pages_and_a_whole_one_ends_it(
    machine: Machine, event: str, level: str | None, resolved: bool
) -> None:
    machine.run(str(SHELL / "mdadm-notify"), event, "/dev/md0", "/dev/sdb1")
    [(argv, text)] = machine.said
    assert option(argv, "--level") == level
    assert ("--resolved" in argv) is resolved
    assert (option(argv, "--key") or "").startswith(f"mdadm:{HOST}:/dev/md0")
    assert text.splitlines()[0] == f"RAID /dev/md0: {event} /dev/sdb1"


def test_a_test_of_mdadm_is_an_alert_of_its_own(machine: Machine) -> None:
    machine.run(str(SHELL / "mdadm-notify"), "TestMessage", "/dev/md0")
    assert option(machine.said[0][0], "--key") is None


@pytest.mark.parametrize("event", ["RebuildStarted", "Rebuild40", "RebuildFinished", "NewArray"])
def test_a_rebuild_wakes_nobody(machine: Machine, event: str) -> None:
    assert machine.run(str(SHELL / "mdadm-notify"), event, "/dev/md0").returncode == 0
    assert machine.said == []


UNITS = {"failed": "sms-notify-failure@.service", "recovered": "sms-notify-recovered@.service"}


@pytest.mark.parametrize("what", UNITS)
def test_a_failed_unit_pages_and_a_recovered_one_ends_it(machine: Machine, what: str) -> None:
    unit = (SHELL / UNITS[what]).read_text(encoding="utf-8")
    [start] = re.findall("^ExecStart=(.*)$", unit, re.MULTILINE)
    program, *arguments = shlex.split(start.replace("%i", "db-dump.service"))
    assert Path(program).parent == Path("/usr/local/lib/sms-notify")
    assert machine.run(str(SHELL / Path(program).name), *arguments).returncode == 0
    [(argv, text)] = machine.said
    assert option(argv, "--key") == f"systemd:{HOST}:db-dump.service"
    assert ("--resolved" in argv) is (what == "recovered")
    assert text.startswith("db-dump.service")


@pytest.mark.parametrize("name", UNITS.values())
def test_systemd_understands_the_units(name: str, tmp_path: Path) -> None:
    need("systemd", "systemd-analyze")
    text = (SHELL / name).read_text(encoding="utf-8")
    copy = tmp_path / name.replace("@", "@x.service")
    copy.write_text(text.replace("/usr/local/lib/sms-notify/sms-notify-unit", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert name.partition("@")[0] not in done.stderr


def test_the_real_command_understands_what_the_examples_say(
    machine: Machine, receiver: Receiver
) -> None:
    receiver.answer = lambda posted: 202
    receiver.text = "{}"
    program = machine.folder / "bin" / "sms-notify"
    program.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -c "from sms_notify.cli import main; main()" "$@"\n'
    )
    server = {"SMS_NOTIFY_SERVER": receiver.url}
    for command in ("false", "true"):
        done = machine.run("sms-notify-run", "-t", "数据库", "dump", command, **server)
        assert "accepted" in done.stderr, done.stderr
    began, ended = (json.loads(posted.body) for posted in receiver.posted)
    assert began["key"] == ended["key"] == f"run:{HOST}:dump"
    machine.run(str(SHELL / "mdadm-notify"), "TestMessage", "/dev/md0", **server)
    machine.run(str(SHELL / "smartd-notify"), SMARTD_DEVICE="/dev/sda", **server)
    machine.run(str(SHELL / "sms-notify-unit"), "failed", "x.service", **server)
    assert len(receiver.posted) == 5
