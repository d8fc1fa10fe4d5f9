"""Proof of life: one SMS on schedule to whoever is on call, and an alarm if it does not arrive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from sms_notify import oncall
from sms_notify.config import Config, ProofOfLife, Wavecom
from sms_notify.intake import Ledger, Notice, Rules
from sms_notify.intake.tally import Tally
from sms_notify.intake.telling import message_row
from sms_notify.model import ENDS, MINUTE, Kind, Lane, Level, MessageState, Micros
from sms_notify.store import proofs, timers
from sms_notify.store.facts import Keys
from sms_notify.store.proofs import Sent
from sms_notify.watching.expecting import NEXT, PROOF, TOO_LATE
from sms_notify.watching.occasions import next_occasion
from sms_notify.watching.words import day_and_time, words

PROVED = "proved"
"""The kind of the timer of a test that is to be looked at; its key is the message."""

SLACK: Micros = MINUTE
"""After `report_timeout`: so long the poll that brings the report may take, at least."""

S = MessageState
_WHY = {
    S.failed: "failed", S.expired: "expired", S.folded: "expired", S.uncertain: "uncertain",
    S.sent: "no_report",
}  # fmt: skip


class Looked(Tally):
    """What looking at tests came to; `unproved`: (message, why it proves nothing)."""

    def __init__(self) -> None:
        super().__init__()
        self.unproved: list[tuple[int, str]] = []


class SendProof:
    """The Input for the test that is due at `due`."""

    alerts = 1

    def __init__(self, rules: Rules, due: Micros) -> None:
        self.rules = rules
        self.due = due

    def wants(self, now: Micros) -> Keys:
        people = self.rules.config.people  # an override may put any of them on call
        once = {key for who in people for key in (self._key(who), f"{self._nobody_key}:{who}")}
        return Keys(once=once, asked={timers.as_set: {(PROOF, NEXT)}})

    def judge(self, ledger: Ledger, now: Micros) -> Tally:
        tally, proof = Tally(), self.rules.config.checks.proof_of_life
        if ledger.facts.answers[timers.as_set].get((PROOF, NEXT)) != self.due:
            return tally  # another process was faster
        zone = ZoneInfo(self.rules.config.site.timezone)
        ledger.set_timer(PROOF, NEXT, next_occasion(proof.at, zone, now) if proof else None)
        if proof is None:
            return tally
        if now - self.due > TOO_LATE:
            ledger.event("gateway", 0, "proof_skipped", "sms-notify was down at its time")
        else:
            overrides = self.rules.as_of(ledger.facts).overrides
            people = oncall.whom(self.rules.config, proof.to, now, overrides)
            tally.messages += list(self._sent(ledger, people))
            tally.messages += [] if people else self._nobody(ledger, proof)
        return tally

    @property
    def _nobody_key(self) -> str:
        return f"proof_nobody:{self.due}"

    def _key(self, person: str) -> str:
        return f"proof:{self.due}:{person}"

    def _sent(self, ledger: Ledger, people: Sequence[str]) -> Iterator[int]:
        config, now = self.rules.config, ledger.now
        for person in people:
            if self._key(person) in ledger.facts.once:
                continue
            at = day_and_time(config, self.due)
            said = words(config)["proof"].format(at=at, person=person)
            row = message_row(ledger, self.rules, person, self.rules.texts.notice(said))
            row |= {"kind": Kind.proof.value, "level": int(Level.warning)}
            row |= {"lane": Lane.free.value, "once_key": self._key(person)}
            number = ledger.queue({**row, "expires_at": now + config.delivery.expires})
            ledger.set_timer(PROVED, str(number), now + _patience(config))
            yield number

    def _nobody(self, ledger: Ledger, proof: ProofOfLife) -> list[int]:
        at = day_and_time(self.rules.config, self.due)
        said = words(self.rules.config)["proof_nobody"].format(at=at, to=", ".join(proof.to))
        notice = Notice(self.rules, self._nobody_key, said, Level.critical)
        return notice.judge(ledger, ledger.now).messages


class LookAtProofs:
    """The Input for tests whose report is due: alarm the operator of those that did not arrive."""

    def __init__(self, rules: Rules, messages: Sequence[int]) -> None:
        self.rules = rules
        self.messages = tuple(messages)

    @property
    def alerts(self) -> int:
        return len(self.messages)

    def wants(self, now: Micros) -> Keys:
        due = {(PROVED, str(number)) for number in self.messages}
        told = {f"{_key(n)}:{who}" for n in self.messages for who in self.rules.config.people}
        return Keys(once=told, asked={proofs.sent: set(self.messages), timers.as_set: due})

    def judge(self, ledger: Ledger, now: Micros) -> Looked:
        tally = Looked()
        for number in self.messages:
            due_at = ledger.facts.answers[timers.as_set].get((PROVED, str(number)))
            if due_at is None or due_at > now:
                continue
            ledger.set_timer(PROVED, str(number), None)
            found: Sent | None = ledger.facts.answers[proofs.sent].get(number)
            if found is not None:
                self._look(ledger, found, tally)
        return tally

    def _look(self, ledger: Ledger, found: Sent, tally: Looked) -> None:
        state = S(found.state)
        if state is S.delivered:
            return
        began = found.sent_at if state is S.sent and found.sent_at else found.queued_at
        until = began + _patience(self.rules.config)
        if until > ledger.now and state not in ENDS:
            ledger.set_timer(PROVED, str(found.id), until)
            return
        why = (
            "nothing" if state is S.sent and not self._reports(found) else _WHY.get(state, "waits")
        )
        ledger.event("message", found.id, "unproved", why)
        tally.unproved.append((found.id, why))
        if why != "nothing":
            tally.messages += self._alarm(ledger, found, why)

    def _reports(self, found: Sent) -> bool:
        """Was this account ever seen to report? Otherwise the silence proves nothing."""
        asked = {each.account for each in _reporting(self.rules.config)}
        return found.account in asked and found.last_report_at is not None

    def _alarm(self, ledger: Ledger, found: Sent, why: str) -> list[int]:
        said = words(self.rules.config)
        at = day_and_time(self.rules.config, found.queued_at)
        text = said["unproved"].format(at=at, person=found.person, why=said[why])
        notice = Notice(self.rules, _key(found.id), text, Level.critical)
        return notice.judge(ledger, ledger.now).messages


def _reporting(config: Config) -> list[Wavecom]:
    """The gateways that are asked for reports."""
    return [each for each in config.gateways if isinstance(each, Wavecom) and each.poll.reports]


def _patience(config: Config) -> Micros:
    """How long after a test left its report must have come."""
    pace = max((each.poll.reports for each in _reporting(config)), default=0)
    return config.delivery.report_timeout + max(SLACK, pace)


def _key(message: int) -> str:
    return f"unproved:{message}"
