"""Lives recorded calls through again, in virtual time and on a store of its own; nothing is sent.

The same runner as in service: routes, schedules, waits, limits and digests all count. Only the
gateway is one that takes everything at once, and nobody answers.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlsplit

from sms_notify.config import Config, Wavecom
from sms_notify.config.model import Upstream
from sms_notify.config.secret import Secret
from sms_notify.gateways import Answered
from sms_notify.intake import TellCall
from sms_notify.model import SECOND, Call, Micros
from sms_notify.runner import Runner
from sms_notify.store import Store, prepare, told
from sms_notify.store.told import ToldBy

MOST_STEPS = 10_000_000


@dataclass(frozen=True, slots=True)
class Came:
    """One recorded call and when it came."""

    at: Micros
    call: Call


@dataclass(frozen=True, slots=True)
class Lived:
    """What became of all of it under one configuration."""

    messages: tuple[ToldBy, ...]
    verdicts: dict[str, int]

    @property
    def segments(self) -> int:
        return sum(one.segments for one in self.messages)

    def by_person(self) -> dict[str, int]:
        """Messages a person, by name."""
        return dict(sorted(Counter(one.person for one in self.messages).items()))


def lived(config: Config, calls: Sequence[Came], after: Micros) -> Lived:
    """Everything that `calls`, in order of time, would have led to until `after` the last one."""
    clock = _Clock(calls[0].at if calls else 0)
    with tempfile.TemporaryDirectory(prefix="sms-notify-replay-") as folder:
        store = Store(f"sqlite:///{Path(folder) / 'replay.db'}", clock=clock)
        prepare(store)
        runner = Runner(_harmless(config), store=store, http=TakesAll(), rng=Random(0))
        try:
            for came in calls:
                _run_to(runner, clock, came.at)
                runner.writer.judge_now(TellCall(runner.rules, came.call))
            _run_to(runner, clock, clock.now + after)
            with store.reading() as tx:
                return Lived(tuple(told.messages(tx)), told.verdicts(tx))
        finally:
            store.close()


class TakesAll:
    """A gateway that takes every SMS and has nothing to tell."""

    def get(self, base: str, target: str) -> Answered:
        """The answer of the vendor's document for `target`."""
        asked = urlsplit(target)
        if not asked.path.startswith("/send"):
            return Answered(200, b"0")
        phones = parse_qs(asked.query, encoding="latin-1").get("send_phone", [""])[0]
        return Answered(200, b"0|%d|0|1" % len(phones.split(",")))

    def close(self) -> None:
        """Nothing is open."""


@dataclass(slots=True)
class _Clock:
    now: Micros

    def __call__(self) -> Micros:
        return self.now


def _run_to(runner: Runner, clock: _Clock, end: Micros) -> None:
    for _ in range(MOST_STEPS):
        due = runner.next_due(clock.now)
        if due is None or due > end:
            break
        clock.now = max(clock.now, due)
        for _step in runner.tick(clock.now):
            pass
    clock.now = max(clock.now, end)


def _harmless(config: Config) -> Config:
    """The same site with one gateway that nothing leaves by, and without its links to others."""
    first = next((each for each in config.gateways if isinstance(each, Wavecom)), None)
    only = Wavecom(
        name="replay",
        account="replay",
        password=Secret("replay"),
        urls=("http://replay.invalid",),
        charset=first.charset if first else "gbk",
        connect_timeout=SECOND,
        read_timeout=SECOND,
        signature_by=first.signature_by if first else "us",
    )
    checks = replace(config.checks, look_ahead=0, proof_of_life=None)
    return replace(config, gateways=(only,), upstream=Upstream(), heartbeats={}, checks=checks)


def in_order(calls: Iterable[Came]) -> list[Came]:
    return sorted(calls, key=lambda came: came.at)
