"""The Inputs of this room (transaction P3): a page, reports looked at again, reports that are due.

Each is idempotent: a report is one row, a page is applied once, a message is followed once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sms_notify.delivery.flight import REPORT_TIMER
from sms_notify.gateways import ReportEntry, read_reports
from sms_notify.inbound.effects import Effects
from sms_notify.inbound.matching import match, waits
from sms_notify.inbound.silence import Silence
from sms_notify.intake import Ledger, Rules
from sms_notify.intake.tally import Tally
from sms_notify.model import MessageState, Micros
from sms_notify.store import polls, reports
from sms_notify.store.evidence import Evidence, Known, ReportKey, evidence
from sms_notify.store.facts import Keys


@dataclass(frozen=True, slots=True)
class Page:
    """One stored answer that is not applied: the columns of store.polls.PAGES, in their order."""

    request: int
    account: str
    outcome: str
    text: str
    at: Micros
    kind: str = "reports"


@dataclass(frozen=True, slots=True)
class Applied:
    """What an input came to, for the metrics: reports and replies by result, messages moved."""

    results: tuple[str, ...] = ()
    moved: tuple[tuple[int, MessageState], ...] = ()
    replies: tuple[str, ...] = ()
    tally: Tally | None = None


class ApplyPage:
    """The Input of one page of reports."""

    def __init__(self, rules: Rules, page: Page) -> None:
        self.rules = rules
        self.page = page
        self.read = read_reports(page.text, whole=page.outcome != polls.CUT)
        self.alerts = max(1, len(self.read.entries))

    def wants(self, now: Micros) -> Keys:
        wanted = {("report", *self._key(entry)) for entry in self.read.entries}
        return Keys(asked={evidence: {*wanted, ("page", self.page.request)}})

    def judge(self, ledger: Ledger, now: Micros) -> Applied:
        known: Evidence = ledger.facts.answers[evidence]
        if not known.pages.get(self.page.request):
            return Applied()
        ledger.put(known.pages, self.page.request, False)
        effects = Effects(ledger, self.rules, known)
        results = [self._one(effects, entry) for entry in self.read.entries]
        results += [self._unreadable(ledger, part) for part in self.read.unreadable]
        self._done(ledger)
        if "matched" in results:
            Silence(ledger, self.rules, known).broken(self.page.account, self._reported_to(known))
        return Applied(tuple(results), tuple(effects.moved))

    def _key(self, entry: ReportEntry) -> ReportKey:
        return self.page.account, entry.provider_id, entry.phone, int(entry.status)

    def _one(self, effects: Effects, entry: ReportEntry) -> str:
        key, ledger, known = self._key(entry), effects.ledger, effects.known
        stored = known.reports.get(key)
        if stored is not None:
            ledger.write(reports.AGAIN, **_of(key))
            return "again" if stored.message is not None else _look(effects, key, stored)
        send = match(known, key, self.page.at)
        message = send.message if send else None
        ledger.write(
            reports.REPORT, account=key[0], provider_id=key[1], phone=key[2], status=key[3],
            message=message, request=self.page.request, at=self.page.at,
        )  # fmt: skip
        ledger.put(known.reports, key, Known(message, self.page.at))
        if send is None:
            if waits(known, key):  # with those of pages before, they may be as many as the sends
                ledger.set_timer(REPORT_TIMER, key[2], ledger.now)
            return "unmatched"
        effects.matched(send, key)
        return "matched"

    def _unreadable(self, ledger: Ledger, part: str) -> str:
        said = f"{self.page.account}: poll {self.page.request}: {len(part)} characters"
        ledger.event("gateway", 0, "report_unreadable", said)
        return "unreadable"

    def _done(self, ledger: Ledger) -> None:
        if self.read.short or self.page.outcome == polls.CUT:
            said = f"{self.page.account}: poll {self.page.request} brought {len(self.read.entries)}"
            ledger.event("gateway", 0, "reports_lost", f"{said} of {self.read.claimed} reports")
            ledger.write(polls.SHORT, of_request=self.page.request)
        else:
            ledger.write(polls.APPLIED, of_request=self.page.request, now=ledger.now)

    def _reported_to(self, known: Evidence) -> Micros:
        """When the latest message was sent of which this page has a report."""
        messages = {known.reports[self._key(entry)].message for entry in self.read.entries}
        sends = [send for one in messages if one for send in known.sends.get(one, ())]
        return max((send.sent_at or send.started_at for send in sends), default=0)


class LookAgain:
    """The Input for reports that found no message: of these phones, something was settled."""

    def __init__(self, rules: Rules, phones: Iterable[str]) -> None:
        self.rules = rules
        self.phones = sorted(set(phones))

    @property
    def alerts(self) -> int:
        return len(self.phones)

    def wants(self, now: Micros) -> Keys:
        wanted = {("phone", phone) for phone in self.phones}
        return Keys(asked={evidence: wanted})

    def judge(self, ledger: Ledger, now: Micros) -> Applied:
        known: Evidence = ledger.facts.answers[evidence]
        effects = Effects(ledger, self.rules, known)
        results = []
        for phone in self.phones:
            ledger.set_timer(REPORT_TIMER, phone, None)
            while found := self._round(effects, phone):
                results += found
        left = sum(1 for key, one in known.reports.items() if _waits_of(self.phones, key, one))
        return Applied((*results, *["unmatched"] * left), tuple(effects.moved))

    def _round(self, effects: Effects, phone: str) -> list[str]:
        """One look at each, oldest first; a match may be what another one needs."""
        unmatched = [
            (key, one) for key, one in effects.known.reports.items() if _waits_of([phone], key, one)
        ]
        results = [_look(effects, *each) for each in sorted(unmatched, key=lambda each: each[1].at)]
        return [result for result in results if result == "matched"]


class Missing:
    """The Input for messages whose report is due and has not come."""

    def __init__(self, rules: Rules, messages: Iterable[int], polled: frozenset[str]) -> None:
        """`polled`: the accounts whose reports are fetched at all."""
        self.rules = rules
        self.messages = sorted(messages)
        self.polled = polled

    @property
    def alerts(self) -> int:
        return len(self.messages)

    def wants(self, now: Micros) -> Keys:
        wanted = {("message", number) for number in self.messages}
        return Keys(asked={evidence: wanted})

    def judge(self, ledger: Ledger, now: Micros) -> Applied:
        known: Evidence = ledger.facts.answers[evidence]
        effects = Effects(ledger, self.rules, known)
        silence = Silence(ledger, self.rules, known)
        for number in self.messages:
            sends = [send for send in known.sends.get(number, ()) if send.latest == send.request]
            if known.states.get(number) != MessageState.sent:
                continue
            ledger.write(reports.STOP_WAITING, of_id=number)
            if not sends or sends[0].account not in self.polled:
                continue
            silence.one(effects, sends[0])
        return Applied((), tuple(effects.moved))


def _waits_of(phones: Collection[str], key: ReportKey, stored: Known) -> bool:
    return key[2] in phones and stored.message is None


def _look(effects: Effects, key: ReportKey, stored: Known) -> str:
    """A report that is stored unmatched: has its message turned up?"""
    send = match(effects.known, key, stored.at)
    if send is None:
        return "unmatched"
    effects.ledger.write(reports.MATCHED, **_of(key), to_message=send.message)
    effects.ledger.put(effects.known.reports, key, Known(send.message, stored.at))
    effects.matched(send, key)
    return "matched"


def _of(key: ReportKey) -> dict[str, object]:
    return {"of_account": key[0], "of_id": key[1], "of_phone": key[2], "of_status": key[3]}
