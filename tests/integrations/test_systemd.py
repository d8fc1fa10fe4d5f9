"""The unit is understood and hardened, and its files belong to whom the design says."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sms_notify import spool
from tests.house import ROOT
from tests.programs.process import SYSTEM_PATH, folder_for, free_port, need

SYSTEMD = ROOT / "integrations" / "systemd"
SCRIPT = ROOT / "integrations" / "zabbix" / "sms-notify-alert"
PHONE = "13800138000"
NOBODY = 65534
FAR = 2**53


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with programs that are there: `verify` looks for them."""
    need("systemd", "systemd-analyze")
    text = (SYSTEMD / "sms-notify.service").read_text(encoding="utf-8")
    copy = tmp_path / "sms-notify.service"
    copy.write_text(text.replace("/usr/local/bin/sms-notify ", "/bin/true "))
    return copy


def analyze(*arguments: str) -> str:
    done = subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + "".join(
        line for line in done.stderr.splitlines(keepends=True) if "sms-notify" in line
    )


def test_systemd_finds_nothing_to_complain_about(unit: Path) -> None:
    assert analyze("verify", str(unit)) == ""


def test_the_unit_is_hardened(unit: Path) -> None:
    told = analyze("security", "--offline=true", "--no-pager", str(unit))
    [exposure] = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", told)
    assert float(exposure) <= 2.0


def test_a_configuration_that_cannot_be_used_does_not_restart_for_ever(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    assert "RestartPreventExitStatus=2\n" in text
    assert "Restart=always\n" in text
    assert "StartLimitIntervalSec=0\n" in text


@dataclass(frozen=True, slots=True)
class User:
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Host:
    """A root folder with our users and folders, made by systemd's own tools."""

    root: Path
    zabbix: User
    sms_notify: User

    @property
    def spool(self) -> Path:
        return self.root / "var/spool/sms-notify"

    def alert(self, user: User) -> int:
        """Run the alert script as `user` while sms-notify is away."""
        settings = {
            "SMS_NOTIFY_SERVER": f"http://127.0.0.1:{free_port()}",
            "SMS_NOTIFY_SPOOL": str(self.spool),
        }
        done = subprocess.run(
            ["sh", str(self.root / "sms-notify-alert"), PHONE, "PROBLEM: x", "y"],
            env={"PATH": SYSTEM_PATH, **settings},
            cwd="/",
            capture_output=True,
            user=user.uid,
            group=user.gid,
            extra_groups=[],
            check=False,
        )
        return done.returncode


@contextmanager
def acting_as(user: User) -> Iterator[None]:
    """Do as another user what follows."""
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(user.gid)
    os.seteuid(user.uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def read_user(root: Path, name: str) -> User:
    for line in (root / "etc/passwd").read_text().splitlines():
        fields = line.split(":")
        if fields[0] == name:
            return User(int(fields[2]), int(fields[3]))
    raise AssertionError(f"no user {name}")


@pytest.fixture
def host() -> Iterator[Host]:
    need("systemd", "systemd-sysusers", "systemd-tmpfiles")
    if os.geteuid() != 0:
        pytest.skip("only root can act as other users: run the tests as root")
    with folder_for("host") as root:
        (root / "etc").mkdir(mode=0o755)
        (root / "var/spool").mkdir(mode=0o755, parents=True)
        for folder in (root / "var", root / "var/spool"):
            folder.chmod(0o755)
        zabbix = root / "zabbix.conf"
        zabbix.write_text("u zabbix -\n")
        users = [str(zabbix), str(SYSTEMD / "sms-notify.sysusers.conf")]
        files = [str(path) for path in sorted(SYSTEMD.glob("*.tmpfiles.conf"))]
        for command in (["systemd-sysusers", *users], ["systemd-tmpfiles", "--create", *files]):
            subprocess.run([command[0], f"--root={root}", *command[1:]], check=True)
        shutil.copy(SCRIPT, root / "sms-notify-alert")
        yield Host(root, read_user(root, "zabbix"), read_user(root, "sms-notify"))


def test_the_folders_belong_to_whom_the_design_says(host: Host) -> None:
    ours, zabbix = host.sms_notify, host.zabbix
    wanted = {
        "etc/sms-notify": (0, ours.gid, 0o750),
        "var/lib/sms-notify": (ours.uid, ours.gid, 0o750),
        "var/spool/sms-notify": (zabbix.uid, ours.gid, 0o2770),
    }
    for name, owned in wanted.items():
        about = (host.root / name).stat()
        assert (about.st_uid, about.st_gid, stat.S_IMODE(about.st_mode)) == owned, name


def test_zabbix_writes_and_sms_notify_reads_and_removes(host: Host) -> None:
    assert host.alert(host.zabbix) == 0
    [entry] = host.spool.iterdir()
    about = entry.stat()
    assert (about.st_uid, about.st_gid) == (host.zabbix.uid, host.sms_notify.gid)
    assert stat.S_IMODE(about.st_mode) == 0o640
    with acting_as(host.sms_notify):
        [kept] = spool.take(host.spool, now=FAR, expires=FAR).fresh
        assert kept.sendto == PHONE
        assert spool.remove(host.spool, [kept]) == []
    assert not list(host.spool.iterdir())


def test_sms_notify_moves_aside_what_it_may_not_read(host: Host) -> None:
    host.alert(host.zabbix)
    [entry] = host.spool.iterdir()
    entry.chmod(0o600)
    with acting_as(host.sms_notify):
        assert spool.take(host.spool, now=FAR, expires=FAR) == spool.Taken((), ())
        assert spool.state(host.spool).bad == 1
    assert stat.S_IMODE((host.spool / "bad").stat().st_mode) & 0o007 == 0


def test_sms_notify_takes_nothing_from_a_strange_owner(host: Host) -> None:
    host.alert(host.zabbix)
    [entry] = host.spool.iterdir()
    os.chown(entry, NOBODY, host.sms_notify.gid)
    with acting_as(host.sms_notify):
        assert spool.take(host.spool, now=FAR, expires=FAR) == spool.Taken((), ())
        assert spool.state(host.spool).bad == 1


OTHERS: list[Callable[[Path], object]] = [
    lambda folder: list(folder.iterdir()),
    lambda folder: (folder / "x").write_text("x"),
    lambda folder: (folder / "1.zabbix").read_bytes(),
]


def test_others_can_neither_look_nor_write(host: Host) -> None:
    (host.spool / "1.zabbix").write_text("x")
    with acting_as(User(NOBODY, NOBODY)):
        for attempt in OTHERS:
            with pytest.raises(PermissionError):
                attempt(host.spool)
    assert host.alert(User(NOBODY, NOBODY)) == 1


def test_zabbix_can_read_neither_the_configuration_nor_the_store(host: Host) -> None:
    with acting_as(host.zabbix):
        for name in ("etc/sms-notify", "var/lib/sms-notify"):
            with pytest.raises(PermissionError):
                list((host.root / name).iterdir())


def test_sms_notify_cannot_change_its_own_configuration(host: Host) -> None:
    with acting_as(host.sms_notify), pytest.raises(PermissionError):
        (host.root / "etc/sms-notify/config.yaml").write_text("x")
