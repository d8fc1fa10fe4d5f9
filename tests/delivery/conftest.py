"""The outbox on both kinds of stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sms_notify.store import Store, open_store
from tests.programs.postgres import Postgres

from .world import World, empty

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.real)]


@pytest.fixture(scope="session")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("delivery")
    store = open_store(f"sqlite:///{folder}/store.db")
    yield store
    store.close()


@pytest.fixture(scope="session")
def postgresql_store(postgres: Postgres) -> Iterator[Store]:
    with postgres.database() as url:
        store = open_store(url)
        yield store
        store.close()


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store."""
    lent: Store = request.getfixturevalue(f"{request.param}_store")
    empty(lent)
    return lent


@pytest.fixture
def world(store: Store) -> World:
    return World(store)
