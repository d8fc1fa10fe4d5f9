"""Settle (transaction S): what a send came to, for its messages, its account and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from random import Random

from sms_notify.delivery import words
from sms_notify.delivery.billing import bill
from sms_notify.delivery.circuit import Landing, turns
from sms_notify.delivery.decide import UNKNOWN_TRIES, Case, Flown, Move, decide
from sms_notify.delivery.ended import Ended, Settled
from sms_notify.delivery.flight import Flight, History, Terms, look_for_reports
from sms_notify.gateways import Came, Outcome
from sms_notify.model import MessageState, Micros
from sms_notify.store import Store, accounts, outbox, settling
from sms_notify.store import words as store_words
from sms_notify.store.sql import Transaction, json_set

S = MessageState

TRIES_KEPT = 2
"""Of the tries while an account was failing: they were hardly the message's fault."""


def settle(
    store: Store, terms: Terms, flight: Flight, outcome: Outcome, now: Micros, rng: Random
) -> Settled:
    """Record how one flight ended; see settle_all."""
    return settle_all(store, terms, [(flight, outcome)], now, rng)[0]


def settle_all(
    store: Store, terms: Terms, landings: Sequence[Landing], now: Micros, rng: Random
) -> list[Settled]:
    """Record how flights ended, in one transaction, all or none. Raises StoreUnavailable.

    The same call again changes nothing. It may come late: after the lease was over, the messages
    were made uncertain and even sent again. Then it is evidence, as far as decide.py lets it count.
    """
    history = History(now)
    with store.writing() as tx:
        if len(landings) > 1 and not store.is_sqlite:
            tx.run(settling.LOCK, requests=_requests(landings))
        work = _Settling(tx, terms, now, rng, history)
        ended = [each for some in _apart(landings) for each in work.messages(some)]
        settled = work.what_follows(ended)
        history.write(tx)
    return settled + [Settled(again=True)] * (len(landings) - len(ended))


def _apart(landings: Sequence[Landing]) -> list[list[Landing]]:
    """By request; a message of two of them, sent a second time, is settled one after the other."""
    parts: list[list[Landing]] = []
    seen: set[int] = set()
    for landing in sorted(landings, key=lambda each: each[0].request):
        messages = set(landing[0].messages)
        if not parts or messages & seen or landing[1].came is Came.forbidden_word:
            parts.append([])
            seen = set()
        parts[-1].append(landing)
        seen |= messages
    return parts


def _requests(landings: Sequence[Landing]) -> str:
    return json_set(sorted(flight.request for flight, _outcome in landings))


