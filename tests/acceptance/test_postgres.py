"""Two services on one PostgreSQL, an Alertmanager before each: every page once, whoever dies."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sms_notify.simulator import Fault, Kind, Simulator
from sms_notify.store import open_store
from sms_notify.store.pruning import TABLES, prune
from tests.cli.running import cli
from tests.programs.process import Process, wait_until
from tests.programs.product import PASSWORD, PHONE, Serve, config, texts
from tests.programs.prometheus import Alertmanager

from .site import AT_REST, WIDE, ask, post, post_until_taken, site, webhook
from .test_alertmanager import alertmanager_config

STARTED = Callable[[Process], None]
FAST = {"connect_timeout": "1s", "read_timeout": "1s"}


def asked(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


@pytest.fixture
def both(
    sim: Simulator, postgres_url: str, started: STARTED, tmp_path: Path
) -> tuple[Serve, Serve]:
    """Two services on one database, everything to three people, nothing held."""
    settings = site(sim.url, gateway=FAST, throttle=WIDE, delivery={"uncertain_after": "1s"}) | {
        "store": postgres_url
    }
    pair = Serve(tmp_path / "one", settings), Serve(tmp_path / "two", settings)
    for each in pair:
        started(each)
    return pair


def at_rest(url: str) -> bool:
    """Nothing is left to be sent, now or a second time."""
    query = (
        f"SELECT count(*) FROM message WHERE state NOT IN {AT_REST}"
        " OR (state = 'uncertain' AND check_at IS NOT NULL)"
    )
    return asked(url, query) == [(0,)]


def test_an_alertmanager_pair_that_posts_to_two_services_makes_no_second_sms(
    sim: Simulator,
    postgres_url: str,
    both: tuple[Serve, Serve],
    started: STARTED,
    tmp_path: Path,
) -> None:
    sources = []
    for number, each in enumerate(both):
        source = Alertmanager(tmp_path / f"am{number}", alertmanager_config(each.url))
        started(source)
        sources.append(source)
    names = [f"告警{number}" for number in range(8)]
    fires(sources, names[:4])
    wait_until("the pages", lambda: all(arrived(sim, name) for name in names[:4]))
    both[0].kill()
    fires(sources, names[4:])
    wait_until("the pages of the other", lambda: all(arrived(sim, name) for name in names))
    both[0].start()
    repeats = [source.notified() for source in sources]
    wait_until(
        "repeats to both",
        lambda: all(s.notified() > n + 8 for s, n in zip(sources, repeats, strict=True)),
    )
    fires(sources, names, ended=True)
    wait_until("the ends", lambda: len(texts(sim)) >= 2 * len(names), 60)
    fires(sources, ["别的"])
    wait_until("the last page", lambda: arrived(sim, "别的"))
    wait_until("rest", lambda: at_rest(postgres_url))
    taken = [source.notified() for source in sources]
    print(f"{taken} webhooks taken, {sim.gateway.truth.accepted()} SMS to three people")
    shown = Counter(name for name in names for text in texts(sim) if name in text)
    assert shown == dict.fromkeys(names, 2)
    assert not sim.gateway.truth.duplicates()


def arrived(sim: Simulator, name: str) -> bool:
    return any(name in text for text in texts(sim, PHONE))


def fires(sources: list[Alertmanager], names: list[str], *, ended: bool = False) -> None:
    for source, name in product(sources, names):
        labels = {"alertname": name, "instance": "db-01", "severity": "critical"}
        over = {"endsAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())} if ended else {}
        source.push([{"labels": labels, **over}])


def test_the_same_webhooks_to_both_at_once_make_one_sms_each(
    sim: Simulator, postgres_url: str, both: tuple[Serve, Serve]
) -> None:
    sim.gateway.faults.add(Fault(Kind.SLOW, seconds=0.3))
    bodies = [webhook(f"告警{n:02}", ["a", "b"], began=time.time()) for n in range(60)]
    # who hears of it first is who sends it, as a rule: each of the two half of the time
    heard = [(each.url, body) for n, body in enumerate(bodies) for each in both[:: (1, -1)[n % 2]]]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda pair: post(*pair), heard))
    wait_until("rest", lambda: at_rest(postgres_url), 60)
    owners = asked(postgres_url, "SELECT count(DISTINCT owner) FROM request")
    slowest = max(answer.seconds for answer in answers)
    print(f"{len(answers)} webhooks, slowest {slowest:.2f} s, {sim.gateway.truth.accepted()} SMS")
    assert {answer.status for answer in answers} == {202}
    assert sim.gateway.truth.accepted() == 180
    assert not sim.gateway.truth.duplicates()
    assert owners == [(2,)], "only one of them ever sent: this shows nothing"


def test_kills_of_either_service_and_of_the_database_lose_nothing(
    sim: Simulator, postgres_url: str, both: tuple[Serve, Serve], postgres: Process
) -> None:
    sim.gateway.faults.add(Fault(Kind.SLOW, seconds=0.1))
    victims: list[Process] = [both[0], both[1], postgres, both[0], postgres]
    for number in range(30):
        if number % 6 == 3:
            victim = victims[number // 6]
            victim.kill()
            wait_until(victim.name, partial(up_again, victim, postgres_url))
        target = both[number % 2].url
        post_until_taken(target, webhook(f"告警{number:02}", ["a"], began=time.time()))
    wait_until("PostgreSQL", lambda: at_rest(postgres_url), 60)
    lost = [n for n in range(30) if not arrived(sim, f"告警{n:02}")]
    twice = sim.gateway.truth.duplicates()
    again = asked(postgres_url, "SELECT sum(resent + orphaned) FROM message")
    print(f"lost {lost}, {sum(twice.values())} twice of {again[0][0]} that were in the air")
    assert not lost
    assert sum(twice.values()) <= again[0][0]


def up_again(victim: Process, url: str) -> bool:
    """A database may refuse to start while its old processes are still ending: again, then."""
    if not victim.alive:
        victim.launch()
    try:
        return asked(url, "SELECT 1") == [(1,)]
    except psycopg.OperationalError:
        return False


def test_what_is_shown_of_a_postgresql_store_is_what_was_done(
    sim: Simulator, postgres_url: str, started: STARTED, tmp_path: Path
) -> None:
    running = Serve(tmp_path / "serve", config(sim.url) | {"store": postgres_url, "throttle": WIDE})
    started(running)
    began = time.time()
    post_until_taken(running.url, webhook("DiskFull", ["db-01", "db-02"], began=began))
    wait_until("the page", lambda: len(texts(sim)) == 1)
    wait_until("rest", lambda: at_rest(postgres_url))
    shown = {
        command[0]: json.loads(run(running, *command, "--json"))
        for command in (["messages"], ["incidents"], ["explain", "10"])
    }
    [message], [incident] = shown["messages"], shown["incidents"]
    assert (message["state"], message["phone"]) == ("sent", "138****0001")
    assert [event["what"] for event in message["events"]] == ["queued", "claimed", "sent"]
    assert (incident["state"], incident["firing"], incident["code"]) == ("open", 2, 10)
    assert "told" in json.dumps(shown["explain"])
    assert run(running, "db", "check")
    metrics = ask(running.url, "GET", "/metrics").text
    assert "sms_notify_open_incidents 1.0" in metrics
    [[state]] = asked(postgres_url, "SELECT state FROM message")  # its report may have come by now
    filtered = ask(running.url, "GET", f"/api/v1/messages?state={state}&limit=5")
    assert [each["id"] for each in json.loads(filtered.text)] == [message["id"]]

    body = webhook("DiskFull", ["db-01", "db-02"], began=began, ended=time.time())
    post_until_taken(running.url, body)
    wait_until("the end", lambda: len(texts(sim)) == 2)
    wait_until("rest", lambda: at_rest(postgres_url))
    running.stop()
    forget_everything(postgres_url)


def run(serve: Serve, *arguments: str) -> str:
    whole = (*arguments, "-c", str(serve.config))
    ran = cli(*whole, folder=serve.folder, SMS_PASSWORD=PASSWORD)
    assert ran.code == 0, ran.err
    return ran.out


def forget_everything(url: str) -> None:
    """The retention at work, on rows that are all too old."""
    store = open_store(url)
    try:
        for table in TABLES:
            assert prune(store, table, store.now() + 1)
    finally:
        store.close()
    for table in ("incident", "message", "telling", "alert", "member", "attempt", "event"):
        assert asked(url, f"SELECT count(*) FROM {table}") == [(0,)], table
