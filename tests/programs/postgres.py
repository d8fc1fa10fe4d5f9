"""Real PostgreSQL clusters of the tests' own, a standby, and pgbouncer before one of them."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from .process import Process, free_port

PROGRAMS = Path("/usr/lib/postgresql")
PGBOUNCER = "pgbouncer"


def installed() -> Path | None:
    """The folder of the newest server's programs, None where there is no server."""
    found = sorted(PROGRAMS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class Postgres(Process):
    """A cluster on loopback and a socket in its folder; everybody is trusted.

    durable: fsync stays on, as the product needs it; off only where the data does not matter.
    segment: MiB of a file of the log, which is as long from the start.
    """

    def __init__(
        self, programs: Path, folder: Path, durable: bool = True, segment: int = 16
    ) -> None:
        self.port = free_port()
        self._segment = segment
        self.programs = programs
        self.durable = durable
        self._data = folder / "data"
        self._numbers = count(1)
        command = [str(programs / "postgres"), "-D", str(self._data)]
        super().__init__("postgres", command, folder, self._accepts, user="postgres")
        own(folder, self._user)
        self._create()

    def _create(self) -> None:
        self._data.mkdir(mode=0o700)
        own(self._data, self._user)
        options = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        options.append(f"--wal-segsize={self._segment}")
        self._made_by("initdb", "-D", str(self._data), *options)
        self._configure()

    def _made_by(self, program: str, *options: str) -> None:
        """Run one of PostgreSQL's programs as the cluster's owner."""
        subprocess.run(
            [str(self.programs / program), *options],
            cwd=self.folder,
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
            check=True,
            capture_output=True,
        )

    def _configure(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "max_connections": 100,
            "fsync": "on" if self.durable else "off",
            "synchronous_commit": "on" if self.durable else "off",
        }
        with (self._data / "postgresql.conf").open("a") as config:
            config.writelines(f"{key} = '{value}'\n" for key, value in settings.items())

    def standby(self, folder: Path, name: str = "standby") -> Standby:
        """A second cluster that follows this one, which must run; not yet started."""
        return Standby(self, folder, name)

    def wait_for_standby(self, names: str) -> None:
        """From now on a commit waits for one of these; '' for none."""
        self.run(f"alter system set synchronous_standby_names = '{names}'")
        self.run("select pg_reload_conf()")

    def _accepts(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def url(self, database: str) -> str:
        """The address of a database, as a configuration's `store:` takes it."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside a transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def ask(self, question: str, database: str = "postgres") -> Any:
        """The first value of the first row that answers the question; None without any."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            row = connection.execute(question.encode()).fetchone()
        return row[0] if row else None

    @property
    def connections(self) -> str:
        """The condition under which pg_stat_activity speaks of clients other than the asker."""
        return "pid <> pg_backend_pid() and backend_type = 'client backend'"

    def cut(self) -> int:
        """Cut off every client; how many there were."""
        count = "count(pg_terminate_backend(pid))"
        cut: int = self.ask(f"select {count} from pg_stat_activity where {self.connections}")
        return cut

    @contextmanager
    def full(self, size: int) -> Iterator[None]:
        """No file of it may grow beyond `size` bytes: to the server, a disk that is full."""
        self._limit(size)
        self.cut()  # who comes now is served by a process with that limit
        try:
            yield
        finally:
            self._limit(resource.RLIM_INFINITY)
            self.cut()

    def _limit(self, size: int) -> None:
        """By a program that runs as the same user: even root may be kept from it, without that."""
        for number in (self.pid, *children(self.pid)):
            most = "unlimited" if size == resource.RLIM_INFINITY else str(size)
            subprocess.run(
                ["prlimit", f"--pid={number}", f"--fsize={most}:"],
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user else None,
                check=False,  # it may have ended
                capture_output=True,
            )

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It takes connections, and says nothing: all its processes stand still."""
        stopped = [self.pid, *children(self.pid)]
        for number in stopped:
            os.kill(number, signal.SIGSTOP)
        try:
            yield
        finally:
            for number in stopped:
                with suppress(ProcessLookupError):
                    os.kill(number, signal.SIGCONT)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The url of a new, empty database; dropped afterwards, whoever is still connected."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.run(f"create database {name}")
        try:
            yield self.url(name)
        finally:
            if self.alive:
                self.run(f"drop database {name} with (force)")

    def stop(self, by: signal.Signals = signal.SIGINT, seconds: float = 20) -> int | None:
        """Stop fast: who is connected is cut off."""
        return super().stop(by, seconds)


class Standby(Postgres):
    """A cluster that streams from another until it is promoted."""

    def __init__(self, primary: Postgres, folder: Path, name: str) -> None:
        self._primary = primary
        self._called = name
        super().__init__(primary.programs, folder, primary.durable)

    def _create(self) -> None:
        source = f"host=127.0.0.1 port={self._primary.port} user=postgres"
        where = f"{source} application_name={self._called}"
        options = ["-D", str(self._data), "-d", where, "-R", "--checkpoint=fast", "--no-sync"]
        self._made_by("pg_basebackup", *options)
        self._configure()

    def promote(self) -> None:
        """Make it the primary; returns when it takes writes."""
        assert self.ask("select pg_promote(true, 30)")


class Pgbouncer(Process):
    """pgbouncer before a cluster; `pool` is its pool_mode."""

    def __init__(self, before: Postgres, folder: Path, pool: str = "transaction") -> None:
        self.port = free_port()
        self._before = before
        config = folder / "pgbouncer.ini"
        config.write_text(
            f"[databases]\n* = host=127.0.0.1 port={before.port} user=postgres\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\n"
            f"unix_socket_dir =\nauth_type = any\npool_mode = {pool}\n"
            "default_pool_size = 5\nserver_login_retry = 1\n"
        )
        super().__init__(PGBOUNCER, [PGBOUNCER, str(config)], folder, self._accepts, "postgres")
        own(folder, self._user)

    def _accepts(self) -> bool:
        try:
            psycopg.connect(self.through(self._before.url("postgres")), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def through(self, url: str) -> str:
        """The same database by way of this pooler."""
        return url.replace(f":{self._before.port}/", f":{self.port}/")


def own(path: Path, user: str | None) -> None:
    if user:
        shutil.chown(path, user, user)


def children(pid: int) -> list[int]:
    """The processes that this one has started."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
