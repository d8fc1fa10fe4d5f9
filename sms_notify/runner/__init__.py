"""Builds everything once and runs the loops: with threads in real life, by `tick` in virtual time.

Both run the same steps (`steps.py`), each of which does one unit of work and is a function of
(store, now): reports → timers → watch → judge again → unproved → recover → claim → fly → settle
→ prune.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from sms_notify.config import Config
from sms_notify.gateways import Http
from sms_notify.intake import Rules, Writer
from sms_notify.metrics import Metrics
from sms_notify.model import Micros
from sms_notify.runner.site import Site
from sms_notify.runner.threads import Threads
from sms_notify.runner.virtual import Virtual
from sms_notify.store import Store

__all__ = ["Runner"]


class Runner:
    """One process of sms-notify: the rules of this moment, the writer, the sender, the loops.

    `http` replaces the network and `rng` the chance, for simulations. `dry_run` sends nothing and
    asks for nothing. `states` is a folder for what must outlive a store that is not a file.
    """

    def __init__(
        self,
        config: Config,
        *,
        store: Store | None = None,
        dry_run: bool = False,
        http: Http | None = None,
        rng: Random | None = None,
        metrics: Metrics | None = None,
        states: str | None = None,
    ) -> None:
        self._site = Site(
            config, store=store, dry_run=dry_run, http=http, rng=rng, metrics=metrics,
            states=states,
        )  # fmt: skip
        self._threads = Threads(self._site)
        self._virtual = Virtual(self._site)

    @property
    def rules(self) -> Rules:
        """The rules of this moment; a reload swaps them whole."""
        return self._site.rules

    @property
    def store(self) -> Store:
        return self._site.store

    @property
    def writer(self) -> Writer:
        return self._site.writer

    @property
    def metrics(self) -> Metrics:
        return self._site.metrics

    def reload(self, config: Config) -> None:
        """Judge and deliver by another configuration from now on."""
        self._site.reload(config)
        self._threads.reloaded()
        self._virtual.reloaded()

    def start(self, *, drains: bool = False) -> None:
        """Run the loops in threads until `stop`; the service `drains` the spool, no command."""
        self._threads.start(drains=drains)

    def stop(self, timeout: float) -> bool:
        """Judge what was handed in, let SMS on their way finish; False if some did not in time."""
        return self._threads.stop(timeout)

    def deliver(self, seconds: float) -> None:
        """Without a server: deliver what is due now and comes due, for at most `seconds`.

        Returns as soon as nothing is left to do in that time.
        """
        self._threads.deliver(seconds)

    def readiness(self) -> tuple[bool, dict[str, str]]:
        """Whether alerts can be accepted, and what is wrong with which part."""
        return self._threads.readiness()

    def tick(self, now: Micros) -> Iterator[str]:
        """Everything that is due at `now`, step by step; see Virtual.tick."""
        return self._virtual.tick(now)

    def next_due(self, now: Micros, *, asks: bool = True) -> Micros | None:
        """When `tick` next has something to do; see Virtual.next_due."""
        return self._virtual.next_due(now, asks=asks)
