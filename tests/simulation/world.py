"""A whole site in virtual time: the real runner on a real store, a simulated gateway, one seed.

Everything that chance decides comes from the seed, so a failure is replayed by its number. A crash
is a runner thrown away between any two steps; the next one starts on what is on disk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import text

from sms_notify import config
from sms_notify.intake import TellCall
from sms_notify.model import MINUTE, SECOND, Alert, Call, Micros, occurrence_fingerprint
from sms_notify.runner import Runner
from sms_notify.simulator import Account, Gateway
from sms_notify.store import prepare
from sms_notify.store.engine import Store
from tests.gateways.virtual import VirtualHttp
from tests.no_disk import hasten

MIDNIGHT: Micros = 1_795_017_600 * SECOND
MOST_STEPS = 2_000_000


@dataclass
class Clock:
    now: Micros = MIDNIGHT

    def __call__(self) -> Micros:
        return self.now


class World:
    """The runner, the gateway and the clock; `crash_chance` is the chance of a crash a step.

    url: the store, where it is not the configuration's.
    """

    def __init__(
        self,
        folder: Path,
        text_of_config: str,
        seed: int,
        crash_chance: float = 0.0,
        url: str | None = None,
        start: Micros = MIDNIGHT,
    ) -> None:
        self.rng = Random(seed)
        self.clock = Clock(start)
        self.config = config.parse(text_of_config, path=folder / "config.yaml")
        self.url = url or self.config.store
        account = self.config.sms[0]
        self.gateway = Gateway(
            [Account(account.account, account.password.reveal(), balance=1_000_000)],
            rng=Random(seed + 1),
        )
        self.http = VirtualHttp(self.gateway, self.clock)
        self.crash_chance = crash_chance
        self.crashes = 0
        self.accepted: list[Call] = []
        self.runner = self._boot()

    def _boot(self) -> Runner:
        store = Store(self.url, clock=self.clock)
        hasten(store)
        prepare(store)
        rng = Random(self.rng.getrandbits(32))
        return Runner(self.config, store=store, http=self.http, rng=rng)

    def crash(self) -> None:
        """The process dies here and now; another starts at once."""
        self.crashes += 1
        self.runner.store.close()
        self.runner = self._boot()

    def close(self) -> None:
        """Leave no connection behind."""
        self.runner.store.close()

    def post(self, call: Call) -> None:
        """One call, accepted before anything else happens."""
        self.runner.writer.judge_now(TellCall(self.runner.rules, call))
        self.accepted.append(call)

    def run_to(self, end: Micros) -> None:
        """Let time go by until `end`, every step at its moment."""
        for _ in range(MOST_STEPS):
            due = self.next_due()
            if due is None or due > end:
                self.clock.now = end
                return
            self.clock.now = max(self.clock.now, due)
            self._tick()
        raise AssertionError("time stands still: something is due for ever")

    def next_due(self) -> Micros | None:
        """When something is next to be done."""
        return self.runner.next_due(self.clock.now)

    def _tick(self) -> None:
        before = self.runner
        for _step in before.tick(self.clock.now):
            if self.crash_chance and self.rng.random() < self.crash_chance:
                self.crash()
                return

    def sql(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.runner.store.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    # -- what must hold ------------------------------------------------------------------------

    def states(self) -> Counter[str]:
        return Counter(dict(self.sql("SELECT state, count(*) FROM message GROUP BY state")))

    def verdicts(self, person: str) -> Counter[str]:
        query = "SELECT verdict, count(*) FROM telling WHERE person = :p AND news LIKE 'fire:%'"
        return Counter(dict(self.sql(query + " GROUP BY verdict", p=person)))

    def most_in(self, person: str, span: Micros) -> int:
        """The most SMS the phone got in any `span`, second sends of uncertain ones left out."""
        phone = self.config.people[person].phones[0].removeprefix("+86")
        seen: set[str] = set()
        moments = []
        for sms in self.gateway.inbox(phone):
            if sms.text not in seen:
                moments.append(sms.accepted_at)
            seen.add(sms.text)
        return max((sum(at <= each < at + span for each in moments) for at in moments), default=0)

    def arrived(self) -> Counter[tuple[str, str]]:
        """(phone, text) → how often the gateway accepted it."""
        return Counter((sms.phone, sms.text) for sms in self.gateway.phones.all())

    def check(self) -> None:
        """What holds at every quiet moment, whatever happened before."""
        self._every_told_page_left_or_says_why()
        self._duplicates_were_in_flight()

    def _every_told_page_left_or_says_why(self) -> None:
        """Message and phone agree: what we call sent is on the phone."""
        arrived = self.arrived()
        for phone, said in self.sql("SELECT phone, text FROM message WHERE state = 'sent'"):
            assert arrived[phone.removeprefix("+86"), said] >= 1, f"never arrived: {said}"

    def _duplicates_were_in_flight(self) -> None:
        """A text that a phone got more often than there are messages was uncertain once."""
        query = "SELECT phone, text, count(*), sum(resent + orphaned) FROM message GROUP BY 1, 2"
        known = {(row[0].removeprefix("+86"), row[1]): row[2:] for row in self.sql(query)}
        for key, times in self.arrived().items():
            messages, again = known[key]
            assert times <= messages + again, f"{times} times: {key[1]}"


@dataclass
class Storm:
    """Alerts in groups, fired over a span, some of which end in between."""

    world: World
    groups: int
    each: int
    team: str = "dba"
    level: str = "critical"
    fired: list[Alert] = field(default_factory=list)

    def calls(self, start: Micros) -> list[Call]:
        """One webhook a group, as an Alertmanager with its group_by sends them."""
        made = []
        for group in range(self.groups):
            name = f"告警{group:02}"
            alerts = tuple(self._alert(name, f"host-{n:03}", start) for n in range(self.each))
            self.fired += alerts
            made.append(Call("alertmanager", start, alerts, {"alertname": name}))
        return made

    def _alert(self, name: str, host: str, start: Micros) -> Alert:
        labels = {"alertname": name, "instance": host, "team": self.team, "severity": self.level}
        level, word, _known = self.world.config.site.levels.of(labels)
        fingerprint = occurrence_fingerprint(labels)
        return Alert("alertmanager", fingerprint, start, None, level, word, name, "", labels)

    def ends(self, call: Call, at: Micros) -> Call:
        """The webhook that says that all of this group is over."""
        alerts = tuple(replace(alert, ended_at=at) for alert in call.alerts)
        return replace(call, called_at=at, alerts=alerts)


Happening = Callable[[], None]


class Day:
    """What happens when: run in the order of time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._plan: list[tuple[Micros, int, Happening]] = []

    def at(self, moment: Micros, what: Happening) -> None:
        self._plan.append((moment, len(self._plan), what))

    def live(self, until: Micros) -> None:
        for moment, _order, what in sorted(self._plan, key=lambda each: each[:2]):
            self.world.run_to(moment)
            what()
        self.world.run_to(until)


__all__ = ["MIDNIGHT", "MINUTE", "Day", "Storm", "World"]
