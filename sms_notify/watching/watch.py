"""Finds what this room has to do now, and when it will have something to do again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from sms_notify.intake import Input, Rules
from sms_notify.model import HOUR, Micros
from sms_notify.oncall.ahead import Ahead
from sms_notify.store import Store, heartbeats, planned, timers
from sms_notify.store.overrides import overrides
from sms_notify.store.proofs import PHONE_TIMER
from sms_notify.store.sql import Transaction
from sms_notify.watching.ahead import TellAhead, found_ahead
from sms_notify.watching.expecting import AHEAD, NEXT, PROOF, Expect
from sms_notify.watching.heartbeats import LookAtHeartbeat
from sms_notify.watching.phones import LookAtPhones
from sms_notify.watching.planned import tell_planned
from sms_notify.watching.proof import PROVED, LookAtProofs, SendProof

LOOKS_EVERY: Micros = HOUR


class Watch:
    """`serves`: this is the service, which alone listens for heartbeats and proves that it lives.

    `away`: a time between two rounds after which this process is taken to have been away (stopped,
    without its store, its clock set): then it heard no heartbeat. None where time is virtual.
    `on_ahead` hears once an hour what is ahead, by kind.
    """

    def __init__(self, store: Store, *, serves: bool, away: Micros | None = None) -> None:
        self._store = store
        self.serves = serves
        self._away = away
        self._expects: bool | None = True  # True: as after a start; False: a reload; None: done
        self._last: Micros | None = None
        self._looked_at: Micros | None = None
        self.on_ahead: Callable[[Mapping[str, int]], None] | None = None

    def reload(self) -> None:
        """The configuration is another."""
        self._expects = self._expects or False
        self._looked_at = None

    def failed(self) -> None:
        """What `inputs` gave out last is not on disk."""
        self._expects = True

    def inputs(self, rules: Rules, now: Micros) -> list[Input]:
        """All that is due, to be judged in this order."""
        if self.serves:
            self._look_ahead(rules, now)
        with self._store.reading() as tx:
            found = list(self._for_anybody(tx, rules, now))
            checks: Mapping[tuple[str, str], Micros] = {}
            if self.serves and self._is_expecting(now):
                found += self._expect(tx, rules)  # what is due then, the next round tells
            elif self.serves:
                due = heartbeats.due(tx, rules.config.heartbeats, now)
                found += [LookAtHeartbeat(rules, name) for name in due]
                checks = timers.as_set(tx, {(PROOF, NEXT), (AHEAD, NEXT)})
        return found + list(self._checks(checks, rules, now))

    def _for_anybody(self, tx: Transaction, rules: Rules, now: Micros) -> Iterator[Input]:
        yield from (tell_planned(rules, plan) for plan in planned.due(tx, now))
        messages = [int(key) for key in timers.due_of(tx, PROVED, now)]
        if messages:
            yield LookAtProofs(rules, messages)
        phones = timers.due_of(tx, PHONE_TIMER, now)
        if phones:
            yield LookAtPhones(rules, phones)

    def _is_expecting(self, now: Micros) -> bool:
        last, self._last = self._last, now
        if self._away is not None and last is not None and abs(now - last) > self._away:
            self._expects = True
        return self._expects is not None

    def _expect(self, tx: Transaction, rules: Rules) -> Iterator[Input]:
        fresh, self._expects = bool(self._expects), None
        for beat in heartbeats.all_beats(tx):
            if beat.name not in rules.config.heartbeats:
                yield LookAtHeartbeat(rules, beat.name, gone=True)
        yield Expect(rules, fresh=fresh)

    def _checks(
        self, due: Mapping[tuple[str, str], Micros], rules: Rules, now: Micros
    ) -> Iterator[Input]:
        for (kind, _key), at in sorted(due.items()):
            if at > now:
                continue
            if kind == PROOF:
                yield SendProof(rules, at)
            else:  # a long look, so before the lock and not under it
                yield TellAhead(rules, at, self._ahead(rules, now))

    def _look_ahead(self, rules: Rules, now: Micros) -> None:
        fresh = self._looked_at is not None and 0 <= now - self._looked_at < LOOKS_EVERY
        if self.on_ahead is not None and not fresh:
            self._looked_at = now
            self.on_ahead(Counter(each.kind.value for each in self._ahead(rules, now)))

    def _ahead(self, rules: Rules, now: Micros) -> tuple[Ahead, ...]:
        return found_ahead(rules.config, now, overrides(self._store, now))

    def next_due(self, rules: Rules, now: Micros) -> Micros | None:
        """When there is something to do that no timer brings."""
        if self.serves and self._expects is not None:
            return now
        with self._store.reading() as tx:
            dues = [planned.next_due(tx)]
            if self.serves:
                dues.append(heartbeats.next_due(tx, rules.config.heartbeats))
        return min((at for at in dues if at is not None), default=None)
