"""The steps that threads and virtual time share: each a function of the site and `now`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from zoneinfo import ZoneInfo

from sms_notify import delivery, escalation
from sms_notify.intake import Input, Rules, rejudges
from sms_notify.intake.outlay import month_of
from sms_notify.model import HOUR, MINUTE, SECOND, Micros
from sms_notify.runner.site import Site
from sms_notify.store import outlay, pruning, stepping, timers, waiting
from sms_notify.watching import Watch

log = logging.getLogger(__name__)

HOUSEKEEPING: Micros = MINUTE
LONGEST_LEASE: Micros = MINUTE
"""About as long as a send is leased for, with the timeouts that come by default."""
PRUNE_EVERY: Micros = HOUR
PRUNE_PAUSE: Micros = SECOND // 20
"""Between two transactions that forget: whoever waits for the store gets it."""

Judge = Callable[[Sequence[Input]], None]


class Steps:
    """`alive` says which requests are in this process's own hands."""

    def __init__(self, site: Site, alive: Callable[[], Collection[int]], watch: Watch) -> None:
        self._site = site
        self._watch = watch
        self._alive = alive
        self._tidy_at: Micros = 0
        self._prune_at: Micros = 0
        self._to_prune: list[str] = []
        self._armed: Rules | None = None
        self._said: set[str] = set()  # so that a key is not judged every minute

    def arm(self, judge: Judge) -> None:
        """What a schedule says of the future, once for each set of rules."""
        if self._armed is not self._site.rules:
            rules = self._site.rules
            judge([escalation.Arm(rules)])
            self._armed = rules

    def timers(self, now: Micros, judge: Judge) -> None:
        """What time brings."""
        with self._site.store.reading() as tx:
            due = timers.due(tx, now)
        if due:
            several = sum(kind == "digest" for kind, _key, _due in due) > 1
            pieces = waiting.pieces(self._site.store, now) if several else {}
            judge(escalation.inputs(self._site.rules, due, pieces))

    def watch(self, now: Micros, judge: Judge) -> None:
        """Heartbeats, texts for later, checks of our own."""
        found = self._watch.inputs(self._site.rules, now)
        if not found:
            return
        try:
            judge(found)
        except Exception:
            self._watch.failed()
            raise

    def due(self, now: Micros) -> delivery.Due:
        """What delivery has to do."""
        return delivery.what_is_due(self._site.store, self._site.terms, now, self._alive())

    def judge_again(self, due: delivery.Due, now: Micros, judge: Judge) -> None:
        """What waited too long, and what was held for a gateway that works again."""
        store, terms = self._site.store, self._site.terms
        people: set[str] = set()
        if self._site.release:
            self._site.release = False
            delivery.ask_again(store, terms, now)
            self._site.queued = True
            people |= set(delivery.kept_people(store))
            with store.judging() as tx:
                people |= set(outlay.let_go(tx, now))
        if due.expire is not None and due.expire <= now:
            people |= set(delivery.expire(store, now))
        if due.judge is not None and due.judge <= now:
            people |= set(delivery.aged(store, now))
            people |= set(delivery.returned(store, terms, now))
        if people:
            pieces = waiting.pieces(store, now) if len(people) > 1 else {}
            judge(rejudges(self._site.rules, people, pieces))

    def wait_no_longer(self, due: delivery.Due, now: Micros) -> None:
        """For evidence that does not come, and for requests whose owner died."""
        store, terms = self._site.store, self._site.terms
        if not any(at is not None and at <= now for at in (due.unproved, due.recover)):
            return
        now = store.afresh()
        if self.set_forward:
            return  # nobody's time to tell is over: the clock was set, it did not go by
        if due.unproved is not None and due.unproved <= now:
            delivery.uncertain_due(store, terms, now)
            self._site.queued = True  # some of it is to be sent once more
        if due.recover is not None and due.recover <= now:
            delivery.recover(store, terms, now, self._alive())

    @property
    def set_forward(self) -> bool:
        """Whether the clock was set forward a moment ago: what is in the air, or waits for
        evidence, gets the time that it was promised."""
        settings = self._site.terms.settings
        return self._site.store.stepped(settings.uncertain_after + LONGEST_LEASE) > 0

    def housekeeping(self, now: Micros, judge: Judge) -> None:
        """Free codes every minute; every hour delete what is older than the retention."""
        if not now < self._tidy_at <= now + HOUSEKEEPING:  # a clock that was set back
            self._tidy_at = now + HOUSEKEEPING
            with self._site.store.writing() as tx:
                pruning.free_codes(tx, now)
                back = stepping.note(tx, now)
            if back:
                log.warning("clock_set_back", extra={"by_us": back})
            self._watch_budget(now, judge)
        if not now < self._prune_at <= now + PRUNE_EVERY:
            self._prune(now)

    def _watch_budget(self, now: Micros, judge: Judge) -> None:
        """The operator hears once of a budget that is nearly used up, and once that it is."""
        rules = self._site.rules
        if rules.config.throttle.month is None:
            return
        day, _ = month_of(now, ZoneInfo(rules.config.site.timezone))
        with self._site.store.reading() as tx:
            used = outlay.billed(tx, day)
        for notice in delivery.of_budget(rules, used, day):
            if notice.key not in self._said:
                judge([notice])
                self._said.add(notice.key)

    @property
    def rest_at(self) -> Micros | None:
        """When more is to be forgotten of what did not go at once; None: nothing is left."""
        return self._prune_at if self._to_prune else None

    def _prune(self, now: Micros) -> None:
        """Through the tables, up to one that has more than goes at once: the rest in a moment.

        In between SMS leave and alerts are judged, however much there is to forget.
        """
        self._to_prune = self._to_prune or list(pruning.TABLES)
        before = now - self._site.rules.config.retention
        while self._to_prune:
            if not pruning.prune(self._site.store, self._to_prune[0], before):
                self._prune_at = now + PRUNE_PAUSE
                return
            del self._to_prune[0]
        self._prune_at = now + PRUNE_EVERY

    def next_in_store(self, now: Micros, *, room: bool, asks: bool, errands: bool) -> Micros | None:
        """When something in the store is due. `room`: a send may begin; `asks`: polls too;
        `errands`: this process runs them."""
        site = self._site
        with site.store.reading() as tx:
            timer = timers.next_due(tx, serves=self._watch.serves)
        watched = self._watch.next_due(site.rules, now)
        reports = site.reports.next_due(now, site.rules, asks=asks)
        sends = delivery.next_due(site.store, site.terms, now, self._alive(), room=room)
        calls = site.errands.next_due() if errands else None
        dues = (timer, watched, reports, sends, calls)
        return min((due for due in dues if due is not None), default=None)
