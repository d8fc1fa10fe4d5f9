"""Telling one person one set of news: told in a message, or held with the window that is full."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sms_notify import verdict
from sms_notify.intake import outlay
from sms_notify.intake.holding import Hold, Holding
from sms_notify.intake.ledger import Ledger
from sms_notify.intake.news import News
from sms_notify.intake.phrasing import Phrasing
from sms_notify.intake.rules import Rules
from sms_notify.intake.tally import Tally
from sms_notify.model import SECOND, Decision, Kind, Lane, Level, Micros, Verdict
from sms_notify.store.facts import Audience, Incident, Telling
from sms_notify.text import Did, Remark, Text

LATE = "late: it waited while the service was down"
LATE_GATHERS: Micros = 10 * SECOND
"""So long after the last of them what came late goes out, in one digest."""


class Teller:
    """Decides and words what people are told of one incident within one input."""

    def __init__(self, ledger: Ledger, rules: Rules, tally: Tally, *, late: bool = False) -> None:
        """`late`: the input waited for this service, and so do others: all in one digest."""
        self.ledger = ledger
        self.rules = rules.as_of(ledger.facts)
        self.tally = tally
        self.late = late
        self.holding = Holding(ledger, rules)
        self._phrasing = Phrasing(ledger, self.rules, tally)

    def tell(
        self,
        incident: Incident,
        person: str,
        kind: Kind,
        news: Sequence[News],
        *,
        shown: Sequence[News] = (),
        more: int = 0,
        remark: Remark | None = None,
    ) -> Verdict:
        """Page (or tell the end to) one person: one message for all of `news`, or all held.

        `shown`: what the text speaks of, where that is more than the news itself; `remark`: what
        it says of that in the place of the value.
        """
        level = max(each.level for each in news)
        hold = self._held_by(incident, person, kind, level, news, shown)
        if hold is not None:
            self.hold(incident, person, kind, news, hold)
            return hold.verdict
        lane = self._lane(incident, person, kind, level)
        reason = self._hold_reason(person, lane, page=kind is not Kind.resolved, level=level)
        if reason:
            self._hold(incident, person, lane, kind, news, reason)
            return Verdict.held
        text = self._phrasing.of(incident, kind, level, shown or news, more, remark)
        message = self._queue(incident, person, kind, level, lane, text)
        said = "flapping" if remark and remark.did is Did.flapping else kind.value
        self.write(incident, person, news, Decision(Verdict.told, said), message)
        self._remember(incident, person, kind, level)
        return Verdict.told

    def tell_together(
        self,
        person: str,
        kind: Kind,
        about: Sequence[tuple[Incident, News]],
        text: Callable[[], Text],
    ) -> Verdict:
        """One message to one person about several incidents, or all of it held."""
        lanes = {self._lane(incident, person, kind, news.level) for incident, news in about}
        lane = Lane.critical if Lane.critical in lanes else Lane.person
        level = max(news.level for _incident, news in about)
        reason = self._hold_reason(person, lane, page=True, level=level)
        if reason:
            for incident, news in about:
                self._hold(incident, person, lane, kind, [news], reason)
            return Verdict.held
        message = self._queue(None, person, kind, level, lane, text())
        for incident, news in about:
            self.write(incident, person, [news], Decision(Verdict.told, kind.value), message)
            self._remember(incident, person, kind, news.level)
        return Verdict.told

    def write(
        self,
        incident: Incident,
        person: str,
        news: Sequence[News],
        decision: Decision,
        message: int | None = None,
        until: Micros | None = None,
    ) -> None:
        """One row of `telling` for each piece of news."""
        said, reason, now = decision.verdict.value, decision.reason, self.ledger.now
        for each in news:
            row = Telling(
                incident.id, person, each.key, each.alert, said, reason, now, message, 0, until
            )
            self.ledger.tell(row)
        self.tally.count(decision.verdict, len(news))
        self.tally.incidents[incident.id] = None

    def _lane(self, incident: Incident, person: str, kind: Kind, level: Level) -> Lane:
        """Critical lane: the first message that tells this person that it is critical."""
        if kind is Kind.resolved or level is not Level.critical:
            return Lane.person
        heard = self.ledger.heard(incident.id, person)
        first = heard is None or heard.level < Level.critical
        return Lane.critical if first or kind is Kind.escalated else Lane.person

    def _held_by(
        self,
        incident: Incident,
        person: str,
        kind: Kind,
        level: Level,
        news: Sequence[News],
        shown: Sequence[News],
    ) -> Hold | None:
        """What keeps it back until a moment."""
        alerts = [each.text for each in shown or news if each.text]
        ends = kind is Kind.resolved
        whole = ends and any(each.key == "end" for each in news)
        hold = self.holding.of(incident, person, level, alerts, ends=ends, whole=whole)
        if hold is None and kind in (Kind.resolved, Kind.repeat):
            return self.holding.end_of_flapping(alerts)
        return hold

    def hold(
        self, incident: Incident, person: str, kind: Kind, news: Sequence[News], hold: Hold
    ) -> None:
        """Not before a moment: then what still burns is told in one digest."""
        decision = Decision(hold.verdict, hold.reason)
        self.write(incident, person, news, decision, until=hold.until)
        self.ledger.note_held(person, hold.until)
        if self.ledger.held_since(person):
            set_digest_timer(self.ledger, self.rules, person, Lane.person)
        else:
            self.ledger.set_digest(person, None)
        self._remember(incident, person, kind, -1)

    def _hold_reason(self, person: str, lane: Lane, *, page: bool, level: Level) -> str:
        if self.late:
            return LATE
        if not (page and level is Level.critical):
            shared = outlay.full(self.ledger, self.rules.config)
            if shared is not None:
                return shared.reason
        throttle = self.rules.config.throttle
        if lane is Lane.person and self.ledger.held_since(person):
            return "throttle: earlier news is held"
        windows = verdict.lane_windows(throttle, lane)
        full = verdict.full_window(windows, self.ledger.recent(person, lane), self.ledger.now)
        return f"throttle: {lane.value} {full} is full" if full else ""

    def _hold(
        self,
        incident: Incident,
        person: str,
        lane: Lane,
        kind: Kind,
        news: Sequence[News],
        reason: str,
    ) -> None:
        self.write(incident, person, news, Decision(Verdict.held, reason))
        self.ledger.note_held(person)
        if reason == LATE:
            self.ledger.set_digest(person, self.ledger.now + LATE_GATHERS)
        else:
            set_digest_timer(self.ledger, self.rules, person, lane)
        self._remember(incident, person, kind, -1)

    def _remember(self, incident: Incident, person: str, kind: Kind, level: int) -> None:
        """`level` -1: they were not told, only listed among those who are to be."""
        heard = self.ledger.heard(incident.id, person)
        before, repeats = (heard.level, heard.repeats) if heard else (-1, 0)
        if kind is Kind.repeat:
            repeats += 1
        row = Audience(incident.id, person, max(before, int(level)), self.ledger.now, repeats)
        self.ledger.set_audience(row)

    def _queue(
        self,
        incident: Incident | None,
        person: str,
        kind: Kind,
        level: Level,
        lane: Lane,
        text: Text,
    ) -> int:
        delivery = self.rules.config.delivery
        lasts = delivery.resolved_expires if kind is Kind.resolved else delivery.expires
        row = message_row(self.ledger, self.rules, person, text)
        row |= {"kind": kind.value, "level": int(level), "lane": lane.value}
        row |= {"incident": incident.id if incident else None}
        row |= {"expires_at": self.ledger.now + lasts}
        number = self.ledger.queue(row)
        self.tally.messages.append(number)
        return number


def message_row(ledger: Ledger, rules: Rules, person: str, text: Text) -> dict[str, object]:
    """The columns that every message has: to whom, what, and when it was decided."""
    return {
        "person": person,
        "phone": rules.config.people[person].phones[0],
        "text": text.text,
        "units": text.units,
        "segments": text.segments,
        "decided_at": ledger.now,
        "queued_at": ledger.now,
        "not_before": ledger.now,
    }


def set_digest_timer(ledger: Ledger, rules: Rules, person: str, lane: Lane) -> None:
    """Held news goes as soon as the windows have room, at the latest after `digest_every`."""
    since = ledger.held_since(person) or ledger.now
    queued = ledger.recent(person, lane)
    due = verdict.digest_due(rules.config.throttle, lane, queued, since, ledger.now)
    ledger.set_digest(person, due)
