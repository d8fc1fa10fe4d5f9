"""The field's outage in real time: a storm of 2,000 alerts, the gateway dead for a while."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from sms_notify.model import MINUTE
from sms_notify.simulator import Fault, Kind, Simulator
from tests.programs.process import Process
from tests.programs.product import Serve, gateway

from .site import PEOPLE, post_until_taken, rows, site, slowness, store_of, wait_for_rest, webhook

GROUPS, EACH = 40, 50
BEFORE = 1
"""Groups that fire while the gateway still works; two more may leave within a minute."""
LASTS = 15.0
SETTINGS = {
    "gateway": {"connect_timeout": "1s", "read_timeout": "1s"},
    "throttle": {"digest_every": "1m"},
    "delivery": {"uncertain_after": "5s"},
}
STARTED = Callable[[Process], None]


def refuses(sim: Simulator) -> None:
    """Nobody listens for as long as the outage lasts."""
    sim.stop_listening()
    threading.Timer(LASTS, sim.start_listening).start()


def suffers(kind: Kind) -> Callable[[Simulator], None]:
    def begin(sim: Simulator) -> None:
        sim.gateway.faults.add(Fault(kind, until=int((time.time() + LASTS) * 1_000_000)))

    return begin


OUTAGES = {
    "connections refused": refuses,
    "every answer 500": suffers(Kind.HTTP500),
    "answers dropped": suffers(Kind.DROP_AFTER),
}


@dataclass
class Storm:
    """Forty groups of fifty alerts, of each of which one ends while the gateway is dead."""

    url: str
    began: float

    def fires(self, group: int) -> None:
        post_until_taken(self.url, webhook(name(group), hosts(0), began=self.began))

    def one_ends(self, group: int) -> None:
        body = webhook(name(group), ["host-00"], began=self.began, ended=time.time())
        post_until_taken(self.url, body)


def name(group: int) -> str:
    return f"告警{group:02}"


def hosts(first: int) -> list[str]:
    return [f"host-{number:02}" for number in range(first, EACH)]


@dataclass(frozen=True)
class Seen:
    """What one outage came to; `began` is the first alert's moment."""

    serve: Serve
    sim: Simulator
    began: float
    died: float

    def first(self, since: float) -> float:
        """The moment of the first SMS that the gateway accepted since then."""
        moments = [sms.accepted_at / 1_000_000 for sms in self.sim.gateway.phones.all()]
        return min(moment for moment in moments if moment >= since)

    def sms(self, phone: str) -> int:
        """SMS on this phone in the fullest fifteen minutes, second sends counted apart."""
        firsts = {s.text: s.accepted_at for s in reversed(self.sim.gateway.phones.inbox(phone))}
        moments = sorted(firsts.values())
        return max(sum(at <= m < at + 15 * MINUTE for m in moments) for at in moments)

    def verdicts(self, person: str, news: str) -> Counter[str]:
        query = "SELECT verdict, count(*) FROM telling WHERE person = ? AND news LIKE ? GROUP BY 1"
        return Counter(dict(rows(store_of(self.serve), query, person, news)))

    def lost(self) -> list[tuple[str, str]]:
        """(phone, text) of messages that carry told news and never reached the phone."""
        query = (
            "SELECT DISTINCT m.phone, m.text FROM telling t JOIN message m ON m.id = t.message"
            " WHERE t.verdict = 'told'"
        )
        arrived = {(s.phone, s.text) for s in self.sim.gateway.phones.all()}
        told = [(p.removeprefix("+86"), text) for p, text in rows(store_of(self.serve), query)]
        return [each for each in told if each not in arrived]


def live_through(begin: Callable[[Simulator], None], sim: Simulator, serve: Serve) -> Seen:
    """The storm: one group, the outage, the other groups, forty ends, and then rest."""
    sim.gateway.faults.add(Fault(Kind.SLOW, seconds=0.05))
    storm = Storm(serve.url, time.time())
    for group in range(BEFORE):
        storm.fires(group)
    time.sleep(1.5)
    begin(sim)
    died = time.time()
    for group in range(BEFORE, GROUPS):
        storm.fires(group)
        time.sleep(0.25)
    for group in range(GROUPS):
        storm.one_ends(group)
    assert time.time() < died + LASTS, "the storm came too slowly to end within the outage"
    time.sleep(max(0.0, died + LASTS - time.time()))
    wait_for_rest(store_of(serve), 150)
    return Seen(serve, sim, storm.began, died)


@pytest.mark.slow
def test_nothing_is_lost_when_the_gateway_dies_in_a_storm(tmp_path: Path, started: STARTED) -> None:
    sims = {outage: gateway() for outage in OUTAGES}
    serves = {}
    for number, outage in enumerate(OUTAGES):
        serves[outage] = Serve(tmp_path / str(number), site(sims[outage].url, **SETTINGS))
        started(serves[outage])
    with ThreadPoolExecutor(len(OUTAGES)) as pool:
        seen = {
            outage: pool.submit(live_through, begin, sims[outage], serves[outage])
            for outage, begin in OUTAGES.items()
        }
    try:
        for outage, future in seen.items():
            check(outage, future.result())
    finally:
        for sim in sims.values():
            sim.close()


def check(outage: str, seen: Seen) -> None:
    """What holds after every kind of outage; prints what it came to."""
    first = seen.first(seen.began) - seen.began
    # an outage that swallows answers lets SMS through: then the first one comes before its end
    again = seen.first(seen.died) - (seen.died + LASTS)
    most = {person: seen.sms(phone) for person, phone in PEOPLE.items()}
    twice = sum(seen.sim.gateway.truth.duplicates().values())
    print(
        f"{outage}: lost {len(seen.lost())}, first SMS after {first:.2f} s, then {again:+.2f} s "
        f"from the end of the outage, {max(most.values())} SMS a person, {twice} second sends in "
        f"all, {dict(seen.verdicts('张伟', 'fire:%'))}, ends {dict(seen.verdicts('张伟', 'end:%'))}"
    )
    assert not seen.lost()
    assert first < 3 * slowness()
    assert again < 15 * slowness()
    assert max(most.values()) <= 15
    for person in PEOPLE:
        fires = seen.verdicts(person, "fire:%")
        assert (fires.total(), fires["held"]) == (GROUPS * EACH, 0)
        assert accounted(seen.serve, person) == GROUPS


def accounted(serve: Serve, person: str) -> int:
    """How many of the alerts that ended in the outage this person was told of, or told why not."""
    query = (
        "SELECT count(DISTINCT a.id) FROM alert a JOIN telling t ON t.alert = a.id"
        " WHERE a.ended_at IS NOT NULL AND t.person = ? AND t.verdict <> 'held'"
    )
    [[number]] = rows(store_of(serve), query, person)
    return int(number)
