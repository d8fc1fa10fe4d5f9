"""What keeps news from a person until a moment: a mute, quiet hours, flapping; and what pierces it.

The throttle is another question (verdict.py): it holds for room, this holds until a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from sms_notify import oncall
from sms_notify.config.model import Route
from sms_notify.intake.ledger import Ledger
from sms_notify.intake.muting import MUTED
from sms_notify.intake.rules import Rules
from sms_notify.model import Alert, Level, Micros, Verdict
from sms_notify.routing import route_labels
from sms_notify.store.facts import Incident, Occurrence

FLAPS = "flaps: told again when it stays on"


@dataclass(frozen=True, slots=True)
class Hold:
    """News is not to be told before `until`."""

    reason: str
    until: Micros
    verdict: Verdict = Verdict.held


class Holding:
    """Answers for one judging; what was worked out for a person or a route serves the next."""

    def __init__(self, ledger: Ledger, rules: Rules) -> None:
        self._ledger = ledger
        self._rules = rules.as_of(ledger.facts)
        self._quiet: dict[str, tuple[Micros, Micros] | None] = {}
        self._routes: dict[str, Hold | None] = {}

    def of(
        self,
        incident: Incident,
        person: str,
        level: Level,
        alerts: Iterable[Alert] = (),
        *,
        ends: bool = False,
        whole: bool = False,
    ) -> Hold | None:
        """The longest hold on news of `level` about `alerts`; None: it may be told.

        `ends`: it is the end of something; `whole`: of the whole incident, which no mute by hand
        keeps back: it is what everybody waits for.
        """
        pierces = self.pierces(person, level, alerts)
        return self.of_one(incident, person, pierces=pierces, ends=ends, whole=whole)

    def of_one(
        self, incident: Incident, person: str, *, pierces: bool, ends: bool, whole: bool
    ) -> Hold | None:
        """The same for one of several incidents of a digest: `pierces` is asked once for all."""
        holds = [
            None if whole else self._by_hand(incident),
            self._route(incident.mutes),
            self._person(incident, person, pierces=pierces, ends=ends),
        ]
        return max((each for each in holds if each), key=lambda hold: hold.until, default=None)

    def _by_hand(self, incident: Incident) -> Hold | None:
        until = incident.muted_until
        return Hold(MUTED, until) if until is not None and until > self._ledger.now else None

    def _route(self, mutes: str | None) -> Hold | None:
        """Muted, if every route that leads to the receiver is."""
        if mutes is None:
            return None
        if mutes not in self._routes:
            holds = [self._one_route(*names) for names in orjson.loads(mutes)]
            muted = [hold for hold in holds if hold is not None]
            all_muted = muted and len(muted) == len(holds)
            self._routes[mutes] = min(muted, key=lambda h: h.until) if all_muted else None
        return self._routes[mutes]

    def _one_route(self, mute: Sequence[str], active: Sequence[str]) -> Hold | None:
        known = self._rules.config.time_intervals
        found = oncall.muted_until(
            [known[name] for name in mute if name in known],
            [known[name] for name in active if name in known],
            self._ledger.now,
        )
        return Hold(reason=f"route muted: {found[0]}", until=found[1]) if found else None

    def _person(self, incident: Incident, person: str, *, pierces: bool, ends: bool) -> Hold | None:
        span = self.quiet(person)
        if span is None:
            return None
        if pierces and (not ends or self._told_since(incident, person, span[0])):
            return None
        quiet = self._rules.config.people[person].quiet
        return Hold(reason=f"quiet hours: {quiet.when.name if quiet else ''}", until=span[1])

    def flapping(self, found: Occurrence) -> Hold | None:
        """Until when something that flaps is not told. A critical alert stands still as soon as
        it stays on for longer than it did between its changes: then it is told."""
        rule, now = self._rules.config.throttle.flapping, self._ledger.now
        until = found.flaps_until
        if rule is None or until is None or until <= now:
            return None
        if found.level is Level.critical:
            until = min(until, now + rule.within // rule.changes)
        return Hold(FLAPS, until, Verdict.flapping)

    def end_of_flapping(self, alerts: Iterable[Alert]) -> Hold | None:
        """The end of nothing but what flaps: it may be on again in a minute."""
        holds = []
        for alert in alerts:
            found = self._ledger.occurrence(alert.source, alert.fingerprint)
            hold = self.flapping(found) if found else None
            if hold is None:
                return None
            holds.append(hold)
        return max(holds, key=lambda hold: hold.until, default=None)

    def quiet(self, person: str) -> tuple[Micros, Micros] | None:
        """The quiet hours of a person around now, None if it is not quiet for them."""
        if person not in self._quiet:
            config, now = self._rules.config, self._ledger.now
            self._quiet[person] = None
            if person in config.people:
                overrides = self._rules.overrides
                self._quiet[person] = oncall.quiet_span(config, person, now, overrides)
        return self._quiet[person]

    def pierces(self, person: str, level: Level, alerts: Iterable[Alert]) -> bool:
        """Is a person told this in quiet hours too? Of a digest all alerts are looked at."""
        if level is Level.critical or self.quiet(person) is None:
            return True
        quiet = self._rules.config.people[person].quiet
        if quiet is None:
            return True
        return bool(quiet.except_) and any(
            all(matcher.matches(labels) for matcher in line)
            for labels in map(route_labels, alerts)
            for line in quiet.except_
        )

    def _told_since(self, incident: Incident, person: str, began: Micros) -> bool:
        """Was this person woken by it? Then its end is worth telling at once."""
        heard = self._ledger.heard(incident.id, person)
        return heard is not None and heard.level >= 0 and heard.told_at >= began


def mutes_of(routes: Sequence[Route]) -> str | None:
    """The intervals of the routes by which an incident came, as they stay with it; None: no route
    mutes. Where one of several never mutes, nothing does."""
    if not routes or not all(route.mute or route.active for route in routes):
        return None
    names = [
        [[each.name for each in route.mute], [each.name for each in route.active]]
        for route in routes
    ]
    return orjson.dumps(names).decode()
