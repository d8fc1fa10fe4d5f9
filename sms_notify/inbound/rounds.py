"""The steps of this room, one after the other: for the loop, and for virtual time.

`work` is what is done with what was kept, and with what does not come; `land` and `asks` are the
poll itself where no thread does it.
"""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sms_notify.delivery.flight import REPORT_TIMER
from sms_notify.gateways import Gateway, Polled
from sms_notify.inbound.asking import Asking, ask, fetch, give_up_unanswered, keep
from sms_notify.inbound.beside import Beside, pick_up
from sms_notify.inbound.inputs import Applied, LookAgain, Missing
from sms_notify.inbound.pages import Pages, is_away
from sms_notify.inbound.sources import Asked, sources
from sms_notify.inbound.standing import missing, what_is_due
from sms_notify.intake import Input, Rules
from sms_notify.model import SECOND, Micros
from sms_notify.store import Store, reports, timers

log = logging.getLogger(__name__)
T = TypeVar("T")


class Rounds:
    """`judge` judges and commits one input in this thread, and raises what went wrong."""

    def __init__(
        self,
        store: Store,
        judge: Callable[[Input], Any],
        gateways: Iterable[Gateway],
        owner: str,
        beside: Beside,
    ) -> None:
        self._store = store
        self._judge = judge
        self._owner = owner
        self._beside = beside
        self._pages = Pages(store, judge)
        self._picked_up = False
        self._air: list[tuple[Micros, int, Asking, Polled]] = []
        self.use(gateways)

    def use(self, gateways: Iterable[Gateway]) -> None:
        """Ask these from now on."""
        self._sources = sources(gateways)

    # -- what was kept, and what does not come -------------------------------------------------

    def work(self, now: Micros, rules: Rules) -> Iterator[Applied]:
        """Apply what waits, one transaction at a time; evidence comes before what it decides."""
        for page in self._pages.waiting():
            yield self._pages.apply(rules, page)
        with self._store.reading() as tx:
            phones = timers.due_of(tx, REPORT_TIMER, now)
        yield from self._in_turn(phones, lambda some: LookAgain(rules, some), self._forget_phone)
        due = what_is_due(self._store, {}, now)
        if due.lost is not None and due.lost <= now:
            self._give_up(now)
        if self._time_is_over(due.missing, now, rules):
            polled = frozenset(name for name, kind in self._sources if kind is Asked.reports)
            yield from self._in_turn(
                missing(self._store, now),
                lambda some: Missing(rules, some, polled),
                self._stop_waiting,
            )

    def _time_is_over(self, due: Micros | None, now: Micros, rules: Rules) -> bool:
        """Whether it is so by the clock that counts, which nobody has just set."""
        if due is None or due > now:
            return False
        return due <= self._store.afresh() and not self._clock_was_set(rules)

    def _clock_was_set(self, rules: Rules) -> bool:
        """A moment ago: a report has the time that it was promised, whatever the clock says."""
        return self._store.stepped(rules.config.delivery.report_timeout) != 0

    def _in_turn(
        self,
        items: Sequence[T],
        made: Callable[[Sequence[T]], Input],
        give_up: Callable[[T], None],
    ) -> Iterator[Applied]:
        """All in one input; if that raises, each alone, so that one costs only itself."""
        if not items:
            return
        try:
            yield self._judge(made(items))
        except Exception as error:
            if is_away(error):
                raise
            log.error("report_not_judged", extra={"error": type(error).__name__})
            if len(items) == 1:
                give_up(items[0])
                return
            for item in items:
                yield from self._in_turn([item], made, give_up)

    def _forget_phone(self, phone: str) -> None:
        with self._store.writing() as tx:
            timers.remove(tx, REPORT_TIMER, phone)

    def _stop_waiting(self, message: int) -> None:
        with self._store.writing() as tx:
            tx.run(reports.STOP_WAITING, of_id=message)

    def _give_up(self, now: Micros) -> None:
        for account, kind, since in give_up_unanswered(self._store, now):
            ago = round((now - since) / SECOND)
            log.warning(
                "reports_may_be_lost" if kind == Asked.reports else "replies_may_be_lost",
                extra={"account": account, "polled_s_ago": ago},
            )

    # -- the poll, where no thread does it -----------------------------------------------------

    def land(self, now: Micros) -> Iterator[str]:
        """Store what has come by now, and what an earlier life of this process left."""
        if not self._picked_up:
            for _page in pick_up(self._store, self._beside, lambda: now):
                yield "pick up"
            self._picked_up = True
        while self._air and self._air[0][0] <= now:
            _at, _number, asking, polled = heapq.heappop(self._air)
            if self._beside.put(asking, polled):
                yield "write page"
            keep(self._store, asking, polled, now)
            yield "keep"
            self._beside.drop(asking)

    def asks(self, now: Micros) -> Iterator[str]:
        """Ask each source that is due."""
        flying = {asking.turn for _at, _number, asking, _polled in self._air}
        for turn, source in self._sources.items():
            asking = None if turn in flying else ask(self._store, source, self._owner, now)
            if asking is None:
                continue
            yield "ask"
            polled = fetch(source)
            lands = now + round(polled.seconds * SECOND)
            heapq.heappush(self._air, (lands, asking.request, asking, polled))
            yield "fetch"

    def next_due(self, now: Micros, rules: Rules, *, asks: bool) -> Micros | None:
        """When there is something to do; `asks`: polls too. In the past: at once."""
        if self._pages.waiting():
            return now
        flying = {asking.turn for _at, _number, asking, _polled in self._air}
        waiting = {turn: each for turn, each in self._sources.items() if turn not in flying}
        due = what_is_due(self._store, waiting if asks else {}, now)
        overdue = None if self._clock_was_set(rules) else due.missing
        dues = [due.lost, overdue, *due.polls.values()]
        dues += [self._air[0][0]] if self._air else []
        return min((at for at in dues if at is not None), default=None)
