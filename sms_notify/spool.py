"""Takes back what the Zabbix alert script kept in the spool while sms-notify did not answer.

The folder belongs to zabbix, so nothing in it is trusted: links are not followed, only files of
bounded size with a known owner are read, and what cannot be read is moved to `bad/`, where the
operator finds it. An entry is removed after its call is stored; should the process die in between,
the call comes again under the same key and is known.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sms_notify.model import HOUR, SECOND, Micros

MAGIC = b"sms-notify-zabbix-1"
SUFFIX = ".zabbix"
NEW = "."
BAD = "bad"
MOST_BYTES = 1024 * 1024
AT_ONCE = 500
UNFINISHED = HOUR
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEVER_READABLE = {errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENXIO}


@dataclass(frozen=True, slots=True)
class Kept:
    """One call that waited: the script's arguments and the time of its run. `file` names it here.

    `called_at` is the script's own clock, or the file's where that says nothing usable.
    """

    file: tuple[str, int]
    called_at: Micros
    sendto: str
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What may be stored now: `fresh` one by one, `late` (older than `expires`) in one digest."""

    fresh: tuple[Kept, ...]
    late: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class State:
    """What waits: for /-/ready and the metrics. `oldest_at` is the oldest file's own time."""

    entries: int
    bytes: int
    oldest_at: Micros | None
    bad: int


def take(folder: Path, *, now: Micros, expires: Micros, at_once: int = AT_ONCE) -> Taken:
    """The oldest entries, at most `at_once`, in the order of their writing; none is removed.

    What is no entry is moved to `bad/` on the way; a file that an aborted script left unfinished
    goes after an hour. A folder that is not there holds nothing. Raises OSError if it cannot be
    listed at all.
    """
    if not folder.exists():
        return Taken((), ())
    with _opened(folder) as root:
        found = sorted(_candidates(root), key=lambda entry: (entry[1].st_mtime_ns, entry[0]))
        kept: list[Kept] = []
        for name, about in found:
            if name.startswith(NEW):
                _forget_unfinished(root, name, about, now)
            elif len(kept) < at_once:
                kept += _kept_or_aside(root, name, now)
    late = {one.file for one in kept if one.called_at < now - expires}
    return Taken(
        fresh=tuple(one for one in kept if one.file not in late),
        late=tuple(one for one in kept if one.file in late),
    )


def remove(folder: Path, stored: Iterable[Kept]) -> list[str]:
    """Delete entries whose calls are committed; returns the names that could not be deleted."""
    stuck: list[str] = []
    with _opened(folder) as root:
        for name, inode in (one.file for one in stored):
            try:
                if os.stat(name, dir_fd=root, follow_symlinks=False).st_ino == inode:
                    os.unlink(name, dir_fd=root)
            except FileNotFoundError:
                continue
            except OSError:
                stuck.append(ascii(name))
    return stuck


def set_aside(folder: Path, kept: Kept) -> None:
    """Move an entry that can be read but never stored to `bad/`."""
    with _opened(folder) as root:
        _aside(root, kept.file[0])


def state(folder: Path) -> State:
    """How much waits, unfinished files not counted. Raises OSError if it cannot be listed."""
    if not folder.exists():
        return State(0, 0, None, 0)
    with _opened(folder) as root:
        waiting = [about for name, about in _candidates(root) if not name.startswith(NEW)]
        bad = _count_bad(root)
    oldest = min((about.st_mtime_ns for about in waiting), default=None)
    return State(
        entries=len(waiting),
        bytes=sum(about.st_size for about in waiting),
        oldest_at=None if oldest is None else oldest // 1000,
        bad=bad,
    )


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """A descriptor of the folder, so that nobody can put another in its place meanwhile."""
    root = os.open(folder, _FOLDER)
    try:
        yield root
    finally:
        os.close(root)


def _candidates(root: int) -> Iterator[tuple[str, os.stat_result]]:
    """Everything in the folder but folders, by its own status (of a link, not of its target)."""
    for name in os.listdir(root):
        with suppress(FileNotFoundError):
            about = os.stat(name, dir_fd=root, follow_symlinks=False)
            if not stat.S_ISDIR(about.st_mode):
                yield name, about


def _forget_unfinished(root: int, name: str, about: os.stat_result, now: Micros) -> None:
    if about.st_mtime_ns // 1000 < now - UNFINISHED:
        with suppress(OSError):
            os.unlink(name, dir_fd=root)


def _kept_or_aside(root: int, name: str, now: Micros) -> list[Kept]:
    """The entry, or nothing: gone, moved aside, or unreadable for a reason that may pass."""
    try:
        raw, about = _content(root, name)
        return [_kept(raw, name, about, now)]
    except ValueError:
        _aside(root, name)
    except OSError as wrong:
        if wrong.errno in _NEVER_READABLE:
            _aside(root, name)
    return []


def _content(root: int, name: str) -> tuple[bytes, os.stat_result]:
    """Raises ValueError for what is no entry, whatever it holds."""
    if not name.endswith(SUFFIX):
        raise ValueError("not named like an entry")
    file = os.open(name, _READ, dir_fd=root)
    with open(file, "rb") as opened:
        about = os.fstat(file)
        if not stat.S_ISREG(about.st_mode) or about.st_size > MOST_BYTES:
            raise ValueError("not a file, or too large")
        if about.st_uid not in {0, os.geteuid(), os.fstat(root).st_uid}:
            raise ValueError("of a strange owner")
        return opened.read(MOST_BYTES), about


def _kept(raw: bytes, name: str, about: os.stat_result, now: Micros) -> Kept:
    """The entry that sms-notify-alert wrote: five parts, each ended by a NUL. Raises ValueError."""
    magic, called_at, *arguments, end = raw.split(b"\0", 5)
    sendto, subject, message = (part.decode("utf-8", "surrogateescape") for part in arguments)
    if magic != MAGIC or end:
        raise ValueError("not an entry of this kind")
    return Kept(
        file=(name, about.st_ino),
        called_at=_moment(called_at, about.st_mtime_ns // 1000, now),
        sendto=sendto,
        subject=subject,
        message=message,
    )


def _moment(seconds: bytes, written_at: Micros, now: Micros) -> Micros:
    if seconds.isdigit() and 0 < len(seconds) <= 12:
        return min(int(seconds) * SECOND, now)
    return min(written_at, now)


def _aside(root: int, name: str) -> None:
    """Into `bad/` under a name that is free; where that fails, the file stays and is passed by."""
    with suppress(OSError):
        with suppress(FileExistsError):
            os.mkdir(BAD, 0o750, dir_fd=root)
        with _bad(root) as bad:
            taken = set(os.listdir(bad))
            names = (name, *(f"{number}-{name}" for number in range(1, len(taken) + 1)))
            free = next(free for free in names if free not in taken)
            os.rename(name, free, src_dir_fd=root, dst_dir_fd=bad)


def _count_bad(root: int) -> int:
    try:
        with _bad(root) as bad:
            return len(os.listdir(bad))
    except OSError:
        return 0


@contextmanager
def _bad(root: int) -> Iterator[int]:
    bad = os.open(BAD, _FOLDER | os.O_NOFOLLOW, dir_fd=root)
    try:
        yield bad
    finally:
        os.close(bad)
