"""Judging again what waits for one person: held news, and messages that could not leave in time.

One message that is still true goes as it is; several become one digest; what ended unheard is
counted in it; what is acknowledged is told no more. While every gateway is down, all of it is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sms_notify import verdict
from sms_notify.intake import outlay
from sms_notify.intake.bundle import Sorted, sort, worded
from sms_notify.intake.ledger import Ledger
from sms_notify.intake.releasing import excepts, keep_back, key_of, waits_since
from sms_notify.intake.rules import Rules
from sms_notify.intake.telling import message_row
from sms_notify.model import (
    PAGE_KINDS,
    SECOND,
    Lane,
    Level,
    MessageState,
    Micros,
    Verdict,
)
from sms_notify.store.facts import Audience, Keys, Unsent, Waiting

AGED: Micros = 60 * SECOND
"""What is queued for longer since it was decided is judged again before it may be claimed."""

LOOK_AGAIN: Micros = 30 * SECOND
GATEWAY_DOWN = "gateway_down"
AT_ONCE = 20_000
"""So many pieces of news are judged again in one transaction; whoever has more is judged alone. In
a storm a hundred people may each have a digest of thousands: one after the other they fit."""


class Rejudge:
    """The Input that judges again what waits for some people."""

    def __init__(self, rules: Rules, people: Iterable[str], pieces: int = 0) -> None:
        """`pieces`: about how much it is, where it may be much."""
        self.rules = rules
        self.people = sorted(set(people))
        self.pieces = pieces

    @property
    def alerts(self) -> int:
        return max(len(self.people), self.pieces)

    def wants(self, now: Micros) -> Keys:
        keys = Keys(people=set(self.people), waiting=set(self.people))
        people = self.rules.config.people
        keys.labels = {each for each in self.people if each in people and excepts(people[each])}
        return outlay.ask(keys, self.rules.config, now)

    def judge(self, ledger: Ledger, now: Micros) -> int:
        """Returns how many messages were made or let go."""
        down = self.rules.all_down(ledger.facts)
        return sum(_Person(ledger, self.rules, person).run(down) for person in self.people)


def rejudges(
    rules: Rules, people: Iterable[str], pieces: Mapping[str, int], most: int = AT_ONCE
) -> list[Rejudge]:
    """All these people judged again, in as many Inputs as keep each below `most` pieces; what
    waits for one person is never divided: it is one digest."""
    found: list[Rejudge] = []
    some: list[str] = []
    weight = 0
    for person in sorted(set(people)):
        more = pieces.get(person, 0)
        if some and weight + more > most:
            found.append(Rejudge(rules, some, weight))
            some, weight = [], 0
        some.append(person)
        weight += more
    return [*found, Rejudge(rules, some, weight)] if some else found


class _Person:
    """One person's share of a Rejudge."""

    def __init__(self, ledger: Ledger, rules: Rules, person: str) -> None:
        self.ledger = ledger
        self.rules = rules
        self.person = person
        oldest = ledger.now - AGED
        self.unsent = [
            each
            for each in ledger.unsent(person)
            if each.state == MessageState.held or each.decided_at <= oldest
        ]
        waiting = ledger.waiting(person)
        ids = {each.id for each in self.unsent}
        self.held = [each for each in waiting if each.telling.message is None]
        self.inside = [each for each in waiting if each.telling.message in ids]

    def run(self, down: bool) -> int:
        if self.person not in self.rules.config.people:
            return self._gone()
        if down:
            return self._hold_all()
        let_go = self._let_go_others()
        self._keep_back()
        if not self.held and len(self.unsent) == 1:
            return let_go + self._single(self.unsent[0])
        if self.held or self.unsent:
            return let_go + self._bundle()
        self._nothing_left()
        return let_go

    def _gone(self) -> int:
        """A reload took this person away: a verdict, and what is on its way goes as it is."""
        reason = f"{self.person} is no longer configured"
        for each in self.held:
            self.ledger.retell(each.telling, verdict=Verdict.nobody, reason=reason, hold_until=None)
            self.ledger.event("incident", each.telling.incident, "nobody", reason)
        for message in self.unsent:
            self._requeue(message)
        self._nothing_left()
        return len(self.unsent)

    def _hold_all(self) -> int:
        for each in self.unsent:
            if each.state == MessageState.queued:
                self.ledger.move(each, MessageState.held, GATEWAY_DOWN)
        if self.held:
            self.ledger.set_digest(self.person, self.ledger.now + LOOK_AGAIN)
        return 0

    def _let_go_others(self) -> int:
        """Messages that carry no news of an incident (answers, tests, notices), and second sends:
        they go as they are."""
        news: dict[int, list[Waiting]] = {}
        for each in self.inside:
            news.setdefault(each.telling.message or 0, []).append(each)
        bundled = [one for one in self.unsent if one.id in news and not one.resent]
        ids = {one.id for one in bundled}
        others = [one for one in self.unsent if one.id not in ids]
        for one in others:
            self._let_go(one, news.get(one.id, []))
        self.unsent = bundled
        self.inside = [each for each in self.inside if each.telling.message in ids]
        return len(others)

    def _let_go(self, message: Unsent, news: list[Waiting]) -> None:
        """A second send whose news is over is dropped: the first one may have arrived."""
        heaps = sort(news)
        if message.resent and not (heaps.live or heaps.ends):
            self.ledger.move(message, MessageState.folded, "over before its second send")
        else:
            self._requeue(message)

    def _requeue(self, message: Unsent) -> None:
        page = message.kind in PAGE_KINDS  # a page never ends expired: it is judged again
        lasts = self.ledger.now + self.rules.config.delivery.expires
        self.ledger.move(message, MessageState.queued, None, lasts if page else None)

    def _keep_back(self) -> None:
        """What must not be told now after all: it is quiet since, or quiet for longer."""
        kept = keep_back(self.ledger, self.rules, self.person, self.held, self.inside)
        if not kept:
            return
        self.held = [each for each in self.held if key_of(each) not in kept]
        self.inside = [each for each in self.inside if key_of(each) not in kept]
        left = {each.telling.message for each in self.inside}
        for message in self.unsent:
            if message.id not in left:
                self.ledger.move(message, MessageState.folded, "held back")
        self.unsent = [each for each in self.unsent if each.id in left]

    def _single(self, message: Unsent) -> int:
        """One message waits and nothing else: it goes if any of it is still true."""
        heaps = sort(self.inside)
        if heaps.live or heaps.ends:
            self._requeue(message)
            return 1
        return self._bundle()

    def _bundle(self) -> int:
        heaps = sort([*self.held, *self.inside], self.unsent)
        for each in heaps.acked:
            self.ledger.retell(
                each.telling, verdict=Verdict.acked, reason="acknowledged meanwhile", message=None,
                hold_until=None,
            )  # fmt: skip
        for each in heaps.flapped:
            self.ledger.retell(each.telling, message=None, hold_until=None)
        if not heaps.worth_telling:
            return self._never_told(heaps)
        mark = self.ledger.mark()
        for message in self.unsent:
            if message.queued_at is not None:
                self.ledger.forget_recent(self.person, Lane(message.lane), message.queued_at)
        lane = self._lane(heaps)
        due = self._due(heaps, lane)
        if due > self.ledger.now:
            self.ledger.back_to(mark)
            return self._wait(due)
        self._send(heaps, lane)
        return 1

    def _never_told(self, heaps: Sorted) -> int:
        over = heaps.unheard or heaps.moot
        reason = "over before it could be told" if over else "acknowledged meanwhile"
        for each in (*heaps.unheard, *heaps.moot):
            self.ledger.retell(
                each.telling, verdict=Verdict.never_told, reason=reason, hold_until=None
            )
        for message in self.unsent:
            self.ledger.move(message, MessageState.folded, reason)
        self._nothing_left()
        return 0

    def _lane(self, heaps: Sorted) -> Lane:
        """Critical, if the digest is the first to tell of something critical."""
        for each in heaps.live:
            heard = self.ledger.heard(each.telling.incident, self.person)
            told = heard.level if heard and each.telling.message is None else -1
            if each.level is Level.critical and told < Level.critical:
                return Lane.critical
        return Lane.person

    def _due(self, heaps: Sorted, lane: Lane) -> Micros:
        """When it may go: what everybody shares is never broken by `digest_every`."""
        now, throttle = self.ledger.now, self.rules.config.throttle
        queued = self.ledger.recent(self.person, lane)
        due = verdict.digest_due(throttle, lane, queued, self._waits_since(), now)
        shared = None
        if heaps.level is not Level.critical:
            shared = outlay.full(self.ledger, self.rules.config)
        return max(due, shared.until) if shared else due

    def _since(self) -> Micros:
        """When the oldest of what waits was decided."""
        held = [each.telling.at for each in (*self.held, *self.inside)]
        return min(held, default=self.ledger.now)

    def _waits_since(self) -> Micros:
        """Since when the oldest of it waits for room: what was not to be told did not."""
        return min(map(waits_since, (*self.held, *self.inside)), default=self.ledger.now)

    def _wait(self, due: Micros) -> int:
        """No room yet: messages that had their place go one by one, the rest waits on."""
        for message in self.unsent:
            self._requeue(message)
        if self.held:
            since = min(map(waits_since, self.held))
            self.ledger.set_held_since(self.person, since)
            self.ledger.set_digest(self.person, due)
        return len(self.unsent)

    def _send(self, heaps: Sorted, lane: Lane) -> None:
        incidents = {each.telling.incident for each in (*heaps.live, *heaps.ends)}
        only = incidents.pop() if len(incidents) == 1 and not heaps.unheard else None
        number = self.ledger.number("message")
        text, kind = worded(self.ledger, self.rules, heaps, only, self._since(), number)
        row = message_row(self.ledger, self.rules, self.person, text) | {"id": number}
        row |= {"kind": kind.value, "level": int(heaps.level), "lane": lane.value, "incident": only}
        row["expires_at"] = self.ledger.now + self.rules.config.delivery.expires
        self.ledger.queue(row)
        self._point_at(number, heaps)
        for message in self.unsent:
            self.ledger.move(message, MessageState.folded, f"in message {number}")
        self._nothing_left()

    def _point_at(self, number: int, heaps: Sorted) -> None:
        """All the news is told by message `number` now."""
        for each in heaps.all:
            over = each.ended and not each.telling.news.startswith("end")
            reason = "digest: over before it could be told" if over else "digest"
            self.ledger.retell(each.telling, verdict=Verdict.told, reason=reason, message=number)
        for each in heaps.live:
            heard = self.ledger.heard(each.telling.incident, self.person)
            if heard is None:
                heard = Audience(each.telling.incident, self.person, -1, self.ledger.now, 0)
            level = max(heard.level, int(each.level))
            self.ledger.set_audience(heard._replace(level=level, told_at=self.ledger.now))

    def _nothing_left(self) -> None:
        self.ledger.set_held_since(self.person, None)
        self.ledger.set_digest(self.person, None)
