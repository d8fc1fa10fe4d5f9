"""A real PostgreSQL cluster of the tests' own, in a folder that goes away with it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

from .process import Process, free_port

PROGRAMS = Path("/usr/lib/postgresql")


def installed() -> Path | None:
    """The folder of the newest server's programs, None where there is no server."""
    found = sorted(PROGRAMS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class Postgres(Process):
    """A cluster on loopback and a socket in its folder; everybody is trusted.

    durable: fsync stays on, as the product needs it; off only where the data does not matter.
    """

    def __init__(self, programs: Path, folder: Path, durable: bool = True) -> None:
        self.port = free_port()
        self.programs = programs
        self._data = folder / "data"
        self._numbers = count(1)
        command = [str(programs / "postgres"), "-D", str(self._data)]
        super().__init__("postgres", command, folder, self._accepts, user="postgres")
        self._create(durable)

    def _create(self, durable: bool) -> None:
        self._data.mkdir(mode=0o700)
        if self._user:
            shutil.chown(self._data, self._user, self._user)
            shutil.chown(self.folder, self._user, self._user)
        options = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(
            [str(self.programs / "initdb"), "-D", str(self._data), *options],
            cwd=self.folder,
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
            check=True,
            capture_output=True,
        )
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "max_connections": 100,
            "fsync": "on" if durable else "off",
            "synchronous_commit": "on" if durable else "off",
        }
        with (self._data / "postgresql.conf").open("a") as config:
            config.writelines(f"{key} = '{value}'\n" for key, value in settings.items())

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
