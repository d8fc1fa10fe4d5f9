"""One person's SMS to us: may it act, what does it do, and what is answered. Within one judgement.

What acts is a known person, on something that was sent to a phone of this person within a day, in
words of the grammar. Everything else changes nothing, and strangers hear nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sms_notify import actions
from sms_notify.actions import Actor, Came, Did
from sms_notify.config import Config
from sms_notify.gateways import ReplyEntry
from sms_notify.inbound.answers import Answers
from sms_notify.inbound.grammar import Request, Unread, Verb, normal, read
from sms_notify.intake import Notice
from sms_notify.intake.telling import Teller, message_row
from sms_notify.model import DAY, Kind, Lane, Level, Micros, Verdict, mask_phone
from sms_notify.store import replying as rows
from sms_notify.store.facts import Incident
from sms_notify.store.recalling import REMEMBERED
from sms_notify.store.replying import LOCKED, WRONG, Replying
from sms_notify.text import Text

MOST_WRONG = 5
"""Wrong codes within ten minutes after which a phone is ignored for an hour."""
MOST_ANSWERS = 5
"""Answers to one phone between two pages: an auto-responder ends there."""
LONGEST = 500
BY_SMS = "by SMS"


@dataclass(frozen=True, slots=True)
class Heard:
    """What one SMS came to: the result (a metric), what it asked for, and the answer."""

    result: str
    action: str | None = None
    answer: Text | None = None


class Conversation:
    """All SMS of one page on one Ledger; `known` is kept as true as the Ledger."""

    def __init__(self, teller: Teller, known: Replying, account: str, request: int) -> None:
        self.teller = teller
        self.ledger = teller.ledger
        self.rules = teller.rules
        self.known = known
        self.account = account
        self.request = request
        self.owners = owners_of(teller.rules.config)
        self.words = Answers(teller)

    def take(self, entry: ReplyEntry) -> str:
        """Judge one SMS, once; its result."""
        key = key_of(self.account, entry)
        if key in self.known.seen:
            return "again"
        self.ledger.put(self.known.seen, key, True)
        person = self.owners.get(entry.phone)
        heard = self._heard(entry, person) if person else Heard("unknown_sender")
        self.ledger.write(
            rows.REPLY, account=key[0], inbound_id=key[1], phone=key[2], person=person,
            text=kept(entry.text), action=heard.action, result=heard.result,
            request=self.request, at=self.ledger.now,
        )  # fmt: skip
        if person and heard.answer is not None:
            self._answer(person, entry.phone, heard.answer, f"answer:{':'.join(key)}")
        return heard.result

    def unreadable(self, senders: Iterable[str]) -> str:
        """Nothing of the page may be acted on: who has something open is asked to write again."""
        for phone in senders:
            person = self.owners.get(phone)
            if person and self._sent(person):
                once = f"unread:{self.account}:{self.request}:{phone}"
                self._answer(person, phone, self.words.plain("again"), once)
        return "ambiguous"

    # -- may it act ----------------------------------------------------------------------------

    def _heard(self, entry: ReplyEntry, person: str) -> Heard:
        if entry.phone in self.known.locked:
            return Heard("ignored")
        if self._is_ours(entry.text):
            return Heard("echo")
        asked = read(entry.text)
        if asked is Unread.opt_out:
            return self._opt_out(entry, person)
        if isinstance(asked, Unread):
            return Heard("unclear", None, self.words.plain("unclear"))
        return self._asked(asked, person, entry.phone)

    def _is_ours(self, text: str) -> bool:
        """What somebody's phone forwards to us: we would talk to ourselves."""
        signature = self.rules.config.site.signature
        return bool(signature) and text.lstrip().startswith(f"【{signature}】")

    def _opt_out(self, entry: ReplyEntry, person: str) -> Heard:
        said = self.words.words("opt_out", who=person, word=normal(entry.text))
        self._tell(f"opt_out:{person}:{self.ledger.now // DAY}", said)
        phone = mask_phone(entry.phone)
        self.ledger.event("gateway", 0, "opt_out", f"{self.account}: {person} from {phone}")
        return Heard("opt_out")

    def _asked(self, asked: Request, person: str, phone: str) -> Heard:
        verb = asked.verb
        if verb is Verb.help:
            return Heard("answered", verb, self.words.plain("help"))
        if verb is Verb.on_call:
            return Heard("answered", verb, self.words.on_call())
        if verb is not Verb.status and verb not in self.rules.config.replies.allow:
            return Heard("refused", verb, self.words.refused(verb))
        if asked.codes:
            return self._coded(asked, person, phone)
        return self._uncoded(asked, person)

    # -- on what -------------------------------------------------------------------------------

    def _coded(self, asked: Request, person: str, phone: str) -> Heard:
        meant = {code: self._of_code(code, person) for code in asked.codes}
        unknown = [code for code, incidents in meant.items() if not incidents]
        found = {each.id: each for incidents in meant.values() for each in incidents}
        if not found:
            return self._wrong(asked, unknown, person, phone)
        return self._act(asked, list(found.values()), person, unknown)

    def _of_code(self, code: int, person: str) -> list[Incident]:
        """What a code means, if it was sent to a phone of this person lately; else nothing."""
        coded = self.ledger.facts.coded.get(code)
        if coded is None:
            return []
        if coded.message is not None:
            fresh = (coded.sent_at or 0) > self.ledger.now - REMEMBERED
            if coded.person != person or not fresh:
                return []
        elif (person, coded.incidents[0]) not in self.ledger.facts.recalled:
            return []
        known = (self.ledger.incident(number) for number in coded.incidents)
        return [incident for incident in known if incident is not None]

    def _sent(self, person: str) -> list[Incident]:
        """The open incidents that were sent to this person, the latest first."""
        recalled = self.ledger.facts.recalled.items()
        found = sorted(((at, number) for (who, number), at in recalled if who == person))
        known = [self.ledger.incident(number) for _at, number in reversed(found)]
        return [each for each in known if each is not None and each.ended_at is None]

    def _uncoded(self, asked: Request, person: str) -> Heard:
        """Without a code it acts on the one open incident, else it changes nothing."""
        found = self._sent(person)
        if asked.all and found:
            return self._act(asked, found, person, ())
        if asked.verb is Verb.status and len(found) != 1:
            return Heard("answered", asked.verb, self.words.listed(found, "status"))
        waits = [each for each in found if each.acked_by is None] or found
        if len(waits if asked.verb is Verb.ack else found) != 1:
            result = "which" if found else "nothing_open"
            return Heard(result, asked.verb, self.words.listed(found, "list"))
        return self._act(asked, waits if asked.verb is Verb.ack else found, person, ())

    def _wrong(self, asked: Request, codes: Sequence[int], person: str, phone: str) -> Heard:
        times = [*self.known.wrong.get(phone, ()), self.ledger.now]
        self.ledger.put(self.known.wrong, phone, times)
        if len(times) < MOST_WRONG:
            said = self.words.plain("wrong", codes=",".join(map(str, codes[:3])))
            return Heard(WRONG, asked.verb, said)
        self.ledger.put(self.known.locked, phone, self.ledger.now)
        said_to_operator = self.words.words("locked", who=person)
        self._tell(f"locked:{person}:{self.ledger.now}", said_to_operator)
        return Heard(LOCKED, asked.verb)

    # -- what it does --------------------------------------------------------------------------

    def _act(
        self, asked: Request, incidents: Sequence[Incident], person: str, unknown: Sequence[int]
    ) -> Heard:
        if asked.verb is Verb.status:
            one = len(incidents) == 1
            said = self.words.status(incidents[0]) if one else self._standing(incidents)
            return Heard("answered", asked.verb, said)
        before = len(self.ledger.pending.new_tellings)
        dids = [self._do(asked, incident, Actor(person, BY_SMS)) for incident in incidents]
        done = any(did.came is Came.done for did in dids)
        if len(dids) == 1 and not unknown:
            answer = self.words.did(dids[0], asked.verb, self._told_since(before))
        else:
            answer = self.words.dids(dids, asked.verb, unknown)
        return Heard("done" if done else "late", asked.verb, answer)

    def _do(self, asked: Request, incident: Incident, by: Actor) -> Did:
        if asked.verb is Verb.ack:
            return actions.acknowledge(self.teller, incident, by)
        if asked.verb is Verb.escalate:
            return actions.escalate(self.teller, incident, by)
        most = self.rules.config.replies.max_mute
        return actions.mute(self.teller, incident, min(asked.lasts or most, most), by)

    def _told_since(self, before: int) -> list[str]:
        keys = list(self.ledger.pending.new_tellings)[before:]
        told = [self.ledger.facts.tellings[key] for key in keys]
        heard = [each.person for each in told if each.verdict in (Verdict.told, Verdict.held)]
        return list(dict.fromkeys(filter(None, heard)))

    def _standing(self, incidents: Sequence[Incident]) -> Text:
        return self.words.listed([each for each in incidents if each.ended_at is None], "status")

    # -- who hears of it -----------------------------------------------------------------------

    def _answer(self, person: str, phone: str, text: Text, once: str) -> None:
        """To the phone that asked; at most so often between two pages."""
        answered = self.known.answered.get(phone, 0)
        if answered >= MOST_ANSWERS:
            return
        self.ledger.put(self.known.answered, phone, answered + 1)
        now: Micros = self.ledger.now
        row = message_row(self.ledger, self.rules, person, text)
        row |= {"phone": phone, "kind": Kind.answer.value, "level": int(Level.warning)}
        row |= {"lane": Lane.free.value, "once_key": once}
        row["expires_at"] = now + self.rules.config.delivery.resolved_expires
        self.teller.tally.messages.append(self.ledger.queue(row))

    def _tell(self, key: str, text: str) -> None:
        """The operator; the same key once."""
        told = Notice(self.rules, key, text).judge(self.ledger, self.ledger.now)
        self.teller.tally.messages += told.messages


def owners_of(config: Config) -> dict[str, str]:
    """Phone → person."""
    return {phone: each.name for each in config.people.values() for phone in each.phones}


def key_of(account: str, entry: ReplyEntry) -> rows.ReplyKey:
    """By what an SMS is known; bounded, since it comes from outside."""
    return account, entry.inbound_id[:64], entry.phone[:32]


def kept(text: str) -> str:
    """The text as it may be stored: bounded, no control characters."""
    return "".join(char for char in text[:LONGEST] if char.isprintable())
