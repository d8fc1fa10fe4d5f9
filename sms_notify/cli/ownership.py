"""Whose the store file is: only its owner may write it, and root becomes the owner first.

A file that root made beside the store (SQLite's -wal and -shm) would lock the service out.
"""

from __future__ import annotations

import os
import pwd
from importlib import import_module
from pathlib import Path

import click

from sms_notify.errors import UsageError

SQLITE = "sqlite"
LATER = (
    "sqlite3",
    "concurrent.futures.thread",
    "encodings.gbk",
    "encodings.gb18030",
    "encodings.idna",
    "importlib.resources",
    "sms_notify.runner",
)
"""What is otherwise imported only when it is first needed."""


def become_owner(url: str) -> None:
    """Run as the owner of the store from here on. Raises UsageError that says how to get there.

    Nothing to do for a store that is no file. Call it when the configuration has been read: the
    owner may read no more than root could.
    """
    path = sqlite_file(url)
    if path is None:
        return
    owner = _owner(path)
    if owner == os.geteuid():
        return
    if os.geteuid() != 0:
        _refuse_unless_free(path, owner)
        return
    account = _account(owner)
    for module in LATER:  # the owner may not be able to read the Python of root
        import_module(module)
    os.initgroups(account.pw_name, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def require_store(url: str) -> None:
    """Raise UsageError if the store is a file that is not there: reading must not make one."""
    path = sqlite_file(url)
    if path is not None and not path.exists():
        raise UsageError(
            f"there is no store {path} yet: `sms-notify serve` or `send` makes it; "
            "`store:` in the configuration says where"
        )


def sqlite_file(url: str) -> Path | None:
    """The file of a `sqlite:///…` URL, None for everything else."""
    scheme, _, rest = url.partition("://")
    if scheme.split("+")[0] != SQLITE or not rest.startswith("/"):
        return None
    name = rest[1:].partition("?")[0]
    return Path(name) if name and name != ":memory:" else None


def _owner(path: Path) -> int:
    """The owner of the file, or of the nearest folder above it that we may look at."""
    for place in (path, *path.parents):
        try:
            return place.stat().st_uid
        except OSError:
            continue
    return os.geteuid()


def _refuse_unless_free(path: Path, owner: int) -> None:
    """A new file in a folder where anybody may write (/tmp) is nobody's yet."""
    if _seen(path) is None and os.access(path.parent, os.W_OK | os.X_OK):
        return
    context = click.get_current_context(silent=True)
    command = context.command_path if context else "sms-notify COMMAND"
    account = _account(owner).pw_name
    raise UsageError(
        f"the store {path} belongs to {account}: "
        f"sudo -u {account} {command} …, or ask a running server with --server"
    )


def _seen(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _account(number: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(number)
    except KeyError:
        raise UsageError(f"the store belongs to user {number}: no such user here") from None
