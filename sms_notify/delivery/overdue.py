"""What waits in the outbox and for how long: evidence, leases, expiry, ageing, a dead gateway."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sms_notify.delivery import purse
from sms_notify.delivery.circuit import first_up, read_accounts, to_probe
from sms_notify.delivery.flight import FRESH, History, Terms, look_for_reports
from sms_notify.delivery.reserve import freed
from sms_notify.model import Level, MessageState, Micros
from sms_notify.store import Store, outbox, overdue
from sms_notify.store.sql import Transaction, json_set

MOST_ORPHANED = 3
"""Sends whose owner died that do not use up the one second send of an uncertain page."""
BATCH = 500
"""Rows taken at once, so that no transaction holds up the others for long."""


@dataclass(frozen=True, slots=True)
class Unproved:
    """An uncertain message whose time for evidence is over, in the order of its columns."""

    id: int
    level: int
    tries: int
    resent: int
    orphaned: int
    page: bool
    outcome: str


def uncertain_due(store: Store, terms: Terms, now: Micros) -> int:
    """No evidence came in time: pages that are bad enough go out once more, others stay listed.

    Returns how many were looked at; an uncertain message without `check_at` is decided.
    """
    history = History(now)
    with store.writing() as tx:
        rows = tx.all(overdue.UNCERTAIN_DUE, now=now, most=BATCH)
        for row in rows:
            _one_unproved(tx, terms, Unproved(*row), history, now)
        history.write(tx)
    return len(rows)


def _one_unproved(
    tx: Transaction, terms: Terms, one: Unproved, history: History, now: Micros
) -> None:
    again = second_send(one, terms.settings.resend_uncertain)
    if again is None:
        tx.run(overdue.STOP_CHECKING, of_id=one.id)
        history.message(one.id, "unproved", "no evidence came; it may or may not have arrived")
        return
    tx.run(outbox.QUEUED, of_id=one.id, later=now, of_tries=one.tries, again=again)
    history.message(one.id, "queued", "no evidence came: it goes out once more, alone")


def second_send(one: Unproved, least: Level | None) -> int | None:
    """What another send adds to `resent`: 1, 0 if the owner of the last one died, None: no send."""
    if not one.page or least is None or one.level < least:
        return None
    if one.outcome == outbox.LOST and one.orphaned <= MOST_ORPHANED:
        return 0
    return 1 if one.resent == 0 else None


def recover(store: Store, terms: Terms, now: Micros, alive: Collection[int]) -> list[int]:
    """Transaction L: requests whose lease is over and that are not in the air in this process.

    Nobody will tell what they came to: their messages become uncertain. Returns their ids.
    """
    history = History(now)
    with store.writing() as tx:
        over = tx.all(overdue.LEASES_OVER, now=now, most=BATCH)
        lost = [(request, account) for request, account in over if request not in alive]
        phones: dict[str, list[str]] = {}
        for request, account in lost:
            tx.run(overdue.END_LOST, of_request=request, now=now)
            phones.setdefault(account, []).extend(_lose(tx, terms, request, history, now))
        look_for_reports(tx, phones, (), now)
        for account in sorted(phones):
            purse.read_soon(tx, terms, account, now)
        history.write(tx)
    return [request for request, _account in lost]


def _lose(tx: Transaction, terms: Terms, request: int, history: History, now: Micros) -> list[str]:
    """Its messages that nobody settled are uncertain now; their phones."""
    check = now + terms.settings.uncertain_after
    found = tx.all(overdue.SENDING, of_request=request)
    sending = [number for number, _phone in found]
    rows = [
        {"of_id": number, "to_reason": "owner_died", "check": check, "orphans": 1}
        for number in sending
    ]
    tx.many(outbox.UNCERTAIN, rows)
    for number in sending:
        history.message(number, "uncertain", f"request {request}: its sender died")
    return [phone for _number, phone in found]


def expire(store: Store, now: Micros) -> list[str]:
    """End what waited too long; a page never ends so: returns the people to judge again."""
    history = History(now)
    with store.writing() as tx:
        rows = tx.all(overdue.EXPIRED_DUE, now=now, most=BATCH)
        ended = [number for number, _person, page in rows if not page]
        tx.many(outbox.EXPIRED, [{"of_id": number, "to_reason": "waited"} for number in ended])
        for number in ended:
            history.message(number, MessageState.expired, "it waited too long to be news")
        history.write(tx)
    return sorted({person for _number, person, page in rows if page})


def aged(store: Store, now: Micros) -> list[str]:
    """People whose queued messages were decided too long ago: to be judged again before a claim."""
    with store.reading() as tx:
        return sorted({row[0] for row in tx.all(overdue.AGED, now=now, fresh=now - FRESH)})


def returned(store: Store, terms: Terms, now: Micros) -> list[str]:
    """People with messages held for a gateway or its balance, now that one works or there is
    enough: to be judged again."""
    with store.reading() as tx:
        known = read_accounts(tx, terms, now)
        up = first_up(terms, known)
        if up is None:
            return []
        found = {row[0] for row in tx.all(overdue.HELD_PEOPLE)}
        return sorted(found.union(freed(tx, terms, up)))


@dataclass(frozen=True, slots=True)
class Due:
    """When each function here, and `claim`, next has something to do; None: not as things stand."""

    claim: Micros | None = None
    judge: Micros | None = None  # aged, returned
    expire: Micros | None = None
    unproved: Micros | None = None  # uncertain_due
    recover: Micros | None = None

    def next(self, *, room: bool = True) -> Micros | None:
        """The earliest; without `room` for a flight, a claim does not count."""
        dues = [self.judge, self.expire, self.unproved, self.recover]
        dues += [self.claim] if room else []
        return min((due for due in dues if due is not None), default=None)


def what_is_due(
    store: Store, terms: Terms, now: Micros, alive: Collection[int] = frozenset()
) -> Due:
    """One read that saves the transactions which would find nothing; `alive` as for `recover`."""
    with store.reading() as tx:
        known = read_accounts(tx, terms, now)
        row = tx.one(overdue.NEXT, fresh=now - FRESH, ages=FRESH, alive=json_set(sorted(alive)))
        up = first_up(terms, known)
        returns = up is not None and bool((row and row[6]) or freed(tx, terms, up))
    assert row is not None  # noqa: S101 — a select of scalars has one row
    ready, may_probe, ageing, expiring, unproved, lease, held = row
    claims = [ready] if up else []
    probe_from = now if held else may_probe
    if probe_from is not None:
        probed = to_probe(terms, known)
        claims += [max(known[account].probe_at or 0, probe_from) for account in probed]
    return Due(
        claim=min((at for at in claims if at is not None), default=None),
        judge=now if returns else ageing,
        expire=expiring,
        unproved=unproved,
        recover=lease,
    )


def next_due(
    store: Store,
    terms: Terms,
    now: Micros,
    alive: Collection[int] = frozenset(),
    *,
    room: bool = True,
) -> Micros | None:
    """When delivery next has something to do, `now` or earlier: at once; see Due."""
    return what_is_due(store, terms, now, alive).next(room=room)
