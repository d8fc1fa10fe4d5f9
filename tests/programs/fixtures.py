"""Fixtures that lend the real programs to any test; one that uses them is marked `real`.

alertmanager(config)   started Alertmanager         alertmanager_pair(config)  two that gossip
prometheus(rules, to)  started Prometheus           receiver   records webhooks
postgres   a cluster for the whole run              postgres_url   an empty database of its own
replicated   a primary and its synchronous standby     pgbouncer   a pooler before `postgres`
zabbix     server, database and API for the run
sim        the simulated SMS gateway    serve(config)   started `sms-notify serve`
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sms_notify.simulator import Simulator

from .postgres import PGBOUNCER, PROGRAMS, Pgbouncer, Postgres, Standby, installed
from .process import Process, folder_for, need
from .product import Serve, gateway
from .prometheus import ALERTMANAGER, PROMETHEUS, Alertmanager, Prometheus, pair
from .receiver import Receiver
from .zabbix import PACKAGES as ZABBIX_PACKAGES
from .zabbix import PROGRAMS as ZABBIX_PROGRAMS
from .zabbix import Zabbix

REAL = {
    *("alertmanager", "alertmanager_pair", "prometheus", "zabbix"),
    *("postgres", "postgres_url", "replicated", "pgbouncer"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a real program, so that `-m 'not real'` leaves it out."""
    for item in items:
        lent = REAL & set(getattr(item, "fixturenames", ()))
        if lent or item.path.parent.name == "real":
            item.add_marker(pytest.mark.real)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    lent = Receiver()
    yield lent
    lent.close()


@pytest.fixture
def started(request: pytest.FixtureRequest) -> Iterator[Callable[[Process], None]]:
    """Start a process that ends with the test; a failed test shows the end of its output."""
    with ExitStack() as ends:

        def start(process: Process) -> None:
            ends.callback(process.stop)
            process.start()
            request.node.add_report_section("call", process.name, f"log: {process.log}")

        yield start


@pytest.fixture
def alertmanager(
    tmp_path: Path, started: Callable[[Process], None]
) -> Callable[[str], Alertmanager]:
    """Start an Alertmanager with this alertmanager.yml."""
    need(ALERTMANAGER, ALERTMANAGER)

    def start(config: str) -> Alertmanager:
        lent = Alertmanager(tmp_path / "alertmanager", config)
        started(lent)
        return lent

    return start


@pytest.fixture
def alertmanager_pair(
    tmp_path: Path, started: Callable[[Process], None]
) -> Callable[[str], tuple[Alertmanager, Alertmanager]]:
    """Start two Alertmanagers in high availability with this alertmanager.yml."""
    need(ALERTMANAGER, ALERTMANAGER)

    def start(config: str) -> tuple[Alertmanager, Alertmanager]:
        both = pair(tmp_path / "alertmanagers", config)
        for each in both:
            started(each)
        return both

    return start


@pytest.fixture
def prometheus(
    tmp_path: Path, started: Callable[[Process], None]
) -> Callable[[str, tuple[Alertmanager, ...]], Prometheus]:
    """Start a Prometheus with these rules that tells these Alertmanagers."""
    need(PROMETHEUS, PROMETHEUS)

    def start(rules: str, to: tuple[Alertmanager, ...]) -> Prometheus:
        lent = Prometheus(tmp_path / "prometheus", rules, to)
        started(lent)
        return lent

    return start


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """The SMS gateway's other side."""
    with gateway() as lent:
        yield lent


@pytest.fixture
def serve(
    tmp_path: Path, started: Callable[[Process], None]
) -> Callable[[Mapping[str, Any]], Serve]:
    """Start `sms-notify serve` with this configuration."""

    def start(config: Mapping[str, Any]) -> Serve:
        lent = Serve(tmp_path / "serve", config)
        started(lent)
        return lent

    return start


@pytest.fixture(scope="session")
def postgres_programs() -> Path:
    """The folder of the PostgreSQL server's programs."""
    programs = installed()
    if programs is None:
        pytest.skip(f"no PostgreSQL server in {PROGRAMS}: apt-get install postgresql")
    return programs


@pytest.fixture(scope="session")
def postgres(postgres_programs: Path) -> Iterator[Postgres]:
    """A PostgreSQL for the whole run, with fsync on."""
    with folder_for("postgres") as folder, ExitStack() as ends:
        lent = Postgres(postgres_programs, folder)
        ends.callback(lent.stop)
        lent.start()
        yield lent


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The url of an empty database."""
    with postgres.database() as url:
        yield url


@pytest.fixture
def pgbouncer(postgres: Postgres) -> Iterator[Pgbouncer]:
    """A pooler in transaction mode before the PostgreSQL of the run."""
    need(PGBOUNCER, PGBOUNCER)
    with folder_for("pgbouncer") as folder, ExitStack() as ends:
        lent = Pgbouncer(postgres, folder)
        ends.callback(lent.stop)
        lent.start()
        yield lent


@pytest.fixture
def replicated(postgres_programs: Path) -> Iterator[tuple[Postgres, Standby]]:
    """A primary of its own whose commits wait for its standby."""
    with folder_for("primary") as one, folder_for("standby") as two, ExitStack() as ends:
        primary = Postgres(postgres_programs, one)
        ends.callback(primary.stop)
        primary.start()
        standby = primary.standby(two)
        ends.callback(standby.stop)
        standby.start()
        primary.wait_for_standby("standby")
        yield primary, standby


@pytest.fixture(scope="session")
def zabbix(postgres_programs: Path) -> Iterator[Zabbix]:
    """A Zabbix for the whole run; each test makes hosts and actions with names of its own."""
    need(ZABBIX_PACKAGES, *ZABBIX_PROGRAMS)
    with folder_for("zabbix") as folder, ExitStack() as ends:
        lent = Zabbix(postgres_programs, folder)
        ends.callback(lent.stop)
        lent.start()
        yield lent
