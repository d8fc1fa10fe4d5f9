"""kill -9 of the service at any moment, again and again, under load: nothing taken is lost."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import pytest

from sms_notify.simulator import Fault, Kind, Simulator
from tests.programs.product import Serve
from tests.spread import thorough

from .site import PEOPLE, START, WIDE, post, rows, site, store_of, wait_for_rest, webhook

KILLS = thorough(20, 50)
POSTERS = 4


@dataclass
class Load:
    """Alerts without end: each poster holds on to its webhook until it is taken."""

    url: str
    stop: threading.Event = field(default_factory=threading.Event)
    taken: dict[str, str] = field(default_factory=dict)  # name → level
    tries: int = 0
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for _ in range(POSTERS):
            thread = threading.Thread(target=self._post)
            thread.start()
            self._threads.append(thread)

    def end(self) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join()

    def _post(self) -> None:
        while not self.stop.is_set():
            number = next(self._numbers)
            name, level = f"告警{number:05}", ("critical", "warning")[number % 2]
            body = webhook(name, ["db-01", "db-02"], began=time.time(), severity=level)
            while post(self.url, body, timeout=10).status != 202:
                self.tries += 1
                time.sleep(0.05)
            self.taken[name] = level
            time.sleep(0.1)


@dataclass
class Flying:
    """The sends that were in the air at a kill: only what they carried may come twice."""

    sends: set[tuple[str, str, int]] = field(default_factory=set)  # phone, text, request

    def look(self, serve: Serve) -> None:
        query = "SELECT phone, text, request FROM message WHERE state = 'sending'"
        for phone, text, request in rows(store_of(serve), query):
            self.sends.add((phone.removeprefix("+86"), text, request))

    def by_sms(self) -> Counter[tuple[str, str]]:
        """How often each SMS may have come beyond the first time."""
        return Counter((phone, text) for phone, text, _request in self.sends)


def live_and_die(serve: Serve, rng: Random, flying: Flying) -> None:
    """A life of a random length and its sudden end; every third ends before or at the start."""
    if rng.random() < 1 / 3:
        serve.launch()
        time.sleep(rng.random())
    else:
        serve.start()
        time.sleep(rng.random() * 0.6)
    serve.kill()
    flying.look(serve)


@pytest.mark.slow
def test_kills_under_load_lose_no_page_and_double_only_what_was_in_the_air(
    sim: Simulator, serve: START
) -> None:
    rng = Random(50)
    sim.gateway.faults.add(Fault(Kind.SLOW, seconds=0.05))
    running = serve(
        site(
            sim.url,
            gateway={"connect_timeout": "1s", "read_timeout": "2s"},
            throttle=WIDE,
            delivery={"uncertain_after": "1s"},
        )
    )
    load, flying = Load(running.url), Flying()
    load.start()
    running.kill()
    for _ in range(KILLS):
        live_and_die(running, rng, flying)
    running.start()
    load.end()
    wait_for_rest(store_of(running), 60)

    arrived = {(sms.phone, sms.text) for sms in sim.gateway.phones.all()}
    lost = [
        (name, phone)
        for name in load.taken
        for phone in PEOPLE.values()
        if not any(to == phone and name in text for to, text in arrived)
    ]
    doubled = sim.gateway.truth.duplicates()
    allowed = flying.by_sms()
    innocent = {key: times for key, times in doubled.items() if times > allowed[key]}
    print(
        f"{KILLS} kills: {len(load.taken)} webhooks taken ({load.tries} refused and tried again), "
        f"{sim.gateway.truth.accepted()} SMS, lost {len(lost)}, "
        f"{allowed.total()} sends in the air at a kill, {sum(doubled.values())} SMS came again"
    )
    assert not lost
    assert not innocent
    assert len(load.taken) > KILLS
    assert allowed, "no kill met an SMS in the air: this shows nothing"
