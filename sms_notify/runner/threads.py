"""Real life: the loop, the sender and the pollers in threads, until they are told to stop."""

from __future__ import annotations

import threading
import time

from sms_notify import inbound
from sms_notify.delivery import Sender
from sms_notify.errors import StoreError
from sms_notify.gateways import Polled
from sms_notify.model import MINUTE, Micros
from sms_notify.runner.loop import Loop
from sms_notify.runner.site import Site
from sms_notify.runner.troubles import troubles
from sms_notify.store.waking import Waking

NOT_READY_FOR: Micros = MINUTE
"""After alerts that could not be stored, unless others could; nobody may post to prove it."""


class Threads:
    """Runs one site. Nothing runs before `start` or `deliver`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._sender = Sender(site.store, site.terms, site.store.now, site.rng, site.landed)
        self._waking = Waking(site.store, site.wake)
        self._loop = Loop(site, self._sender, self._waking)
        self._poller: inbound.Poller | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, *, drains: bool) -> None:
        """Run the loops in threads until `stop`; the service `drains` the spool, no command."""
        site = self._site
        self._loop.lasts(drains=drains)
        site.writer.start()
        site.hand_in = site.writer.hand_in
        self._thread = threading.Thread(
            target=self._loop.run, args=(self._stopping,), name="loop", daemon=True
        )
        self._thread.start()
        self._waking.start()
        if not site.dry_run:
            self._poller = self._new_poller()
            site.on_moved = self._poller.wake
            self._poller.start()

    def stop(self, timeout: float) -> bool:
        """Judge what was handed in, let SMS on their way finish; False if some did not in time."""
        self._stopping.set()
        self._site.wake()
        if self._poller is not None:
            self._poller.end()
        self._site.writer.stop()
        if self._thread is not None:
            self._thread.join()
        until = time.monotonic() + timeout
        done = self._sender.drain(timeout)
        if self._poller is not None:
            done = self._poller.stop(max(0.0, until - time.monotonic())) and done
        self._site.weigher.stop()
        self._site.errands.stop(max(0.0, until - time.monotonic()))
        self._waking.stop()
        for gateway in self._site.terms.gateways:
            gateway.close()
        self._site.store.close()
        return done

    def reloaded(self) -> None:
        """The site has other terms."""
        self._loop.reloaded()
        self._sender.terms = self._site.terms
        if self._poller is not None:
            self._poller.reload(self._site.terms.gateways)
        self._site.wake()

    def deliver(self, seconds: float) -> None:
        """Deliver what is due now and comes due, for at most so many seconds."""
        self._loop.deliver(seconds)

    def readiness(self) -> tuple[bool, dict[str, str]]:
        """Whether alerts can be accepted, and what is wrong with which part."""
        site = self._site
        wrong: dict[str, str] = {}
        if self._thread is not None and not self._thread.is_alive():
            wrong["loop"] = "not running"
        refused_at = site.writer.refused_at
        if refused_at and site.store.now() - refused_at < NOT_READY_FOR:
            wrong["store"] = "alerts could not be stored a moment ago"
        if self._loop.store_error:
            wrong["store"] = self._loop.store_error
        ready = not wrong
        try:
            wrong |= troubles(site)
        except StoreError as error:
            return False, {**wrong, "store": str(error)}
        return ready, wrong

    def _new_poller(self) -> inbound.Poller:
        site = self._site
        return inbound.Poller(
            site.store, site.terms.gateways, site.owner, site.beside, site.store.now,
            self._fetched,
        )  # fmt: skip

    def _fetched(self, kind: str, polled: Polled) -> None:
        self._site.metrics.polls.labels(kind, polled.came.value).inc()
        self._site.wake()
