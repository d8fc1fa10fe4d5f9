"""Real life: the loop, the sender and the pollers in threads, until they are told to stop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from sms_notify import inbound
from sms_notify.delivery import Sender
from sms_notify.draining import EVERY, Draining
from sms_notify.errors import StoreError
from sms_notify.gateways import Polled
from sms_notify.intake import Accepted, Input
from sms_notify.intake.telling import Tally
from sms_notify.model import MINUTE, SECOND, Micros
from sms_notify.runner import memory
from sms_notify.runner.pace import Pace
from sms_notify.runner.site import Site
from sms_notify.runner.steps import Judge, Steps
from sms_notify.runner.troubles import troubles
from sms_notify.store.waking import Waking
from sms_notify.watching import Looked, Watch

log = logging.getLogger(__name__)

STEPPED = 1.0
"""Seconds between looks while what seems due is only so by a clock that was set forward."""

ALL_BUSY = 0.2
"""Seconds between looks while every worker has a flight, and whichever lands first wakes us: to
look what is due reads the whole queue."""

NOT_CLAIMED: Micros = SECOND // 10
"""Until the next try where something seemed ready and was not to be had: another process has it, or
the store is busy."""

GIVE_BACK_EVERY = 10.0
"""Seconds; see memory.py."""

STORE_AWAY = 1.0
"""Seconds before a store that could not be used is tried again."""

AWAY: Micros = MINUTE
"""The loop looks every second: after so long without a look, nobody heard a heartbeat."""

NOT_READY_FOR: Micros = MINUTE
"""After alerts that could not be stored, unless others could; nobody may post to prove it."""


class Threads:
    """Runs one site. Nothing runs before `start` or `deliver`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._watch = Watch(site.store, serves=False, away=AWAY)
        self._steps = Steps(site, self._alive, self._watch)
        self._spool = Draining(lambda: site.rules, site.writer.hand_in, site.metrics)
        self._drains = False
        self._sender: Sender | None = None
        self._poller: inbound.Poller | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._store_error = ""
        self._claim_at: Micros | None = None
        self._give_back_at = 0.0
        self._waking = Waking(site.store, site.wake)

    def start(self, *, drains: bool) -> None:
        """Run the loops in threads until `stop`; the service `drains` the spool, no command."""
        site = self._site
        self._drains = drains
        self._watch.serves = drains
        self._watch.on_ahead = site.metrics.ahead
        site.writer.start()
        site.hand_in = site.writer.hand_in
        self._sender = self._new_sender()
        self._thread = threading.Thread(target=self._loop, name="loop", daemon=True)
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
        done = self._sender.drain(timeout) if self._sender is not None else True
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
        self._watch.reload()
        if self._sender is not None:
            self._sender.terms = self._site.terms
        if self._poller is not None:
            self._poller.reload(self._site.terms.gateways)
        self._site.wake()

    def deliver(self, seconds: float) -> None:
        """Deliver what is due now and comes due, for at most so many seconds."""
        self._sender = self._new_sender()
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._pass(self._judge_here)
            wait = self._seconds_to_next()
            if not self._sender.alive and (wait is None or wait > left):
                return
            self._sleep(min(left, wait if wait is not None else left))

    def _new_sender(self) -> Sender:
        site = self._site
        return Sender(site.store, site.terms, site.store.now, site.rng, site.landed)

    def _new_poller(self) -> inbound.Poller:
        site = self._site
        return inbound.Poller(
            site.store, site.terms.gateways, site.owner, site.beside, site.store.now,
            self._fetched,
        )  # fmt: skip

    def _fetched(self, kind: str, polled: Polled) -> None:
        self._site.metrics.polls.labels(kind, polled.came.value).inc()
        self._site.wake()

    def _alive(self) -> set[int]:
        return self._sender.alive if self._sender else set()

    # -- the loop ------------------------------------------------------------------------------

    @property
    def _longest_sleep(self) -> float:
        """Seconds between looks at the store and the spool when nothing wakes us."""
        longest = self._waking.look_every
        return min(longest, EVERY / SECOND) if self._drains else longest

    def _sleep(self, seconds: float) -> bool:
        """Whether there was something that woke us."""
        woken = self._site.woken.wait(max(0.0, seconds))
        self._site.woken.clear()
        return woken

    def _loop(self) -> None:
        pace = Pace()
        while not self._stopping.is_set():
            try:
                self._leave()
                if pace.due:
                    pace.looking()
                    wait = self._look()
                    pace.looked(min(wait, self._longest_sleep))
            except StoreError as error:
                if self._stopping.is_set():  # the writer takes no more
                    return
                self._store_fails(error)
                pace.failed(STORE_AWAY)
            except Exception as error:
                log.exception("loop_failed")
                self._site.metrics.error(error)
                pace.failed(STORE_AWAY)
            if self._sleep(pace.seconds):
                pace.woken()

    def _leave(self) -> None:
        """What was just queued, or waits for a worker that is free now, leaves before all else."""
        sender, site = self._sender, self._site
        if sender is None or site.dry_run:
            return
        while (site.queued or sender.more) and sender.room > 0:
            site.queued = False
            if not sender.launch():
                break

    def _look(self) -> float:
        """Everything that may be due; returns the seconds until more is."""
        more = self._drains and self._spool.work(self._site.store.now())
        self._pass(self._judge_by_writer)
        wait = self._seconds_to_next(self._steps.rest_at)
        self._site.writer.prove()
        self._store_works()
        self._give_back()
        if more:
            return 0.0
        return self._longest_sleep if wait is None else wait

    def _give_back(self) -> None:
        if time.monotonic() >= self._give_back_at:
            self._give_back_at = time.monotonic() + GIVE_BACK_EVERY
            memory.give_back()

    def _pass(self, judge: Judge) -> None:
        site = self._site
        now = site.store.now()
        for applied in site.reports.work(now, site.rules):
            site.metrics.reported(applied.results)
            site.metrics.replied(applied.replies)
            if applied.tally is not None:
                tally = applied.tally
                site.metrics.judged(tally.verdicts, len(tally.messages), tally.fallbacks)
            site.moved(applied.moved)
        if self._thread is not None:  # no command lives until a handoff
            self._steps.arm(judge)
        self._steps.timers(now, judge)
        self._steps.watch(now, judge)
        claim_at = self._steps.judge_again(now, judge).claim
        if self._serves:
            site.weigher.launch(site.terms, now)
            site.errands.launch(now, site.wake)
        self._claim_at = self._claimed(claim_at, now)
        self._steps.housekeeping(now, judge)

    def _claimed(self, due: Micros | None, now: Micros) -> Micros | None:
        """Claim what is ready; when to look again for what is ready later.

        Whatever lands has it looked for too.
        """
        sender = self._sender
        if due is None or due > now or sender is None or self._site.dry_run or not sender.room:
            return due if due is None or due > now else None
        return None if sender.launch() else now + NOT_CLAIMED

    @property
    def _serves(self) -> bool:
        """Only the service reads balances and calls sources; a command ends too soon."""
        return self._thread is not None and not self._site.dry_run

    def _judge_by_writer(self, items: Sequence[Input]) -> None:
        futures: list[Future[Any]] = [self._site.writer.hand_in(item) for item in items]
        for future in futures:
            answer = future.result()
            if isinstance(answer, Tally | Accepted):
                metrics = self._site.metrics
                metrics.judged(answer.verdicts, len(answer.messages), answer.fallbacks)
            for incident in answer.unanswered if isinstance(answer, Tally) else ():
                log.error("unanswered", extra={"incident": incident})
                self._site.metrics.unanswered.inc()
            if isinstance(answer, Looked):
                for message, why in answer.unproved:
                    log.error("proof_of_life", extra={"id": message, "unproved": why})

    def _judge_here(self, items: Sequence[Input]) -> None:
        for item in items:
            self._site.writer.judge_now(item)

    def _seconds_to_next(self, *others: Micros | None) -> float | None:
        now = self._site.store.now
        if self._sender is not None and self._sender.room == 0:
            return ALL_BUSY
        stored = self._steps.next_in_store(now(), room=False, asks=False, errands=self._serves)
        claim = None if self._site.dry_run else self._claim_at
        dues = (stored, claim, *others)
        due = min((each for each in dues if each is not None), default=None)
        least = STEPPED if self._steps.set_forward else 0.0
        return None if due is None else max(least, (due - now()) / SECOND)

    # -- how it is doing -----------------------------------------------------------------------

    def _store_fails(self, error: StoreError) -> None:
        if not self._store_error:
            log.error("store_away", extra={"error": str(error)})
            self._site.metrics.error(error)
        self._store_error = str(error)

    def _store_works(self) -> None:
        if self._store_error:
            log.info("store_back")
        self._store_error = ""

    def readiness(self) -> tuple[bool, dict[str, str]]:
        """Whether alerts can be accepted, and what is wrong with which part."""
        site = self._site
        wrong: dict[str, str] = {}
        if self._thread is not None and not self._thread.is_alive():
            wrong["loop"] = "not running"
        refused_at = site.writer.refused_at
        if refused_at and site.store.now() - refused_at < NOT_READY_FOR:
            wrong["store"] = "alerts could not be stored a moment ago"
        if self._store_error:
            wrong["store"] = self._store_error
        ready = not wrong
        try:
            wrong |= troubles(site)
        except StoreError as error:
            return False, {**wrong, "store": str(error)}
        return ready, wrong
