"""A claim whose COMMIT the server makes, and never says so: what it took leaves all the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sms_notify.config import load
from sms_notify.intake import Notice
from sms_notify.model import Level
from sms_notify.runner import Runner
from sms_notify.simulator import Simulator
from sms_notify.store import watching
from tests.programs.process import wait_until
from tests.programs.product import PASSWORD, config, texts

SLOW_ONCE = """
CREATE TABLE slow (once int);
INSERT INTO slow VALUES (1);
CREATE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    DELETE FROM slow;
    IF FOUND THEN PERFORM pg_sleep(2); END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON attempt DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION waits();
"""
"""The COMMIT of the first claim takes two seconds, as it does where a disk or a standby is slow."""


@pytest.fixture
def runner(
    sim: Simulator, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Runner]:
    """One that runs, and waits for a statement no longer than half a second."""
    path = tmp_path / "config.yaml"
    made = config(sim.url) | {"store": postgres_url}
    path.write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
    lent = Runner(load(path, environ={"SMS_PASSWORD": PASSWORD}))
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(SLOW_ONCE)
    monkeypatch.setattr(watching, "PATIENCE", 0.5)
    lent.start()
    try:
        yield lent
    finally:
        lent.stop(10)


def test_what_was_claimed_without_a_word_is_sent_at_once_and_once(
    runner: Runner, sim: Simulator, postgres_url: str
) -> None:
    runner.writer.hand_in(Notice(runner.rules, "once", "磁盘已换", Level.info)).result(10)
    wait_until("the text", lambda: len(texts(sim)) == 1, 10)
    with psycopg.connect(postgres_url) as connection:
        told = connection.execute("SELECT detail FROM event WHERE about = 'message' ORDER BY id")
        assert any("nothing left" in row[0] for row in told)
        used = connection.execute("SELECT sum(segments) FROM usage").fetchone()
    assert (used, len(texts(sim))) == ((1,), 1)
