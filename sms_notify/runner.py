"""Builds everything once and runs the loops: with threads in real life, by `tick` in virtual time.

Both run the same steps, each of which does one unit of work and is a function of (store, now):
reports → timers → judge again → unproved → recover → claim → fly → settle → prune.
"""

from __future__ import annotations

import heapq
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sms_notify import delivery, escalation, inbound, verdict
from sms_notify.config import Config
from sms_notify.delivery import Flight, Sender, Settled, Terms, Weighed, Weigher
from sms_notify.draining import Draining, spool_trouble
from sms_notify.errors import StoreError
from sms_notify.gateways import Http, Outcome, Polled, open_gateways
from sms_notify.intake import Accepted, Input, Rejudge, Rules, Writer, rules
from sms_notify.intake.telling import Tally
from sms_notify.metrics import Metrics
from sms_notify.model import HOUR, MINUTE, SECOND, MessageState, Micros
from sms_notify.store import Store, names, open_store, pruning, standing, timers

log = logging.getLogger(__name__)

LONGEST_SLEEP = 1.0
"""Seconds between looks at the store when nothing wakes us: other processes write to it too."""

STORE_AWAY = 1.0
"""Seconds before a store that could not be used is tried again."""

NOT_READY_FOR: Micros = MINUTE
"""After alerts that could not be stored, unless others could; nobody may post to prove it."""

