"""Runs the errands: each lane in a thread of its own in real life, step by step in virtual time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from sms_notify.errands import job as taken
from sms_notify.errands.asking import Found, ask, watch
from sms_notify.errands.job import TELLING, Done, Job, State
from sms_notify.errands.telling import tell
from sms_notify.errands.words import failed_text
from sms_notify.errors import StoreError
from sms_notify.intake import Gone, Input, Notice, Rules
from sms_notify.model import Micros
from sms_notify.store import Store, jobs
from sms_notify.upstream import open_sources

log = logging.getLogger(__name__)

JUDGED_WITHIN = 30.0
"""Seconds in which the writer is to have taken an end in; else the job is done again."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Jobs that do not hold up those of other lanes; `most` of them in one go."""

    name: str
    kinds: tuple[str, ...]
    most: int


LANES = (
    Lane("ask", (jobs.ALIVE,), 500),
    Lane("tell", TELLING, 1),
    Lane("watch", (jobs.WATCH,), 500),
)


class Errands:
    """`rules` gives those of this moment; `hand_in` takes what is to be judged."""

    def __init__(
        self,
        store: Store,
        owner: str,
        rules: Callable[[], Rules],
        hand_in: Callable[[Input], Any],
        said: Callable[[str, str], None] = lambda kind, state: None,
    ) -> None:
        """`said` is called with the kind and the state of each job that was settled."""
        self._said = said
        self._store = store
        self._owner = owner
        self._rules = rules
        self._hand_in = hand_in
        self._sources = open_sources(rules().config.upstream)
        self._busy: dict[str, threading.Thread] = {}
        self._stopping = False

    def reload(self) -> None:
        """The configuration is another one."""
        self._sources = open_sources(self._rules().config.upstream)

    def next_due(self) -> Micros | None:
        """When `launch` or `steps` next has something to do. Raises StoreUnavailable."""
        return min(self._due().values(), default=None)

    def launch(self, now: Micros, woken: Callable[[], None]) -> None:
        """Have what is due done in threads; `woken` after each. Raises StoreUnavailable."""
        due = self._due()
        for lane in LANES:
            if due.get(lane.name, now + 1) <= now:
                thread = threading.Thread(
                    target=self._work, args=(lane, woken), name=f"errands {lane.name}", daemon=True
                )
                self._busy[lane.name] = thread
                thread.start()

    def steps(self, now: Micros) -> Iterator[str]:
        """What is due, in virtual time: it takes none."""
        due = self._due()
        for lane in LANES:
            if due.get(lane.name, now + 1) <= now:
                claimed = self._claim(lane, now)
                yield f"claim {lane.name}"
                found = self._run(lane, claimed, now)
                yield f"run {lane.name}"
                self._judge(found, now)
                yield f"judge {lane.name}"
                self._settle(found, now)
                yield f"settle {lane.name}"

    def _due(self) -> dict[str, Micros]:
        """By lane; a lane that is at work is not asked for."""
        known = taken.next_due(self._store)
        due = {lane.name: [known[k] for k in lane.kinds if k in known] for lane in LANES}
        idle = {name for name in due if not self._is_busy(name)}
        return {name: min(moments) for name, moments in due.items() if moments and name in idle}

    def _is_busy(self, lane: str) -> bool:
        thread = self._busy.get(lane)
        return thread is not None and thread.is_alive()

    def stop(self, seconds: float) -> None:
        """Begin nothing more; what takes longer than this is done again by the next process."""
        self._stopping = True
        until = time.monotonic() + seconds
        for thread in self._busy.values():
            thread.join(max(0.0, until - time.monotonic()))

    def _work(self, lane: Lane, woken: Callable[[], None]) -> None:
        """All that is due in a lane. What fails here is done again when its lease is over."""
        now = self._store.now
        try:
            while not self._stopping and (claimed := self._claim(lane, now())):
                began = now()
                found = self._run(lane, claimed, began)
                self._judge(found, began)
                self._settle(found, now())
                woken()
        except StoreError:
            pass  # the loop that delivers says so
        except Exception:
            if not self._stopping:  # else the store was closed meanwhile
                log.exception("errand_failed", extra={"lane": lane.name})

    # -- one unit ------------------------------------------------------------------------------

    def _claim(self, lane: Lane, now: Micros) -> list[Job]:
        return taken.claim(self._store, lane.kinds, self._owner, now, lane.most)

    def _run(self, lane: Lane, claimed: Sequence[Job], now: Micros) -> list[Found]:
        sources, config = self._sources, self._rules().config
        if lane.name == "ask":
            return ask(sources, claimed, now)
        if lane.name == "watch":
            return watch(sources, claimed, now)
        return [Found(tell(sources, config, job, now)) for job in claimed]

    def _judge(self, found: Sequence[Found], began: Micros) -> None:
        """Before anything is settled: an end that was seen must not be lost."""
        rules = self._rules()
        items: list[Input] = [
            Gone(rules, each.done.job.incident, _source(each), each.over, began)
            for each in found
            if each.over
        ]
        items += [_notice(rules, each.done) for each in found if _is_to_be_told(each.done)]
        waiting = [self._hand_in(item) for item in items]
        for each in waiting:
            if isinstance(each, Future):
                each.result(JUDGED_WITHIN)

    def _settle(self, found: Sequence[Found], now: Micros) -> None:
        done = [each.done for each in found]
        taken.settle(self._store, self._owner, done, now)
        for each in done:
            self._said(each.job.kind, each.state.value)
            said = {"job": each.job.id, "kind": each.job.kind, "incident": each.job.incident}
            if each.state is State.failed and each.job.kind != jobs.ALIVE:
                log.error("errand", extra={**said, "state": each.state.value, "why": each.answer})
            elif each.job.kind in TELLING:
                log.info("errand", extra={**said, "state": each.state.value})


def _source(found: Found) -> str:
    subject = found.done.job.subject
    return subject.source if subject else ""


def _is_to_be_told(done: Done) -> bool:
    return done.state is State.failed and done.job.kind in TELLING


def _notice(rules: Rules, done: Done) -> Notice:
    """To whoever answered, if it is a person of ours, else to the operator."""
    who = str(done.job.payload["who"])
    to = (who,) if who in rules.config.people else ()
    return Notice(rules, f"errand:{done.job.id}", failed_text(rules, done), to=to)
