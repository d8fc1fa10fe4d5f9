"""Two instances on one PostgreSQL, a pair of Alertmanagers that tells both, and no mercy.

Alerts come at a steady rate to both Alertmanagers, as Prometheus pushes them; an instance dies by
kill -9 every few seconds; in the middle the database may fail over to its standby. What is true
is what the simulated phones show.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from sms_notify.model import SECOND
from sms_notify.simulator import Fault, Kind, Simulator
from tests.programs.postgres import Postgres, Standby
from tests.programs.process import folder_for, wait_until
from tests.programs.product import Serve, gateway
from tests.programs.prometheus import Alertmanager, pair

from .site import AT_REST, PEOPLE, WIDE, site, stamp

HOSTS = 10
"""Alerts of one name: one incident, one SMS a person."""
LASTS = 90.0
"""Seconds that an alert fires: so long its Alertmanager tries to tell of it."""
FAST = {"connect_timeout": "1s", "read_timeout": "2s"}


@dataclass(frozen=True, slots=True)
class Plan:
    """seconds of load, alerts in a second, and whether the database fails over in the middle."""

    seconds: float
    alerts: int = 200
    failover: bool = False
    seed: int = 7
    people: int = 2
    lives: tuple[float, float] = (1.0, 5.0)
    """Seconds between two kills, at least and at most."""


@dataclass
class Outcome:
    """What came of it. `lost`: (name, phone) that no SMS spoke of; `untold`: alerts of one person.

    `innocent`: SMS that came again though no send of theirs was in the air when something died.
    """

    names: int = 0
    kills: int = 0
    sms: int = 0
    lost: list[tuple[str, str]] = field(default_factory=list)
    untold: int = 0
    doubled: int = 0
    in_the_air: int = 0
    innocent: dict[tuple[str, str], int] = field(default_factory=dict)
    late: list[float] = field(default_factory=list)
    """Seconds from the push to the first SMS of each name, sorted."""
    deadlocks: int = 0
    entangled: list[str] = field(default_factory=list)
    """What PostgreSQL's log says of them."""
    failover_seconds: float = 0.0

    def __str__(self) -> str:
        at = [self.late[int(len(self.late) * part)] for part in (0.5, 0.99)] if self.late else []
        over = f", failover {self.failover_seconds:.1f} s" if self.failover_seconds else ""
        return (
            f"{self.names * HOSTS} alerts in {self.names} incidents, {self.kills} kills{over}: "
            f"{self.sms} SMS, lost {len(self.lost)} pages and {self.untold} alerts, "
            f"{self.in_the_air} sends in the air when something died, {self.doubled} SMS came "
            f"again, {sum(self.innocent.values())} of them for no reason; push to phone p50 "
            f"{at[0] if at else 0:.2f} s, p99 {at[1] if at else 0:.2f} s; "
            f"{self.deadlocks} deadlocks"
        )


class Scene:
    """Everything that runs, started; `end` stops it."""

    def __init__(self, folder: Path, plan: Plan, clusters: list[Postgres], sim: Simulator) -> None:
        self.plan = plan
        self.clusters = clusters
        self.sim = sim
        hosts = ",".join(f"127.0.0.1:{each.port}" for each in clusters)
        clusters[0].run("create database chaos")
        self.url = f"postgresql://postgres@{hosts}/chaos"
        settings = site(
            sim.url, gateway=FAST, throttle=WIDE, delivery={"uncertain_after": "2s"}, store=self.url
        )
        self.phones = dict(list(PEOPLE.items())[: plan.people])
        settings["receivers"] = [{"name": "三人", "to": list(self.phones)}]
        self.instances = [Serve(folder / f"serve{number}", settings) for number in (1, 2)]
        self.alertmanagers = pair(folder / "alertmanagers", self._alertmanager_config())
        self.pushed: dict[str, float] = {}
        self._stop = threading.Event()

    def _alertmanager_config(self) -> str:
        hooks = [
            {"url": f"{each.url}/alertmanager", "send_resolved": False} for each in self.instances
        ]
        route = {
            "receiver": "sms", "group_by": ["alertname"], "group_wait": "200ms",
            "group_interval": "5s", "repeat_interval": "4h",
        }  # fmt: skip
        receivers = [{"name": "sms", "webhook_configs": hooks}]
        return json.dumps({"route": route, "receivers": receivers})

    def start(self) -> None:
        for process in (*self.instances, *self.alertmanagers):
            if isinstance(process, Alertmanager):
                process.command = [word for word in process.command if "log.level" not in word]
            process.start(60)

    def end(self) -> None:
        self._stop.set()
        for process in (*self.alertmanagers, *self.instances):
            process.stop()

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(
            f"{self.url}?target_session_attrs=read-write&connect_timeout=3", autocommit=True
        ) as connection:
            return connection.execute(query.encode()).fetchall()

    # -- what happens --------------------------------------------------------------------------

    def push(self) -> None:
        """The load, until the plan's time is over."""
        began = time.monotonic()
        every = HOSTS / self.plan.alerts
        number = 0
        while (at := number * every) < self.plan.seconds and not self._stop.is_set():
            time.sleep(max(0.0, began + at - time.monotonic()))
            name = f"告警{number:05}"
            self.pushed[name] = time.time()
            for each in self.alertmanagers:
                each.push(self._alerts(name))
            number += 1

    def _alerts(self, name: str) -> Iterator[dict[str, Any]]:
        over = stamp(time.time() + LASTS)
        for host in range(HOSTS):
            labels = {"alertname": name, "instance": f"db-{host:02}", "severity": "critical"}
            yield {"labels": labels, "endsAt": over}

    def kill_now_and_then(self, outcome: Outcome, rng: Random) -> None:
        """kill -9 of one instance after the other, each up again a moment later."""
        while not self._stop.wait(rng.uniform(*self.plan.lives)):
            victim = rng.choice(self.instances)
            victim.kill()
            outcome.kills += 1
            self._stop.wait(rng.random())
            victim.launch()

    def fail_over(self, outcome: Outcome) -> None:
        """The primary's machine is gone at half time; somebody promotes the standby."""
        if self._stop.wait(self.plan.seconds / 2):
            return
        primary, standby = self.clusters
        assert isinstance(standby, Standby)
        before = time.monotonic()
        primary.kill()
        standby.promote()
        wait_until("an instance to be ready", lambda: any(map(_ready, self.instances)), 60)
        outcome.failover_seconds = time.monotonic() - before

    def rest(self) -> None:
        """Everything that was pushed is told, and nothing is left to be sent."""
        for each in self.instances:
            if not each.alive:
                each.start(60)
        wait_until("every incident", lambda: self._incidents() >= len(self.pushed), LASTS + 60)
        wait_until("rest", self._at_rest, 300)

    def _incidents(self) -> int:
        [[number]] = self.ask("SELECT count(*) FROM incident")
        return int(number)

    def _at_rest(self) -> bool:
        waits = f"state NOT IN {AT_REST} OR (state = 'uncertain' AND check_at IS NOT NULL)"
        return self.ask(f"SELECT count(*) FROM message WHERE {waits}") == [(0,)]