HOUSEKEEPING: Micros = MINUTE
PRUNE_EVERY: Micros = HOUR


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
        self.metrics = metrics or Metrics()
        self.store = store if store is not None else open_store(config.store)
        self._http = http
        self._rng = rng or Random()
        self._dry_run = dry_run
        self._rules = self._rules_of(config)
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._terms = self._terms_of(config)
        self.writer = Writer(self.store, memory=self._memory, after=self._wake)
        path = self.store.url.database if self.store.is_sqlite else None
        self._beside = inbound.Beside(inbound.folder_of(path, states))
        self._reports = inbound.Rounds(
            self.store, self.writer.judge_now, self._terms.gateways, self._owner, self._beside
        )
        self._poller: inbound.Poller | None = None
        self._weigher = Weigher(self.store, self.store.now, self._weighed)
        self._hand_in: Callable[[Input], Any] = self.writer.judge_now
        self._release = False
        self._drains = False
        self._spool = Draining(lambda: self._rules, self.writer.hand_in, self.metrics)
        self._sender: Sender | None = None
        self._air: list[tuple[Micros, int, Flight, Outcome]] = []
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._loop_thread: threading.Thread | None = None
        self._tidy_at: Micros = 0
        self._prune_at: Micros = 0
        self._store_error = ""

    @property
    def rules(self) -> Rules:
        """The rules of this moment; a reload swaps them whole."""
        return self._rules

    def reload(self, config: Config) -> None:
        """Judge and deliver by another configuration from now on."""
        terms = self._terms_of(config)
        self._rules = self._rules_of(config)
        self._terms = terms
        self._release = True
        if self._sender is not None:
            self._sender.terms = terms
        self._reports.use(terms.gateways)
        if self._poller is not None:
            self._poller.reload(terms.gateways)
        self._wake()

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
            owner=self._owner,
            zone=ZoneInfo(config.site.timezone),
            language=config.site.language,
        )

    def _memory(self) -> Micros:
        return verdict.longest(self._rules.config.throttle)

    # -- the steps -----------------------------------------------------------------------------

    def _timers(self, now: Micros, judge: Callable[[Sequence[Input]], None]) -> None:
        with self.store.reading() as tx:
            due = timers.due(tx, now)
        if due:
            judge(escalation.inputs(self._rules, due))

    def _judge_again(self, now: Micros, judge: Callable[[Sequence[Input]], None]) -> None:
        """What waited too long, and what was held for a gateway that works again."""
        due = delivery.what_is_due(self.store, self._terms, now, self._alive())
        people: set[str] = set()
        if self._release:
            self._release = False
            delivery.ask_again(self.store, self._terms, now)
            people |= set(delivery.kept_people(self.store))
        if due.expire is not None and due.expire <= now:
            people |= set(delivery.expire(self.store, now))
        if due.judge is not None and due.judge <= now:
            people |= set(delivery.aged(self.store, now))
            people |= set(delivery.returned(self.store, self._terms, now))
        if people:
            judge([Rejudge(self._rules, people)])
        if due.unproved is not None and due.unproved <= now:
            delivery.uncertain_due(self.store, self._terms, now)
        if due.recover is not None and due.recover <= now:
            delivery.recover(self.store, self._terms, now, self._alive())

    @property
    def _weighs(self) -> bool:
        """Only the service reads balances; a command ends too soon."""
        return self._loop_thread is not None and not self._dry_run

    def _alive(self) -> set[int]:
        flying = {number for _at, number, _flight, _outcome in self._air}
        return flying | (self._sender.alive if self._sender else set())

    def _housekeeping(self, now: Micros) -> None:
        """Free codes every minute; every hour delete what is older than the retention."""
        if now < self._tidy_at:
            return
        self._tidy_at = now + HOUSEKEEPING
        with self.store.writing() as tx:
            pruning.free_codes(tx, now)
        if now < self._prune_at:
            return
        self._prune_at = now + PRUNE_EVERY
        for table in pruning.TABLES:
            self._prune(table, now - self._rules.config.retention)

    def _prune(self, table: str, before: Micros) -> None:
        while not self._stopping.is_set():
            with self.store.writing() as tx:
                if pruning.prune(tx, table, before) < pruning.ROWS:
                    return

    # -- real life: threads --------------------------------------------------------------------

    def start(self, *, drains: bool = False) -> None:
        """Run the loops in threads until `stop`; the service `drains` the spool, no command."""
        self._drains = drains
        self.writer.start()
        self._hand_in = self.writer.hand_in
        self._sender = self._new_sender()
        self._loop_thread = threading.Thread(target=self._loop, name="loop", daemon=True)
        self._loop_thread.start()
        if not self._dry_run:
            self._poller = self._new_poller()
            self._poller.start()

    def stop(self, timeout: float) -> bool:
        """Judge what was handed in, let SMS on their way finish; False if some did not in time."""
        self._stopping.set()
        self._wake()
        if self._poller is not None:
            self._poller.end()
        self.writer.stop()
        if self._loop_thread is not None:
            self._loop_thread.join()
        until = time.monotonic() + timeout
        done = self._sender.drain(timeout) if self._sender is not None else True
        if self._poller is not None:
            done = self._poller.stop(max(0.0, until - time.monotonic())) and done
        self._weigher.stop()
        for gateway in self._terms.gateways:
            gateway.close()
        self.store.close()
        return done

    def deliver(self, seconds: float) -> None:
        """Without a server: deliver what is due now and comes due, for at most `seconds`.

        Returns as soon as nothing is left to do in that time.
        """
        self._sender = self._new_sender()
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._pass(self._judge_here)
            wait = self._seconds_to_next()
            if not self._sender.alive and (wait is None or wait > left):
                return
            self._sleep(min(left, wait if wait is not None else left))

    def _new_sender(self) -> Sender:
        return Sender(self.store, self._terms, self.store.now, self._rng, self._landed)

    def _new_poller(self) -> inbound.Poller:
        return inbound.Poller(
            self.store, self._terms.gateways, self._owner, self._beside, self.store.now,
            self._fetched,
        )  # fmt: skip

    def _fetched(self, polled: Polled) -> None:
        self.metrics.polls.labels(polled.came.value).inc()
        self._wake()

    def _weighed(self, weighed: Weighed) -> None:
        """What a reading of the balance came to; judged now, or by the writer's thread."""
        kept = delivery.kept_people(self.store) if weighed.more else []
        for item in delivery.of_weighed(self._rules, weighed, kept, self.store.now()):
            self._hand_in(item)
        self._moved(weighed.moved)
        self._wake()

    def _trouble(self, settled: Settled) -> None:
        if settled.opened:
            log.error("account_down", extra={"account": settled.account, "why": settled.trouble})
        for item in delivery.of_settled(self._rules, self._terms, settled, self.store.now()):
            self._hand_in(item)

    def _landed(self, settled: Settled) -> None:
        self._trouble(settled)
        self._moved(settled.moved, dict(settled.failed))
        self._wake()

    def _moved(
        self, moved: Sequence[tuple[int, MessageState]], why: Mapping[int, str] | None = None
    ) -> None:
        """`why` messages failed; of those that are not in it, a report said so."""
        for message, state in moved:
            said = {"id": message, "state": state.value}
            if state is MessageState.failed:
                log.error("message", extra=said | {"reason": (why or {}).get(message, "report")})
            else:
                log.info("message", extra=said)
        self.metrics.moved(state for _message, state in moved)
        if moved and self._poller is not None:
            self._poller.wake()

    def _wake(self) -> None:
        self._woken.set()

    def _sleep(self, seconds: float) -> None:
        self._woken.wait(max(0.0, seconds))
        self._woken.clear()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._drains:
                    self._spool.work(self.store.now())
                self._pass(self._judge_by_writer)
                wait = self._seconds_to_next()
                self._store_works()
            except StoreError as error:
                self._store_fails(error)
                wait = STORE_AWAY
            except Exception as error:
                log.exception("loop_failed")
                self.metrics.error(error)
                wait = STORE_AWAY
            self._sleep(LONGEST_SLEEP if wait is None else min(wait, LONGEST_SLEEP))

    def _pass(self, judge: Callable[[Sequence[Input]], None]) -> None:
        now = self.store.now()
        for applied in self._reports.work(now, self._rules):
            self.metrics.reported(applied.results)
            self._moved(applied.moved)
        self._timers(now, judge)
        self._judge_again(now, judge)
        if self._weighs:
            self._weigher.launch(self._terms, now)
        if self._sender is not None and not self._dry_run and self._sender.room > 0:
            self._sender.launch()
        self._housekeeping(now)

    def _judge_by_writer(self, items: Sequence[Input]) -> None:
        futures: list[Future[Any]] = [self.writer.hand_in(item) for item in items]
        for future in futures:
            answer = future.result()
            if isinstance(answer, Tally | Accepted):
                self.metrics.judged(answer.verdicts, len(answer.messages), answer.fallbacks)

    def _judge_here(self, items: Sequence[Input]) -> None:
        for item in items:
            self.writer.judge_now(item)

    def _seconds_to_next(self) -> float | None:
        room = self._sender is not None and self._sender.room > 0 and not self._dry_run
        due = self._next_in_store(self.store.now(), room=room, asks=False)
        return None if due is None else max(0, due - self.store.now()) / SECOND

    def _next_in_store(self, now: Micros, *, room: bool, asks: bool) -> Micros | None:
        with self.store.reading() as tx:
            timer = timers.next_due(tx)
        reports = self._reports.next_due(now, asks=asks)
        dues = [
            timer,
            reports,
            delivery.next_due(self.store, self._terms, now, self._alive(), room=room),
        ]
        return min((due for due in dues if due is not None), default=None)

    def _store_fails(self, error: StoreError) -> None:
        if not self._store_error:
            log.error("store_away", extra={"error": str(error)})
            self.metrics.error(error)
        self._store_error = str(error)

    def _store_works(self) -> None:
        if self._store_error:
            log.info("store_back")
        self._store_error = ""

    def readiness(self) -> tuple[bool, dict[str, str]]:
        """Whether alerts can be accepted, and what is wrong with which part."""
        wrong: dict[str, str] = {}
        if self._loop_thread is not None and not self._loop_thread.is_alive():
            wrong["loop"] = "not running"
        refused_at = self.writer.refused_at
        if refused_at and self.store.now() - refused_at < NOT_READY_FOR:
            wrong["store"] = "alerts could not be stored a moment ago"
        if self._store_error:
            wrong["store"] = self._store_error
        ready = not wrong
        try:
            accounts = [gateway.account for gateway in self._terms.gateways]
            wrong |= spool_trouble(self._rules.config.server.spool, self.store.now())
            up = standing.standing(self.store, accounts).gateways
            wrong |= {f"gateway {name}": "down" for name, works in up.items() if not works}
            wrong |= inbound.shown(self.store, self.store.now())
        except StoreError as error:
            return False, {**wrong, "store": str(error)}
        return ready, wrong

    # -- virtual time: one step after the other ------------------------------------------------

    def tick(self, now: Micros) -> Iterator[str]:
        """Everything that is due at `now`, as an iterator that stops after each step.

        Yields the name of the step that was just done; not going on is a crash at that point.
        The store's clock must stand at `now`. What flies lands when its transport says so.
        """
        while self._air and self._air[0][0] <= now:
            _at, _number, flight, outcome = heapq.heappop(self._air)
            settled = delivery.settle(self.store, self._terms, flight, outcome, now, self._rng)
            yield "settle"
            self._trouble(settled)
            self._moved(settled.moved, dict(settled.failed))
        yield from self._reports.land(now)
        for applied in self._reports.work(now, self._rules):
            self._moved(applied.moved)
            yield "apply"
        items: list[Input] = []
        self._timers(now, items.extend)
        self._judge_again(now, items.extend)
        yield "overdue"
        for item in items:
            self.writer.judge_now(item)
            yield "judge"
        yield from self._weigher.steps(self._terms, now)
        yield from self._claim_and_fly(now)
        yield from self._reports.asks(now)
        self._housekeeping(now)
        yield "housekeeping"

    def _claim_and_fly(self, now: Micros) -> Iterator[str]:
        room = self._terms.settings.workers - len(self._air)
        flights = delivery.claim(self.store, self._terms, now, room)
        yield "claim"
        for flight in flights:
            outcome = delivery.fly(self._terms, flight)
            lands = now + round(outcome.seconds * SECOND)
            heapq.heappush(self._air, (lands, flight.request, flight, outcome))
            yield "fly"

    def next_due(self, now: Micros) -> Micros | None:
        """When `tick` next has something to do; None if nothing is due as things stand."""
        if self._release:
            return now
        room = len(self._air) < self._terms.settings.workers
        dues = [self._next_in_store(now, room=room, asks=True)]
        dues.append(self._weigher.next_due(self._terms))
        if self._air:
            dues.append(self._air[0][0])
        return min((due for due in dues if due is not None), default=None)
