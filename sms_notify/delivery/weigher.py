"""Reads balances: in a thread of its own in real life, one step after the other in virtual time."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from sms_notify.delivery.flight import Terms
from sms_notify.delivery.purse import Reading, Weighed, apply, begin, next_reading, read
from sms_notify.errors import StoreUnavailable
from sms_notify.gateways import Balance
from sms_notify.model import SECOND, Micros
from sms_notify.store import Store

log = logging.getLogger(__name__)


class Weigher:
    """`said` is called with what each reading came to."""

    def __init__(
        self, store: Store, clock: Callable[[], Micros], said: Callable[[Weighed], None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._said = said
        self._pool: ThreadPoolExecutor | None = None
        self._air: list[tuple[Micros, int, Reading, Balance]] = []

    def launch(self, terms: Terms, now: Micros) -> None:
        """Have what is due read in a thread. Raises StoreUnavailable."""
        due = next_reading(self._store, terms)
        if due is None or due > now:
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="balance")
        for reading in begin(self._store, terms, now):
            self._pool.submit(self._work, terms, reading)

    def stop(self) -> None:
        """Wait for no reading: one that is lost is made again."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _work(self, terms: Terms, reading: Reading) -> None:
        balance = read(terms, reading)
        try:
            self._said(apply(self._store, terms, reading, balance, self._clock()))
        except StoreUnavailable:
            pass  # the loop that delivers says so; it is read again when the lease is over
        except Exception:
            log.exception("balance_failed", extra={"account": reading.account})

    # -- virtual time --------------------------------------------------------------------------

    def steps(self, terms: Terms, now: Micros) -> Iterator[str]:
        """What has come by now is weighed, what is due is asked."""
        while self._air and self._air[0][0] <= now:
            _at, _number, reading, balance = heapq.heappop(self._air)
            self._said(apply(self._store, terms, reading, balance, now))
            yield "weigh"
        due = next_reading(self._store, terms)
        for reading in begin(self._store, terms, now) if due is not None and due <= now else ():
            yield "ask balance"
            balance = read(terms, reading)
            lands = now + round(balance.seconds * SECOND)
            heapq.heappush(self._air, (lands, reading.request, reading, balance))
            yield "read balance"

    def next_due(self, terms: Terms) -> Micros | None:
        """When `steps` next has something to do; in the past: at once."""
        dues = [next_reading(self._store, terms), self._air[0][0] if self._air else None]
        return min((due for due in dues if due is not None), default=None)
