"""The lent PostgreSQL keeps what was committed, and gives each test a database of its own."""

from __future__ import annotations

import psycopg
import pytest

from tests.programs.postgres import Postgres


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row[0] if row else None


@pytest.mark.parametrize("time", ["first", "second"])
def test_each_test_gets_an_empty_database(postgres_url: str, time: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("create table note (at text)")


def test_a_killed_cluster_comes_back_with_what_was_committed(postgres: Postgres) -> None:
    with postgres.database() as url:
        with psycopg.connect(url) as connection:
            connection.execute("create table note as select 'kept' as text")
        postgres.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)
        postgres.start()
        assert ask(url, "select text from note") == "kept"


def test_commits_wait_for_the_disk(postgres: Postgres) -> None:
    assert ask(postgres.url("postgres"), "show fsync") == "on"
    assert ask(postgres.url("postgres"), "show synchronous_commit") == "on"