class _Settling:
    """First the messages of all flights, then what follows from them: timers, accounts, usage."""

    def __init__(
        self, tx: Transaction, terms: Terms, now: Micros, rng: Random, history: History
    ) -> None:
        self._tx = tx
        self._terms = terms
        self._now = now
        self._rng = rng
        self._history = history

    def messages(self, landings: Sequence[Landing]) -> list[Ended]:
        """Of flights of which no two have a message in common, each step once for all of them."""
        ours = self._end(landings)
        flown = self._flown(ours)
        ended = [
            self._decided(flight, outcome, flown[flight.request])
            for flight, outcome in landings
            if flight.request in ours
        ]
        self._write(ended)
        return ended

    def what_follows(self, ended: Sequence[Ended]) -> list[Settled]:
        """In the order of locks, see store/outbox.py."""
        steps = self._failed(ended)
        due = {incident for some in steps for incident in some}
        look_for_reports(self._tx, _phones(ended), due, self._now)
        turned = turns(self._tx, [(e.flight, e.outcome) for e in ended], self._history, self._now)
        bill(self._tx, self._terms, ended, self._now)
        if any(each.closed for each in turned):
            self._tx.run(accounts.RELEASE, now=self._now, fewer=TRIES_KEPT)
        told = zip(ended, turned, steps, strict=True)
        return [each.told(turn, incidents) for each, turn, incidents in told]

    def _end(self, landings: Sequence[Landing]) -> set[int]:
        """The requests that had no known end until now."""
        rows = [
            (flight.request, said.came.value, _answer(said), said.host, flight.started_at)
            for flight, said in landings
        ]
        found = self._tx.all(
            settling.END_REQUESTS,
            ended=json_set(rows),
            of_owner=self._terms.owner,
            now=self._now,
        )
        return {row[0] for row in found}

    def _flown(self, requests: set[int]) -> dict[int, list[Flown]]:
        found: dict[int, list[Flown]] = {number: [] for number in requests}
        if requests:
            for request, *row in self._tx.all(settling.FLOWN, requests=json_set(sorted(requests))):
                found[request].append(Flown(*row))
        return found

    def _decided(self, flight: Flight, outcome: Outcome, flown: Sequence[Flown]) -> Ended:
        written = None
        if outcome.came is Came.forbidden_word:
            numbers = [one.id for one in flown]
            written = words.after_refusal(
                self._tx, self._terms, flight, outcome.word, numbers, self._history, self._now
            )
        last_ok = _last_ok(self._tx, flight) if outcome.came is Came.unknown else None
        moves = []
        for one in flown:
            worn = last_ok is not None and _second_try(self._tx, one) <= last_ok
            case = Case(one, outcome, len(flown), self._rng, worn, written is not None)
            move = decide(case, flight.request)
            if move is not None:
                moves.append((one, move))
        return Ended(flight, outcome, tuple(flown), tuple(moves), written)

    def _write(self, ended: Sequence[Ended]) -> None:
        tx = self._tx
        tx.many(settling.PROVIDER_ID, [row for each in ended for row in each.taught()])
        for target, statement in _MOVES.items():
            rows = [
                self._values(each, one, move)
                for each in ended
                for one, move in each.moved_to(target)
            ]
            tx.many(statement, sorted(rows, key=itemgetter("of_id")))
        tx.many(store_words.RETEXT, [row for each in ended for row in each.rewritten()])
        for each in ended:
            each.write_history(self._history)

    def _values(self, ended: Ended, one: Flown, move: Move) -> dict[str, object]:
        """The parameters of the statement in _MOVES."""
        settings = self._terms.settings
        match move.target:
            case S.sent:
                waits = self._terms.reports(ended.flight.gateway)
                check = self._now + settings.report_timeout if waits else None
                provider = ended.ids.get(one.id)
                return {"of_id": one.id, "provider": provider, "now": self._now, "check": check}
            case S.failed:
                return {"of_id": one.id, "to_reason": move.reason}
            case S.uncertain:
                check = self._now + settings.uncertain_after
                waits_for = {"check": check, "orphans": 0}
                return {"of_id": one.id, "to_reason": move.reason, **waits_for}
            case _:
                later = self._now + move.wait
                return {"of_id": one.id, "later": later, "of_tries": move.tries, "again": 0}

    def _failed(self, ended: Sequence[Ended]) -> list[tuple[int, ...]]:
        """A failed page is for escalation to act on, at once: the incidents of each flight."""
        failed = [
            sorted(one.id for one, _move in each.moved_to(S.failed) if one.page) for each in ended
        ]
        return [self._incidents(messages) for messages in failed]

    def _incidents(self, messages: Sequence[int]) -> tuple[int, ...]:
        if not messages:
            return ()
        return tuple(row[0] for row in self._tx.all(settling.CARRIED, messages=json_set(messages)))


_MOVES = {
    S.sent: outbox.SENT,
    S.failed: outbox.FAILED,
    S.uncertain: outbox.UNCERTAIN,
    S.queued: outbox.QUEUED,
}


def _answer(said: Outcome) -> str:
    return f"{said.reason} {said.detail}".strip()


def _phones(ended: Sequence[Ended]) -> dict[str, list[str]]:
    """The phones of each account."""
    found: dict[str, list[str]] = {}
    for each in ended:
        found.setdefault(each.flight.account, []).extend(each.flight.phones)
    return found


def _last_ok(tx: Transaction, flight: Flight) -> Micros | None:
    row = tx.one(accounts.LAST_OK, of_account=flight.account)
    return row[0] if row else None


def _second_try(tx: Transaction, one: Flown) -> Micros:
    """When it was sent for the second time; the far future while it has tries left anyway.

    The first one says nothing: it may have left just as the account began to fail.
    """
    row = tx.one(settling.SECOND_TRY, of_id=one.id) if one.tries + 1 >= UNKNOWN_TRIES else None
    return row[0] if row else 1 << 62
