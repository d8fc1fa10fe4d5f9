"""Polling in real life: a thread for each turn, so that a slow one keeps nobody waiting."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable

from sms_notify.errors import StoreUnavailable
from sms_notify.gateways import Fetched, Gateway, Polled
from sms_notify.inbound.asking import Asking, ask, due, fetch, keep
from sms_notify.inbound.beside import Beside, pick_up
from sms_notify.inbound.sources import Source, Turn, sources
from sms_notify.model import SECOND, Micros
from sms_notify.store import Store

log = logging.getLogger(__name__)

RETRY = 0.5
"""Seconds between attempts to store a page in a store that is away."""
LOOK = 5.0
"""Seconds between looks at whose turn it is: other processes send through the account too."""
WELL = frozenset({Fetched.page, Fetched.nothing})


class Poller:
    """Asks each source when it is due; what it fetched is never given up while it lives.

    `fetched` is called by a thread after each poll whose answer is stored, with its kind.
    """

    def __init__(
        self,
        store: Store,
        gateways: Iterable[Gateway],
        owner: str,
        beside: Beside,
        clock: Callable[[], Micros],
        fetched: Callable[[str, Polled], None],
    ) -> None:
        self._store = store
        self._sources = sources(gateways)
        self._owner = owner
        self._beside = beside
        self._clock = clock
        self._fetched = fetched
        self._threads: dict[Turn, threading.Thread] = {}
        self._woken = threading.Condition()
        self._wakes = 0
        self._stopping = threading.Event()
        self._abandon = threading.Event()
        self._picking_up = threading.Lock()
        self._picked_up = False

    def start(self) -> None:
        """Poll in threads until `stop`."""
        for turn in self._sources:
            thread = self._threads.get(turn)
            if thread is None or not thread.is_alive():
                name = f"poll-{len(self._threads)}"
                made = threading.Thread(target=self._loop, args=(turn,), name=name, daemon=True)
                self._threads[turn] = made
                made.start()

    def reload(self, gateways: Iterable[Gateway]) -> None:
        """Poll these from now on; a poll that is in the air is finished first."""
        self._sources = sources(gateways)
        self.start()
        self.wake()

    def wake(self) -> None:
        """Something left: look whether it is time to ask."""
        with self._woken:
            self._wakes += 1
            self._woken.notify_all()

    def end(self) -> None:
        """Ask no more; `stop` waits for what is in the air."""
        self._stopping.set()
        self.wake()

    def stop(self, seconds: float) -> bool:
        """Let a poll in the air be stored; False if one was not in time: it counts as lost, but
        for a page that is on disk beside the store."""
        self.end()
        until = time.monotonic() + seconds
        for thread in self._threads.values():
            thread.join(max(0.0, until - time.monotonic()))
        self._abandon.set()
        return not any(thread.is_alive() for thread in self._threads.values())

    def _loop(self, turn: Turn) -> None:
        was: Fetched | None = None
        while not self._stopping.is_set() and (source := self._sources.get(turn)):
            wakes = self._wakes
            wait = RETRY
            try:
                self._pick_up()
                wait, came = self._once(source)
                was = _log_change(turn, was, came) if came else was
            except StoreUnavailable:
                pass  # the loop that delivers says so
            except Exception:
                log.exception("poll_failed", extra=_named(turn))
            self._sleep(wakes, wait)

    def _once(self, source: Source) -> tuple[float, Polled | None]:
        """Ask if it is time to; seconds until then, and what came."""
        now = self._clock()
        with self._store.reading() as tx:
            at = due(tx, {source.turn: source}, now)[source.turn]
        if at > now:
            return min(LOOK, (at - now) / SECOND), None
        asking = ask(self._store, source, self._owner, now)
        if asking is None:
            return RETRY, None
        polled = fetch(source)
        self._until_kept(asking, polled)
        return 0.0, polled

    def _until_kept(self, asking: Asking, polled: Polled) -> None:
        """P2, however long the store is away; the page is on disk meanwhile."""
        self._beside.put(asking, polled)
        waiting = False
        while not self._abandon.is_set():
            try:
                keep(self._store, asking, polled, self._clock())
                break
            except StoreUnavailable as error:
                if not waiting:
                    log.warning("page_waits_for_store", extra={"error": str(error)})
                waiting = True
                self._abandon.wait(RETRY)
        else:
            return
        self._beside.drop(asking)
        self._fetched(asking.kind, polled)

    def _pick_up(self) -> None:
        """Store what an earlier life of this process had in hand, once."""
        with self._picking_up:
            if self._picked_up:
                return
            for asking, polled, new in pick_up(self._store, self._beside, self._clock):
                log.info("page_picked_up", extra={"poll": asking.request, "new": new})
                self._fetched(asking.kind, polled)
            self._picked_up = True

    def _sleep(self, wakes: int, seconds: float) -> None:
        with self._woken:
            self._woken.wait_for(
                lambda: self._wakes != wakes or self._stopping.is_set(), max(0.0, seconds)
            )


def _named(turn: Turn) -> dict[str, str]:
    return {"account": turn[0], "kind": turn[1].value}


def _log_change(turn: Turn, was: Fetched | None, polled: Polled) -> Fetched:
    """One line when polls begin to fail, and one when they work again."""
    well = polled.came in WELL
    if well and was is not None and was not in WELL:
        log.info("polls_work", extra=_named(turn))
    elif not well and was is not polled.came:
        log.warning(
            "polls_fail",
            extra=_named(turn) | {"came": polled.came.value, "reason": polled.reason},
        )
    return polled.came
