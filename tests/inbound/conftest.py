"""Reports on both kinds of stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.world import empty
from tests.programs.postgres import Postgres

from .site import Options, Site

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.real)]


@pytest.fixture(scope="session")
def postgresql_url(postgres: Postgres) -> Iterator[str]:
    with postgres.database() as url:
        yield url


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """No report comes but those that a test puts there."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'site.db'}"
    else:
        url = request.getfixturevalue("postgresql_url")
    made = Site(url, tmp_path, Options(report_delay=10**15))
    if request.param != "sqlite":
        empty(made.runner.store)
        with made.runner.store.engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO counter (name, value) VALUES ('intake', 0), ('alert', 0),"
                " ('incident', 0), ('message', 0), ('override', 0)"
            )
    yield made
    made.runner.store.close()
