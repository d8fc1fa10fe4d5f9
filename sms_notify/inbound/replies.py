"""The Input of one page of inbound SMS (transaction P3): each SMS once, whatever it says."""

from __future__ import annotations

from sms_notify.gateways import read_replies
from sms_notify.inbound.conversation import Conversation, key_of, owners_of
from sms_notify.inbound.grammar import Request, read
from sms_notify.inbound.inputs import Applied, Page
from sms_notify.intake import Ledger, Notice, Rules
from sms_notify.intake.tally import Tally
from sms_notify.intake.telling import Teller
from sms_notify.model import DAY, Micros
from sms_notify.store import polls
from sms_notify.store.facts import Keys
from sms_notify.store.replying import Replying, replying


class ApplyReplies:
    """A page is applied once; an SMS that was read before is not read again."""

    def __init__(self, rules: Rules, page: Page) -> None:
        self.rules = rules
        self.page = page
        self.read = read_replies(page.text, whole=page.outcome != polls.CUT)
        self.alerts = max(1, len(self.read.entries))

    def wants(self, now: Micros) -> Keys:
        owners = owners_of(self.rules.config)
        keys = Keys(people=set(self.rules.config.people))
        asked: set[tuple[object, ...]] = {("page", self.page.request)}
        for entry in self.read.entries:
            asked.add(("reply", *key_of(self.page.account, entry)))
            request = read(entry.text)
            if entry.phone in owners and isinstance(request, Request):
                keys.codes.update(request.codes)
        for phone in {*(entry.phone for entry in self.read.entries), *self.read.senders}:
            if phone in owners:
                asked.add(("phone", owners[phone], phone, now))
                keys.recall.add(owners[phone])
        for person in keys.recall:
            keys.unite(Notice(self.rules, f"opt_out:{person}:{now // DAY}", "").wants(now))
        keys.asked[replying] = asked
        return keys

    def judge(self, ledger: Ledger, now: Micros) -> Applied:
        known: Replying = ledger.facts.answers[replying]
        if not known.waiting.get(self.page.request):
            return Applied()
        ledger.put(known.waiting, self.page.request, False)
        tally = Tally()
        teller = Teller(ledger, self.rules, tally)
        talk = Conversation(teller, known, self.page.account, self.page.request)
        if self.read.ambiguous:
            results = [talk.unreadable(self.read.senders)]
            said = f"{self.page.account}: poll {self.page.request}"
            ledger.event("gateway", 0, "replies_ambiguous", f"{said}: nothing of it is acted on")
        else:
            results = [talk.take(entry) for entry in self.read.entries]
        self._done(ledger)
        return Applied(replies=tuple(results), tally=tally)

    def _done(self, ledger: Ledger) -> None:
        if self.page.outcome == polls.CUT:
            said = f"{self.page.account}: poll {self.page.request} was cut"
            ledger.event("gateway", 0, "replies_lost", said)
            ledger.write(polls.SHORT, of_request=self.page.request)
        else:
            ledger.write(polls.APPLIED, of_request=self.page.request, now=ledger.now)
