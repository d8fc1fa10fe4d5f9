"""What a report does to its message: evidence that never moves back, and who is told instead.

A page that did not arrive goes to the person's next phone, as a message that follows it; without
another phone each incident that it speaks of takes its next step at once.
"""

from __future__ import annotations

from sms_notify.gateways import Status
from sms_notify.intake import Ledger, Rules
from sms_notify.model import MOVES, Lane, MessageState, Micros, mask_phone
from sms_notify.store import chains, outbox, reports
from sms_notify.store.evidence import Evidence, ReportKey, Send
from sms_notify.store.proofs import PHONE_TIMER

S = MessageState


class Effects:
    """The effects of one input on one Ledger; `known` is kept as true as the Ledger."""

    def __init__(self, ledger: Ledger, rules: Rules, known: Evidence) -> None:
        self.ledger = ledger
        self.rules = rules
        self.known = known
        self.moved: list[tuple[int, MessageState]] = []

    def matched(self, send: Send, report: ReportKey) -> None:
        """The report is about this send: teach it the id, then act on the status."""
        account, provider_id, _phone, status = report
        self._teach(send, account, provider_id)
        _BY_STATUS[Status(status)](self, send, provider_id)

    def not_delivered(self, send: Send, why: str) -> None:
        """Nothing says that this page arrived: the next phone, else the next step. Once."""
        if not send.page or send.message in self.known.follower:
            return
        phone = self._next_phone(send)
        if phone is None:
            self._next_step(send, why)
        else:
            self._follow(send, phone, why)

    # -- by status -----------------------------------------------------------------------------

    def _delivered(self, send: Send, provider_id: str) -> None:
        if self._may(send, S.delivered):
            self._move(send, S.delivered, provider=provider_id, now=self.ledger.now)
            self._say(send, "delivered", f"report {provider_id}")

    def _failed(self, send: Send, provider_id: str) -> None:
        if send.latest != send.request:
            self._say(send, "late", f"report {provider_id}: an earlier send of it failed")
        elif self._may(send, S.failed):
            self._move(send, S.failed, to_reason="report")
            self.ledger.set_timer(PHONE_TIMER, send.phone, self.ledger.now)
            self._say(send, "failed", f"report {provider_id}: it could not be delivered")
            self.not_delivered(send, "could not be delivered")
        else:
            self._say(send, "late", f"report {provider_id}: failed; it stays {self._state(send)}")

    def _no_result(self, send: Send, provider_id: str) -> None:
        """The gateway took it, and the operator says no more: as if the report were missing."""
        self._say(send, "no_result", f"report {provider_id}: the operator gave no result")
        state = self._state(send)
        if state in (S.uncertain, S.queued) and self._may(send, S.sent):
            self._move(send, S.sent, provider=provider_id, now=self.ledger.now, check=None)
        elif state == S.sent:
            self.ledger.write(reports.STOP_WAITING, of_id=send.message)
        if state != S.delivered and self.missing_counts(send):
            self.not_delivered(send, "the operator gave no result")

    def missing_counts(self, send: Send) -> bool:
        """Is it bad enough that silence is acted on?"""
        return send.page and send.level >= LEAST_LEVEL and send.latest == send.request

    # -- moving --------------------------------------------------------------------------------

    def _state(self, send: Send) -> MessageState:
        return S(self.known.states[send.message])

    def _may(self, send: Send, target: MessageState) -> bool:
        state = self._state(send)
        if state is S.queued and not send.second_sends:
            return False
        return target in MOVES[state]

    def _move(self, send: Send, target: MessageState, **values: object) -> None:
        self.ledger.write(_MOVES[target], of_id=send.message, **values)
        self.ledger.put(self.known.states, send.message, target.value)
        self.moved.append((send.message, target))

    def _teach(self, send: Send, account: str, provider_id: str) -> None:
        key = (send.request, send.message)
        if self.known.taught.get(key, send.provider_id) == provider_id:
            return
        self.ledger.write(
            reports.TEACH, of_request=send.request, of_message=send.message, provider=provider_id
        )
        self.ledger.put(self.known.taught, key, provider_id)
        batch = self.known.batches.get((account, provider_id), set())
        self.ledger.put(self.known.batches, (account, provider_id), batch | {send.request})

    def _say(self, send: Send, what: str, detail: str) -> None:
        self.ledger.event("message", send.message, what, detail)

    # -- who is told instead -------------------------------------------------------------------

    def _next_phone(self, send: Send) -> str | None:
        person = self.rules.config.people.get(send.person)
        phones = person.phones if person else ()
        if send.phone not in phones:  # a reload took that number away: begin with the first
            return phones[0] if phones else None
        place = phones.index(send.phone) + 1
        return phones[place] if place < len(phones) else None

    def _follow(self, send: Send, phone: str, why: str) -> None:
        now: Micros = self.ledger.now
        number = self.ledger.queue(
            {
                "person": send.person, "phone": phone, "kind": send.kind, "level": send.level,
                "lane": Lane.free.value, "text": send.text, "units": send.units,
                "segments": send.segments, "incident": send.incident, "follows": send.message,
                "decided_at": now, "queued_at": now, "not_before": now,
                "expires_at": now + self.rules.config.delivery.expires,
            }
        )  # fmt: skip
        self.ledger.put(self.known.follower, send.message, number)
        for statement in (reports.TELL_BY, reports.CODE_OF):
            self.ledger.write(statement, of_message=send.message, to_message=number)
        self._say(send, "next_phone", f"{why}: message {number} goes to {mask_phone(phone)}")
        self.ledger.event("message", number, "follows", f"message {send.message}, which {why}")

    def _next_step(self, send: Send, why: str) -> None:
        self.ledger.write(chains.DOUBT, of_message=send.message)
        for incident in self.known.carried.get(send.message, []):
            self.ledger.set_timer("step", str(incident), self.ledger.now)
        self.ledger.put(self.known.follower, send.message, 0)
        self._say(send, "next_step", f"{why}, and {send.person} has no other phone")


LEAST_LEVEL = 1
"""Warning: below it a missing report is only a line in the history."""
_MOVES = {S.delivered: outbox.DELIVERED, S.failed: outbox.FAILED, S.sent: outbox.SENT}
_BY_STATUS = {
    Status.delivered: Effects._delivered,
    Status.failed: Effects._failed,
    Status.no_result: Effects._no_result,
}
