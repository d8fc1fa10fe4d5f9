"""What one process works with: built once, and swapped where a reload says so."""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sms_notify import delivery, inbound, verdict
from sms_notify.config import Config
from sms_notify.delivery import Settled, Terms, Weighed, Weigher
from sms_notify.errands import Errands
from sms_notify.errors import StoreError
from sms_notify.gateways import Http, open_gateways
from sms_notify.intake import Input, Rules, Writer, rules
from sms_notify.metrics import Metrics
from sms_notify.model import MessageState, Micros
from sms_notify.store import Store, names, open_store

log = logging.getLogger(__name__)


class Site:
    """The store, the rules and terms of this moment, and everything that is built on them.

    `hand_in` takes what a step wants judged: by the writer's thread where one runs.
    """

    def __init__(
        self,
        config: Config,
        *,
        store: Store | None,
        dry_run: bool,
        http: Http | None,
        rng: Random | None,
        metrics: Metrics | None,
        states: str | None,
    ) -> None:
        self.metrics = metrics or Metrics()
        self.store = store if store is not None else open_store(config.store)
        self.rng = rng or Random()
        self.dry_run = dry_run
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._http = http
        self.rules = self._rules_of(config)
        self.terms = self._terms_of(config)
        self.woken = threading.Event()
        self.writer = Writer(self.store, memory=self._memory, after=self._committed)
        self.hand_in: Callable[[Input], Any] = self.writer.judge_now
        path = self.store.url.database if self.store.is_sqlite else None
        self.beside = inbound.Beside(inbound.folder_of(path, states))
        self.reports = inbound.Rounds(
            self.store, self.writer.judge_now, self.terms.gateways, self.owner, self.beside
        )
        self.weigher = Weigher(self.store, self.store.now, self._weighed)
        self.errands = Errands(
            self.store, self.owner, lambda: self.rules, lambda item: self.hand_in(item),
            self.metrics.errand,
        )  # fmt: skip
        self.release = False
        """A reload may have mended what messages are held for: look at all of them."""
        self.queued = False
        """Something may have been queued since the last claim."""
        self.on_moved: Callable[[], None] = lambda: None

    def reload(self, config: Config) -> None:
        """Judge and deliver by another configuration from now on."""
        terms = self._terms_of(config)
        self.rules = self._rules_of(config)
        self.terms = terms
        self.release = True
        self.reports.use(terms.gateways)
        self.errands.reload()

    def _committed(self, queued: bool) -> None:
        """By the writer, after each commit."""
        if queued:
            self.queued = True
        self.wake()

    def wake(self) -> None:
        """Something is to be done: the loop need not sleep."""
        self.woken.set()

    def _rules_of(self, config: Config) -> Rules:
        """The rules, with the names that they must tell apart, if the store can say them now."""
        made = rules(config)
        with suppress(StoreError), self.store.reading() as tx:
            made.texts.learn(names.seen(tx))
        return made

    def _terms_of(self, config: Config) -> Terms:
        return Terms(
            gateways=open_gateways(config.gateways, self._http),
            settings=config.delivery,
            owner=self.owner,
            zone=ZoneInfo(config.site.timezone),
            language=config.site.language,
        )

    def _memory(self) -> Micros:
        return verdict.longest(self.rules.config.throttle)

    # -- what the right half came to -----------------------------------------------------------

    def landed(self, settled: Settled) -> None:
        """A send was settled: tell the operator of an account in trouble, and the log."""
        if settled.opened:
            log.error("account_down", extra={"account": settled.account, "why": settled.trouble})
        for item in delivery.of_settled(self.rules, self.terms, settled, self.store.now()):
            self.hand_in(item)
        self.moved(settled.moved, dict(settled.failed))
        self.wake()

    def _weighed(self, weighed: Weighed) -> None:
        """What a reading of the balance came to; judged now, or by the writer's thread."""
        kept = delivery.kept_people(self.store) if weighed.more else []
        for item in delivery.of_weighed(self.rules, weighed, kept, self.store.now()):
            self.hand_in(item)
        self.moved(weighed.moved)
        self.wake()

    def moved(
        self, moved: Sequence[tuple[int, MessageState]], why: Mapping[int, str] | None = None
    ) -> None:
        """`why` messages failed; of those that are not in it, a report said so."""
        together: dict[MessageState, list[int]] = {}
        for message, state in moved:
            if state is MessageState.failed:
                reason = (why or {}).get(message, "report")
                log.error("message", extra={"id": message, "state": state.value, "reason": reason})
            else:
                together.setdefault(state, []).append(message)
        for state, ids in together.items():
            log.info("message", extra={"id": numbers(ids), "state": state.value})
        self.metrics.moved(state for _message, state in moved)
        if moved:
            self.on_moved()


def numbers(ids: Sequence[int]) -> str:
    """`7`, `7-106`, `7,9`: what moved together is one line, not a hundred."""
    spans: list[list[int]] = []
    for number in sorted(ids):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)
