"""Virtual time: the same steps one after the other, which a test may stop or crash between."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

from sms_notify import delivery
from sms_notify.delivery import Flight
from sms_notify.gateways import Outcome
from sms_notify.intake import Input
from sms_notify.model import SECOND, Micros
from sms_notify.runner.site import Site
from sms_notify.runner.steps import Steps
from sms_notify.watching import Watch


class Virtual:
    """One site, moved by `tick`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._watch = Watch(site.store, serves=True)
        self._steps = Steps(site, self._alive, self._watch)
        self._air: list[tuple[Micros, int, Flight, Outcome]] = []

    def reloaded(self) -> None:
        """The site has other terms."""
        self._watch.reload()

    def _alive(self) -> set[int]:
        return {number for _at, number, _flight, _outcome in self._air}

    def tick(self, now: Micros) -> Iterator[str]:
        """Everything that is due at `now`, as an iterator that stops after each step.

        Yields the name of the step that was just done; not going on is a crash at that point.
        The store's clock must stand at `now`. What flies lands when its transport says so.
        """
        site = self._site
        yield from self._land(now)
        yield from site.reports.land(now)
        for applied in site.reports.work(now, site.rules):
            site.moved(applied.moved)
            yield "apply"
        items: list[Input] = []
        self._steps.arm(items.extend)
        self._steps.timers(now, items.extend)
        self._steps.watch(now, items.extend)
        due = self._steps.due(now)
        self._steps.judge_again(due, now, items.extend)
        self._steps.wait_no_longer(due, now)
        yield "overdue"
        for item in items:
            site.writer.judge_now(item)
            yield "judge"
        yield from site.weigher.steps(site.terms, now)
        yield from site.errands.steps(now)
        yield from self._claim_and_fly(now)
        yield from site.reports.asks(now)
        self._steps.housekeeping(now, self._judge)
        yield "housekeeping"

    def _judge(self, items: Sequence[Input]) -> None:
        for item in items:
            self._site.writer.judge_now(item)

    def _land(self, now: Micros) -> Iterator[str]:
        site = self._site
        while self._air and self._air[0][0] <= now:
            _at, _number, flight, outcome = heapq.heappop(self._air)
            settled = delivery.settle(site.store, site.terms, flight, outcome, now, site.rng)
            yield "settle"
            site.landed(settled)

    def _claim_and_fly(self, now: Micros) -> Iterator[str]:
        terms = self._site.terms
        room = terms.settings.workers - len(self._air)
        flights = delivery.claim(self._site.store, terms, now, room)
        yield "claim"
        for flight in flights:
            outcome = delivery.fly(terms, flight)
            lands = now + round(outcome.seconds * SECOND)
            heapq.heappush(self._air, (lands, flight.request, flight, outcome))
            yield "fly"

    def next_due(self, now: Micros, *, asks: bool = True) -> Micros | None:
        """When `tick` next has something to do; None if nothing is due as things stand.

        Without `asks` no poll counts: for whoever knows that it would bring nothing.
        """
        if self._site.release:
            return now
        room = len(self._air) < self._site.terms.settings.workers
        dues = [self._steps.next_in_store(now, room=room, asks=asks, errands=True)]
        dues.append(self._site.weigher.next_due(self._site.terms))
        dues += [self._steps.rest_at, self._air[0][0] if self._air else None]
        return min((due for due in dues if due is not None), default=None)
