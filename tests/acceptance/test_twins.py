"""Eight processes on one PostgreSQL judge the same webhooks: each is judged once, in any order."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sms_notify.store import open_store
from tests.house import ROOT
from tests.programs.product import PASSWORD
from tests.programs.product import config as settings

from .site import webhook

WRITERS, NAMES, PEOPLE = 8, 24, 6
LIMIT = 3


def people() -> dict[str, str]:
    return {f"值班{number:02}": f"138000000{number:02}" for number in range(PEOPLE)}


@pytest.fixture
def folder(tmp_path: Path, postgres_url: str) -> Path:
    """The configuration, and a webhook a name, each with three hosts, as Alertmanager posts it."""
    made = settings("http://127.0.0.1:1") | {
        "store": postgres_url,
        "people": {name: {"phone": f"+86{phone}"} for name, phone in people().items()},
        "receivers": [{"name": "全体", "to": list(people())}],
        "route": {"receiver": "全体"},
        "throttle": {"per_person": [f"{LIMIT}/1h"], "critical": [f"{LIMIT}/1h"]},
    }
    (tmp_path / "config.yaml").write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
    for number in range(NAMES):
        level = ("warning", "critical")[number % 2]
        body = webhook(f"告警{number:02}", "abc", began=time.time() - 5, severity=level)
        (tmp_path / f"{number:02}.json").write_bytes(body)
    return tmp_path


def asked(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def writer(folder: Path, seed: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.acceptance.twin", str(folder), str(seed)],
        cwd=ROOT,
        env={"SMS_PASSWORD": PASSWORD, "PATH": "/usr/bin:/bin"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_twins_are_judged_once_under_eight_writers(folder: Path, postgres_url: str) -> None:
    open_store(postgres_url).close()
    writers = [writer(folder, seed) for seed in range(WRITERS)]
    for each in writers:
        assert each.stdout is not None
        assert each.stdout.readline() == b"ready\n"
    for each in writers:  # all at once
        assert each.stdin is not None
        each.stdin.write(b"\n")
        each.stdin.flush()
    said = [each.communicate(timeout=120) for each in writers]
    assert [each.returncode for each in writers] == [0] * WRITERS, said

    news = NAMES * 3 * PEOPLE
    verdicts = asked(postgres_url, "SELECT verdict, count(*), sum(again) FROM telling GROUP BY 1")
    by_verdict = {verdict: count for verdict, count, _again in verdicts}
    print(f"{WRITERS} writers, {NAMES} webhooks each: {by_verdict}")
    assert sum(by_verdict.values()) == news
    assert sum(again for *_rest, again in verdicts) == news * (WRITERS - 1)
    assert asked(postgres_url, "SELECT count(*) FROM incident") == [(NAMES,)]
    assert asked(postgres_url, "SELECT count(*) FROM alert") == [(NAMES * 3,)]
    sent = asked(
        postgres_url,
        "SELECT person, lane, count(*) FROM message WHERE queued_at IS NOT NULL GROUP BY 1, 2",
    )
    assert {lane for _person, lane, _count in sent} == {"person", "critical"}
    # news that is held keeps back what is not critical: of that each got at most as much
    assert Counter(count for _who, lane, count in sent if lane == "critical") == {LIMIT: PEOPLE}
    assert all(1 <= count <= LIMIT for *_who, count in sent)
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert asked(postgres_url, query) == [(0,)]
