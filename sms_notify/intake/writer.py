"""The one writer of a process: takes all inputs that wait, judges them in order, commits once.

Judging is serial across all processes; a batch costs one transaction and one fsync however many
inputs are in it (group commit). Everybody is answered after the commit, never before.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol, runtime_checkable

from sms_notify.errors import StoreUnavailable
from sms_notify.intake.call import TellCall
from sms_notify.intake.ledger import Ledger
from sms_notify.logs import where
from sms_notify.model import Micros
from sms_notify.store import Store
from sms_notify.store.facts import Keys
from sms_notify.store.loading import load
from sms_notify.store.saving import Changes, save, touch
from sms_notify.store.sql import Transaction

log = logging.getLogger(__name__)

BATCH_ALERTS = 20_000
"""No further input joins a batch that holds this many alerts."""


class Input(Protocol):
    """Whoever wants a decision: what it wants to know, and its judgement.

    `alerts` is its weight in a batch. `judge` raises only on a defect of this program.
    """

    @property
    def alerts(self) -> int: ...
    def wants(self, now: Micros) -> Keys: ...
    def judge(self, ledger: Ledger, now: Micros) -> Any: ...


@runtime_checkable
class Divisible(Input, Protocol):
    """An input that can be judged in parts, and told about as bad where even a part fails."""

    def parts(self) -> Sequence[Divisible]: ...
    def as_bad(self, problem: str) -> Divisible: ...


Waiting = tuple[Input, "Future[Any]"]


class Writer:
    """Hand in an Input, get a Future that is resolved after its decision is on disk."""

    def __init__(
        self,
        store: Store,
        *,
        memory: Callable[[], Micros],
        after: Callable[[bool], None] = lambda queued: None,
    ) -> None:
        """`memory`: how far back the throttle looks; `after` is called once a commit, told whether
        it may have queued something."""
        self._store = store
        self._memory = memory
        self._after = after
        self._waiting: list[Waiting] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self.defects = 0
        self.refused_at: Micros = 0
        """When a batch last could not be stored; 0: the latest one could."""
        self._full = False

    def hand_in(self, item: Input) -> Future[Any]:
        """Queue an input; the Future raises StoreUnavailable if nothing could be stored."""
        future: Future[Any] = Future()
        with self._changed:
            if self._stopping:
                future.set_exception(StoreUnavailable("sms-notify is stopping"))
                return future
            self._waiting.append((item, future))
            self._changed.notify()
        return future

    def start(self) -> None:
        """Judge in a thread of its own from now on."""
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Judge what waits, take no more."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
        while self.step():
            pass

    def _loop(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._stopping:
                    self._changed.wait()
                if self._stopping and not self._waiting:
                    return
            try:
                self.step()
            except BaseException:  # nobody else judges
                log.exception("writer_failed")

    def step(self) -> bool:
        """Judge one batch of what waits, if anything does."""
        batch = self._take()
        if not batch:
            return False
        try:
            self._answer(batch)
        except BaseException as error:  # a library that panics raises no Exception
            self._refuse(batch, StoreUnavailable(f"could not be judged: {type(error).__name__}"))
            raise
        return True

    def _answer(self, batch: list[Waiting]) -> None:
        try:
            answers = self._commit([item for item, _ in batch])
        except StoreUnavailable as away:
            if away.refused:
                self._one_by_one(batch, away)
            else:  # each alone would only wait as long again
                self._refuse(batch, away)
        except Exception as error:
            self._one_by_one(batch, error)
        else:
            for (_item, future), answer in zip(batch, answers, strict=True):
                _resolve(future, answer)

    def judge_now(self, item: Input) -> Any:
        """Judge one input in this thread; for virtual time and for commands."""
        return _opened(self._commit([item])[0])

    def prove(self) -> None:
        """After a refusal: whether a shared store takes anything again; raises StoreUnavailable.

        Nobody may call to prove it: a load balancer sends nothing to who is not ready. A disk that
        is full may well take this, and no alert: that waits for one that is taken, as SQLite does.
        """
        if self.refused_at and not (self._full or self._store.is_sqlite):
            with self._store.judging() as tx:
                touch(tx)
            self.refused_at = 0

    def _take(self) -> list[Waiting]:
        with self._changed:
            weight = taken = 0
            for item, _future in self._waiting:
                weight += item.alerts
                if taken and weight > BATCH_ALERTS:
                    break
                taken += 1
            batch, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return batch

    def _refuse(self, batch: list[Waiting], error: Exception) -> None:
        self.refused_at = self._store.now()
        self._full = _is_full(error)
        for _item, future in batch:
            _resolve(future, error)

    def _one_by_one(self, batch: list[Waiting], error: Exception) -> None:
        """The batch could not be written: each input alone, so that one never costs the others."""
        away = isinstance(error, StoreUnavailable)
        if not away:
            self.defects += 1
            found = {"error": type(error).__name__, "at": where(error)}
            log.error("batch_failed", extra={"inputs": len(batch), **found})
        for item, future in batch:
            answer = error if away and len(batch) == 1 else self._alone(item)
            if isinstance(answer, Exception) and not isinstance(answer, StoreUnavailable):
                fault, why = answer, f"could not be written: {type(answer).__name__}"
                answer = StoreUnavailable(why, refused=True)
                answer.__cause__ = fault
            _resolve(future, answer)

    def _alone(self, item: Input) -> Any:
        """One input in a transaction of its own; what the store refuses of it, part by part."""
        try:
            return self._commit([item])[0]
        except StoreUnavailable as error:
            return error
        except Exception as error:
            if not isinstance(item, Divisible):
                return error
            parts = item.parts()
            if parts:
                answers = [self._alone(part) for part in parts]
                good = [answer for answer in answers if not isinstance(answer, Exception)]
                return good[0] if good else answers[0]
            return self._as_bad(item, type(error).__name__)

    def _as_bad(self, item: Divisible, problem: str) -> Any:
        try:
            return self._commit([item.as_bad(f"the store refused it: {problem}")])[0]
        except Exception as error:
            return error

    def _commit(self, items: Sequence[Input]) -> list[Any]:
        """Judge and write `items` in one transaction; their answers, or the error of one."""
        with self._store.judging() as tx:
            now = self._store.now()
            answers, changes = self._decide(tx, items, now)
            save(tx, changes, now)
        if not self._full or any(isinstance(item, TellCall) for item in items):
            self.refused_at = 0  # small things of our own prove nothing while a disk is full
        self._after(bool(changes.new_messages or changes.moves))
        return answers

    def _decide(
        self, tx: Transaction, items: Sequence[Input], now: Micros
    ) -> tuple[list[Any], Changes]:
        """Load, judge, and leave nothing but what is to be written: a digest may be of many
        thousands, and all that was known of them is needed no more."""
        keys = Keys()
        for item in items:
            keys.unite(item.wants(now))
        ledger = Ledger(load(tx, keys, now, memory=self._memory()), now)
        answers = [self._judge(item, ledger, now) for item in items]
        return answers, ledger.changes()

    def _judge(self, item: Input, ledger: Ledger, now: Micros) -> Any:
        """One judgement; what raises leaves the Ledger untouched and is judged again in parts."""
        mark = ledger.mark()
        try:
            answer = item.judge(ledger, now)
            ledger.keep()
            return answer
        except Exception as error:
            ledger.back_to(mark)
            self.defects += 1
            log.exception("judging_failed", extra={"input": type(item).__name__})
            if not isinstance(item, Divisible):
                return error
            return self._in_parts(item, type(error).__name__, ledger, now)

    def _in_parts(
        self,
        item: Divisible,
        error: str,
        ledger: Ledger,
        now: Micros,
    ) -> Any:
        parts = item.parts()
        if parts:
            answers = [self._judge(part, ledger, now) for part in parts]
            good = [answer for answer in answers if not isinstance(answer, Exception)]
            return good[0] if good else answers[0]
        mark = ledger.mark()
        try:
            return item.as_bad(f"judging failed: {error}").judge(ledger, now)
        except Exception as again:
            ledger.back_to(mark)
            return again


def _is_full(error: Exception) -> bool:
    """Did the database say that its disk is full? PostgreSQL by psycopg's name for SQLSTATE 53100,
    SQLite in its words for SQLITE_FULL."""
    cause = error.__cause__
    named = any(kind.__name__ == "DiskFull" for kind in type(cause).__mro__)
    return named or "database or disk is full" in str(cause)


def _resolve(future: Future[Any], answer: Any) -> None:
    if future.done() or not future.set_running_or_notify_cancel():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)


def _opened(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer
