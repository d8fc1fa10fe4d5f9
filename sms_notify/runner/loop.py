"""The loop: what was queued leaves at once, and everything that may be due has its turn in time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from sms_notify.delivery import Due, Sender
from sms_notify.draining import EVERY, Draining
from sms_notify.errors import StoreError
from sms_notify.inbound.pages import is_away
from sms_notify.intake import Accepted, Input
from sms_notify.intake.tally import Tally
from sms_notify.model import MINUTE, SECOND, Micros
from sms_notify.runner import memory
from sms_notify.runner.pace import Pace
from sms_notify.runner.site import Site
from sms_notify.runner.steps import Judge, Steps
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
"""Seconds before a store that could not be used, or what failed, is tried again."""

AWAY: Micros = MINUTE
"""The loop looks every second: after so long without a look, nobody heard a heartbeat."""

Part = Callable[[], object]


class Loop:
    """The work of one site, by one thread: for as long as the service runs, or for a command."""

    def __init__(self, site: Site, sender: Sender, waking: Waking) -> None:
        self.store_error = ""
        """Why the store could not be used a moment ago."""
        self._site = site
        self._sender = sender
        self._waking = waking
        self._watch = Watch(site.store, serves=False, away=AWAY)
        self._steps = Steps(site, lambda: sender.alive, self._watch)
        self._spool = Draining(lambda: site.rules, site.writer.hand_in, site.metrics)
        self._lasts = False
        """No command: it lives until a handoff."""
        self._drains = False
        self._more_spooled = False
        self._claim_at: Micros | None = None
        self._give_back_at = 0.0

    def lasts(self, *, drains: bool) -> None:
        """Before `run`: it is the service (`drains` the spool), or what runs for as long."""
        self._lasts = True
        self._drains = drains
        self._watch.serves = drains
        self._watch.on_ahead = self._site.metrics.ahead

    def reloaded(self) -> None:
        """The site has other terms."""
        self._watch.reload()

    def run(self, stopping: threading.Event) -> None:
        """Until `stopping` is set."""
        pace = Pace()
        while not stopping.is_set():
            try:
                self._leave()
                if pace.due:
                    pace.looking()
                    wait = self._look()
                    pace.looked(min(wait, self._longest_sleep))
            except Exception as error:
                if stopping.is_set() and isinstance(error, StoreError):
                    return  # the writer takes no more
                self._fails(error)
                pace.failed(STORE_AWAY)
            if self._sleep(pace.seconds):
                pace.woken()

    def deliver(self, seconds: float) -> None:
        """Deliver what is due now and comes due, for at most so many seconds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._pass(self._judge_here)
            wait = self._seconds_to_next()
            if not self._sender.alive and (wait is None or wait > left):
                return
            self._sleep(min(left, wait if wait is not None else left))

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

    def _leave(self) -> None:
        """What was just queued, or waits for a worker that is free now, leaves before all else."""
        sender, site = self._sender, self._site
        if site.dry_run:
            return
        while (site.queued or sender.more) and sender.room > 0:
            site.queued = False
            if not sender.launch():
                break

    def _look(self) -> float:
        """Everything that may be due; returns the seconds until more is."""
        self._each(
            self._drain,
            partial(self._pass, self._judge_by_writer),
            self._site.writer.prove,
            self._store_works,
            self._give_back,
        )
        wait = self._seconds_to_next(self._steps.rest_at)
        if self._more_spooled:
            return 0.0
        return self._longest_sleep if wait is None else wait

    def _drain(self) -> None:
        self._more_spooled = False
        if self._drains:
            self._more_spooled = self._spool.work(self._site.store.now())

    def _give_back(self) -> None:
        if time.monotonic() >= self._give_back_at:
            self._give_back_at = time.monotonic() + GIVE_BACK_EVERY
            memory.give_back()

    # -- one pass ------------------------------------------------------------------------------

    def _pass(self, judge: Judge) -> None:
        """Whatever is due."""
        now, steps = self._site.store.now(), self._steps
        self._each(
            partial(self._apply, now),
            partial(self._arm, judge),
            partial(steps.timers, now, judge),
            partial(steps.watch, now, judge),
            self._take_back,
            partial(self._see_to_messages, now, judge),
            partial(self._call_out, now),
            partial(steps.housekeeping, now, judge),
        )

    def _each(self, *parts: Part) -> None:
        """Each has its turn, whatever became of those before it; then what failed is raised.

        What can never be judged would else keep all that comes after it from being done, for ever.
        A store that is away ends it: the others would only wait as long again.
        """
        failed: list[Exception] = []
        for part in parts:
            try:
                part()
            except Exception as error:
                if is_away(error):
                    raise
                failed.append(error)
        if failed:
            raise failed[0]

    def _apply(self, now: Micros) -> None:
        """What came back from the gateway."""
        site = self._site
        for applied in site.reports.work(now, site.rules):
            site.metrics.reported(applied.results)
            site.metrics.replied(applied.replies)
            if applied.tally is not None:
                tally = applied.tally
                site.metrics.judged(tally.verdicts, len(tally.messages), tally.fallbacks)
            site.moved(applied.moved)

    def _take_back(self) -> None:
        """What a claim took without our hearing of it leaves by another one."""
        if self._sender.take_back():
            self._site.queued = True

    def _see_to_messages(self, now: Micros, judge: Judge) -> None:
        """What waits too long, and what may leave."""
        due = self._steps.due(now)
        self._each(
            partial(self._steps.judge_again, due, now, judge),
            partial(self._steps.wait_no_longer, due, now),
            partial(self._claim, due, now),
        )

    def _arm(self, judge: Judge) -> None:
        if self._lasts:
            self._steps.arm(judge)

    @property
    def _serves(self) -> bool:
        """Only who lasts reads balances and calls sources; a command ends too soon."""
        return self._lasts and not self._site.dry_run

    def _call_out(self, now: Micros) -> None:
        site = self._site
        if self._serves:
            site.weigher.launch(site.terms, now)
            site.errands.launch(now, site.wake)

    def _claim(self, due: Due, now: Micros) -> None:
        """Claim what is ready; notes when to look again for what is ready later.

        Whatever lands has it looked for too.
        """
        later = due.claim is not None and due.claim > now
        self._claim_at = due.claim if later else None
        if later or due.claim is None or self._site.dry_run or not self._sender.room:
            return
        if not self._sender.launch():
            self._claim_at = now + NOT_CLAIMED

    def _judge_by_writer(self, items: Sequence[Input]) -> None:
        futures = [self._site.writer.hand_in(item) for item in items]
        self._each(*(partial(self._judged, future) for future in futures))

    def _judged(self, future: Future[Any]) -> None:
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
        if self._sender.room == 0:
            return ALL_BUSY
        stored = self._steps.next_in_store(now(), room=False, asks=False, errands=self._serves)
        claim = None if self._site.dry_run else self._claim_at
        dues = (stored, claim, *others)
        due = min((each for each in dues if each is not None), default=None)
        least = STEPPED if self._steps.set_forward else 0.0
        return None if due is None else max(least, (due - now()) / SECOND)

    # -- how it is doing -----------------------------------------------------------------------

    def _fails(self, error: Exception) -> None:
        if not is_away(error):
            log.error("loop_failed", exc_info=error)
            self._site.metrics.error(error.__cause__ or error)
            return
        if not self.store_error:
            log.error("store_away", extra={"error": str(error)})
            self._site.metrics.error(error)
        self.store_error = str(error)

    def _store_works(self) -> None:
        if self.store_error:
            log.info("store_back")
        self.store_error = ""
