"""Settle (transaction S): what a send came to, for its messages, its account and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from sms_notify.delivery import purse, words
from sms_notify.delivery.circuit import Turn, turn
from sms_notify.delivery.decide import UNKNOWN_TRIES, Case, Flown, Move, decide
from sms_notify.delivery.flight import Flight, History, Terms, add_usage, look_for_reports
from sms_notify.gateways import Came, Outcome
from sms_notify.model import MessageState, Micros
from sms_notify.store import Store, accounts, locking, outbox
from sms_notify.store import purse as store_purse
from sms_notify.store import words as store_words
from sms_notify.store.sql import Transaction, json_set

S = MessageState

NOT_TAKEN = frozenset(
    {Came.rejected, Came.forbidden_word, Came.account_down, Came.busy, Came.unreached}
)
"""Nothing was billed."""
TRIES_KEPT = 2
"""Of the tries while an account was failing: they were hardly the message's fault."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a settle changed. `moved`: (message, new state). `again`: it was settled before.

    `closed`: the account works again, so `returned` has people to judge; `opened`: it went down.
    `steps`: incidents whose next step is now due, because a page failed.
    """

    moved: tuple[tuple[int, MessageState], ...] = ()
    opened: bool = False
    closed: bool = False
    steps: tuple[int, ...] = ()
    again: bool = False
    failed: tuple[tuple[int, str], ...] = ()
    """(message, why) of those in `moved` that failed."""
    account: str = ""
    trouble: str = ""
    """Why the account went down: a slug of circuit.py."""


Landing = tuple[Flight, Outcome]


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
            _lock(tx, landings)
        settled = [
            _settle(tx, terms, flight, outcome, now, rng, history)
            for flight, outcome in sorted(landings, key=lambda landing: landing[0].request)
        ]
        history.write(tx)
    return settled


def _lock(tx: Transaction, landings: Sequence[Landing]) -> None:
    """All that is settled together, in the order of locks: one flight after the other would hold
    the account while it waits for a message of the next, whose report another process judges."""
    requests = json_set(sorted(flight.request for flight, _outcome in landings))
    for statement in (locking.REQUESTS, locking.FLOWN):
        tx.run(statement, requests=requests)


def _settle(
    tx: Transaction,
    terms: Terms,
    flight: Flight,
    outcome: Outcome,
    now: Micros,
    rng: Random,
    history: History,
) -> Settled:
    said = f"{outcome.reason} {outcome.detail}".strip()
    ours = tx.run(
        outbox.END_REQUEST, of_request=flight.request, now=now, came=outcome.came.value,
        said=said, of_host=outcome.host,
    )  # fmt: skip
    if not ours:
        return Settled(again=True)
    flown = [Flown(*row) for row in tx.all(outbox.FLOWN, of_request=flight.request)]
    written = None
    if outcome.came is Came.forbidden_word:
        ids_flown = [one.id for one in flown]
        written = words.after_refusal(tx, terms, flight, outcome.word, ids_flown, history, now)
    moves = _decided(tx, flight, outcome, flown, rng, rewritten=written is not None)
    ids = _provider_ids(flight, outcome)
    tx.many(outbox.PROVIDER_ID, _taught(flight, flown, ids))
    _write_moves(tx, terms, flight.gateway, moves, ids, now)
    if written is not None:
        again = [one.id for one, move in moves if move.again]
        tx.many(store_words.RETEXT, [written.values(number) for number in again])
    _write_history(history, outcome, flown, moves)
    turned = turn(tx, flight, outcome, history, now)
    _spend(tx, terms, flight, outcome, now)
    if outcome.came in NOT_TAKEN and flight.segments:
        used = [(each.receiver, each.person, each.segments) for each in flown]
        add_usage(tx, terms.day(flight.started_at), used, sign=-1)
    if turned.closed:
        tx.run(accounts.RELEASE, now=now, fewer=TRIES_KEPT)
    look_for_reports(tx, flight.account, flight.phones, now)
    told = _told(moves, turned, _due_steps(tx, moves, now))
    trouble = (outcome.reason or outcome.came.value) if turned.opened else ""
    return replace(told, account=flight.account, trouble=trouble)


def _spend(tx: Transaction, terms: Terms, flight: Flight, outcome: Outcome, now: Micros) -> None:
    """Keep the ledger of a prepaid account; what is uncertain has it read soon."""
    if flight.account not in purse.prepaid(terms):
        return
    if outcome.left is not None:
        tx.run(
            store_purse.SET_PURSE, of_account=flight.account, to_left=outcome.left, to_exact=0,
            to_at=now,
        )  # fmt: skip
    spent = outcome.accepted * flight.segments if outcome.came is Came.accepted else 0
    soon = outcome.came is Came.uncertain or outcome.reason in purse.REOPENS
    if spent or soon:
        sooner = now + purse.EVIDENCE_AFTER if soon else purse.NEVER
        tx.run(store_purse.SPENT, of_account=flight.account, segments=spent, sooner=sooner, now=now)


def _told(moves: Sequence[tuple[Flown, Move]], turned: Turn, steps: Sequence[int]) -> Settled:
    moved = tuple((one.id, move.target) for one, move in moves)
    ended = [(one.id, move) for one, move in moves if move.target is S.failed]
    failed = tuple((number, f"{move.reason}: {move.detail}") for number, move in ended)
    return Settled(moved, turned.opened, turned.closed, tuple(steps), failed=failed)


def _decided(
    tx: Transaction,
    flight: Flight,
    outcome: Outcome,
    flown: Sequence[Flown],
    rng: Random,
    *,
    rewritten: bool = False,
) -> list[tuple[Flown, Move]]:
    last_ok = _last_ok(tx, flight) if outcome.came is Came.unknown else None
    moves = []
    for one in flown:
        worn = last_ok is not None and _second_try(tx, one) <= last_ok
        case = Case(one, outcome, len(flown), rng, worn, rewritten)
        move = decide(case, flight.request)
        if move is not None:
            moves.append((one, move))
    return moves


def _last_ok(tx: Transaction, flight: Flight) -> Micros | None:
    row = tx.one(accounts.LAST_OK, of_account=flight.account)
    return row[0] if row else None


def _second_try(tx: Transaction, one: Flown) -> Micros:
    """When it was sent for the second time; the far future while it has tries left anyway.

    The first one says nothing: it may have left just as the account began to fail.
    """
    row = tx.one(outbox.SECOND_TRY, of_id=one.id) if one.tries + 1 >= UNKNOWN_TRIES else None
    return row[0] if row else 1 << 62


def _write_moves(
    tx: Transaction,
    terms: Terms,
    gateway: str,
    moves: Sequence[tuple[Flown, Move]],
    ids: Mapping[int, str],
    now: Micros,
) -> None:
    by = {target: [pair for pair in moves if pair[1].target is target] for target in S}
    report_by = now + terms.settings.report_timeout if terms.reports(gateway) else None
    tx.many(
        outbox.SENT,
        [
            {"of_id": one.id, "provider": ids.get(one.id), "now": now, "check": report_by}
            for one, _move in by[S.sent]
        ],
    )
    tx.many(
        outbox.FAILED, [{"of_id": one.id, "to_reason": move.reason} for one, move in by[S.failed]]
    )
    check = now + terms.settings.uncertain_after
    tx.many(
        outbox.UNCERTAIN,
        [
            {"of_id": one.id, "to_reason": move.reason, "check": check, "orphans": 0}
            for one, move in by[S.uncertain]
        ],
    )
    tx.many(
        outbox.QUEUED,
        [
            {"of_id": one.id, "later": now + move.wait, "of_tries": move.tries, "again": 0}
            for one, move in by[S.queued]
        ],
    )


def _provider_ids(flight: Flight, outcome: Outcome) -> dict[int, str]:
    """Message → the id under which the gateway knows it; one id may stand for the whole batch."""
    ids = outcome.provider_ids
    if len(ids) == 1:
        ids *= len(flight.messages)
    return dict(zip(flight.messages, ids, strict=False))


def _taught(
    flight: Flight, flown: Sequence[Flown], ids: Mapping[int, str]
) -> list[dict[str, object]]:
    """Every attempt learns its id, whatever became of the message: reports match by it."""
    return [
        {"of_id": one.id, "of_request": flight.request, "provider": ids[one.id]}
        for one in flown
        if one.id in ids
    ]


def _write_history(
    history: History,
    outcome: Outcome,
    flown: Sequence[Flown],
    moves: Sequence[tuple[Flown, Move]],
) -> None:
    moved = {one.id: move for one, move in moves}
    via = f"via {outcome.host}" if outcome.host else "no host"
    said = " ".join(part for part in (outcome.reason, outcome.detail) if part)
    for one in flown:
        move = moved.get(one.id)
        if move is None:
            history.message(one.id, "late", f"{outcome.came} {via}: {said}; it stays {one.state}")
        else:
            parts = (move.detail, f"{outcome.came} {via}", said)
            history.message(one.id, move.target, ", ".join(part for part in parts if part))


def _due_steps(tx: Transaction, moves: Sequence[tuple[Flown, Move]], now: Micros) -> list[int]:
    """A failed page is for escalation to act on, at once."""
    failed = [one.id for one, move in moves if move.target is S.failed and one.page]
    if not failed:
        return []
    incidents = [row[0] for row in tx.all(outbox.CARRIED, messages=json_set(failed))]
    rows = [{"kind": "step", "key": str(number), "due_at": now} for number in incidents]
    tx.many(outbox.TIMER_NOW, rows)
    return incidents