def _ready(instance: Serve) -> bool:
    return instance.alive and instance._ready()


@contextmanager
def scene(plan: Plan, programs: Path) -> Iterator[Scene]:
    with ExitStack() as ends:
        folders = [ends.enter_context(folder_for(f"chaos{number}")) for number in range(3)]
        primary = Postgres(programs, folders[0])
        clusters = [primary]
        ends.callback(primary.stop)
        primary.start(60)
        if plan.failover:
            standby = primary.standby(folders[1])
            ends.callback(standby.stop)
            standby.start(60)
            primary.wait_for_standby("standby")
            clusters.append(standby)
        sim = ends.enter_context(gateway(balance=100_000_000))
        sim.gateway.faults.add(Fault(Kind.SLOW, seconds=0.4))
        made = Scene(folders[2], plan, clusters, sim)
        ends.callback(made.end)
        made.start()
        yield made


def run(plan: Plan, programs: Path) -> Outcome:
    """Live through a plan and count what came of it."""
    outcome = Outcome()
    with scene(plan, programs) as played:
        tasks = [partial(played.kill_now_and_then, outcome, Random(plan.seed))]
        tasks += [partial(played.fail_over, outcome)] if plan.failover else []
        threads = [threading.Thread(target=task) for task in tasks]
        for thread in threads:
            thread.start()
        played.push()
        played._stop.set()
        for thread in threads:
            thread.join()
        played.rest()
        count(played, outcome)
    return outcome


def count(played: Scene, outcome: Outcome) -> None:
    outcome.names = len(played.pushed)
    outcome.sms = played.sim.gateway.truth.accepted()
    reached = _reached(played)
    for name, pushed_at in played.pushed.items():
        for phone in played.phones.values():
            hosts = reached.get((name, phone), {})
            outcome.untold += HOSTS - len(hosts)
            if hosts:
                outcome.late.append(min(hosts.values()) - pushed_at)
            else:
                outcome.lost.append((name, phone))
    outcome.late.sort()
    doubled = played.sim.gateway.truth.duplicates()
    allowed = _allowed(played)
    outcome.doubled = sum(doubled.values())
    outcome.in_the_air = allowed.total()
    outcome.innocent = {k: n - allowed[k] for k, n in doubled.items() if n > allowed[k]}
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = 'chaos'"
    outcome.deadlocks = int(played.ask(query)[0][0])
    for cluster in played.clusters:
        for part in cluster.output().split("deadlock detected")[1:]:
            outcome.entangled.append(part[:2000])


def _reached(played: Scene) -> dict[tuple[str, str], dict[int, float]]:
    """(name, phone) → alert → when an SMS that speaks of it reached the phone, by itself or in a
    digest: what the store says was told, where the phone shows that very text."""
    first: dict[tuple[str, str], float] = {}
    for sms in played.sim.gateway.phones.all():
        first.setdefault((sms.phone, sms.text), sms.at / SECOND)
    told = played.ask(
        "SELECT a.name, a.id, m.phone, m.text FROM alert a JOIN telling t ON t.alert = a.id"
        " JOIN message m ON m.id = t.message"
    )
    reached: dict[tuple[str, str], dict[int, float]] = {}
    for name, alert, number, text in told:
        phone = number.removeprefix("+86")
        at = first.get((phone, text))
        if at is not None:
            reached.setdefault((name, phone), {})[alert] = at
    return reached


def _allowed(played: Scene) -> Counter[tuple[str, str]]:
    """How often each SMS may have come beyond the first: the sends of which nobody knew."""
    found = played.ask(
        "SELECT phone, text, sum(resent + orphaned) FROM message WHERE resent + orphaned > 0"
        " GROUP BY phone, text"
    )
    return Counter({(phone.removeprefix("+86"), text): int(n) for phone, text, n in found})
