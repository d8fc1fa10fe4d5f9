"""Flights in real life: a pool of threads that send and settle, drained when the program stops."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Condition, Event, Lock

from sms_notify.delivery.circuit import Landing
from sms_notify.delivery.claim import claim
from sms_notify.delivery.doubt import give_back
from sms_notify.delivery.ended import Settled
from sms_notify.delivery.flight import Flight, Terms, fly
from sms_notify.delivery.settle import settle_all
from sms_notify.errors import StoreUnavailable
from sms_notify.model import Micros
from sms_notify.store import Store

log = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds that a claim waits for its turn."""
RETRY_SETTLE = 0.5
"""Seconds between attempts to tell a store that is away what a send came to."""
MOST_DOUBTS = 1_000
"""Claims without an answer that are looked for: those of hours without a standby."""

MOST_WORKERS = 64
"""The bound of `delivery.workers`, which a reload may change; threads are made when needed."""


class Sender:
    """Claims as many flights as it has free workers; each worker sends one, and one of them settles
    what they all bring, in one commit.

    `landed` is called by a worker after each flight, with what it settled to. An outcome is never
    given up while the process lives, however long the store is away.
    """

    def __init__(
        self,
        store: Store,
        terms: Terms,
        clock: Callable[[], Micros],
        rng: Random,
        landed: Callable[[Settled], None],
    ) -> None:
        self.terms = terms
        self._store = store
        self._clock = clock
        self._rng = rng
        self._landed = landed
        self._pool = ThreadPoolExecutor(MOST_WORKERS + 1, thread_name_prefix="send")
        self._flying: dict[int, Flight] = {}
        self._landings: list[Landing] = []
        self._unsettled = 0  # have landed, and are still in `_flying`
        self._settling = False  # one worker settles what all bring
        self._writing = Lock()  # no claim while a settle waits for a store that is away
        self._changed = Condition()
        self._abandon = Event()
        self._has_worker = False
        self._doubts: deque[Micros] = deque(maxlen=MOST_DOUBTS)  # when these claims began
        self.more = False
        """The last claim took as much as there was room for: there may be more."""

    @property
    def alive(self) -> set[int]:
        """The requests in the air or not yet settled: their leases are not to be recovered."""
        with self._changed:
            return set(self._flying)

    @property
    def room(self) -> int:
        """How many flights may be claimed now: what has landed leaves room before it is settled."""
        with self._changed:
            aloft = len(self._flying) - self._unsettled
            return max(0, self.terms.settings.workers - aloft)

    def launch(self) -> int:
        """Claim for the free workers and send; how many flights left. Raises StoreUnavailable.

        Returns 0 after PATIENCE where a settle waits for a store that is away.
        """
        if not self._has_worker:
            self._pool.submit(int)  # raises where no thread can be had: then nothing is claimed
            self._has_worker = True
        if not self._writing.acquire(timeout=PATIENCE):
            return 0
        try:
            room = self.room
            flights = self._claimed(room)
            taken = sum(len(flight.messages) for flight in flights)
            self.more = len(flights) >= room or taken >= self.terms.settings.batch
        finally:
            self._writing.release()
        with self._changed:
            self._flying.update((flight.request, flight) for flight in flights)
        for flight in flights:
            self._hand_over(flight)
        return len(flights)

    def _hand_over(self, flight: Flight) -> None:
        """To a worker. It is queued before a thread is started for it: where the machine has no
        more threads, one of those there are takes it when it is free."""
        try:
            self._pool.submit(self._work, flight, self.terms)
        except RuntimeError as error:
            log.error("no_thread", extra={"error": str(error)})

    def take_back(self) -> bool:
        """Whether something was queued again that a claim took of which we never heard; by whoever
        launches, at every look. See doubt.py. Raises StoreUnavailable."""
        if not self._doubts:
            return False
        found = give_back(self._store, self.terms, self._doubts, self._clock(), self.alive)
        for began in found:
            self._doubts.remove(began)
        return bool(found)

    def _claimed(self, room: int) -> list[Flight]:
        now = self._clock()
        try:
            return claim(self._store, self.terms, now, room)
        except StoreUnavailable as error:
            if error.unanswered:
                self._doubts.append(now)
            raise

    def drain(self, seconds: float) -> bool:
        """Wait until every flight has landed; False if some have not, and are now given up.

        Those given up are recovered as uncertain when their lease is over.
        """
        with self._changed:
            done = self._changed.wait_for(lambda: not self._flying, seconds)
        self._abandon.set()
        self._pool.shutdown(wait=done)
        return done

    def _work(self, flight: Flight, terms: Terms) -> None:
        landing = flight, fly(terms, flight)
        with self._changed:
            self._landings.append(landing)
            self._unsettled += 1
            if self._settling:
                return  # whoever settles now takes this along next
            self._settling = True
        while landings := self._taken():
            with self._writing:
                settled = self._settle(landings)
            with self._changed:
                for landed, _outcome in landings:
                    self._flying.pop(landed.request, None)
                self._unsettled -= len(landings)
                self._changed.notify_all()
            self._tell(settled)

    def _taken(self) -> list[Landing]:
        """All that have landed, for one commit; with none left nobody settles any more."""
        with self._changed:
            landings, self._landings = self._landings, []
            self._settling = bool(landings)
        return landings

    def _tell(self, settled: Sequence[Settled]) -> None:
        for each in settled:
            try:
                self._landed(each)
            except Exception:  # the others are still to be settled and told
                log.exception("landed_failed")

    def _settle(self, landings: Sequence[Landing]) -> list[Settled]:
        """All in one transaction, or, if one of them makes it fail, each in its own."""
        try:
            return self._until_stored(landings)
        except Exception as error:
            if len(landings) > 1:
                return [settled for each in landings for settled in self._settle([each])]
            log.error("settle request=%d failed: %s", landings[0][0].request, type(error).__name__)
            return []

    def _until_stored(self, landings: Sequence[Landing]) -> list[Settled]:
        waiting = False
        while landings and not self._abandon.is_set():
            try:
                return settle_all(self._store, self.terms, landings, self._clock(), self._rng)
            except StoreUnavailable as error:
                if not waiting:
                    log.warning(
                        "settle of %d requests waits for the store: %s", len(landings), error
                    )
                waiting = True
                self._abandon.wait(RETRY_SETTLE)
        return []
