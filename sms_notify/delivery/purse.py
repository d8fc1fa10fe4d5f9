"""Prepaid balances: read when due, kept as a ledger, taken as evidence, short of which we warn.

due → begin (committed) → read → weigh (committed): what it proves, and what is to be said
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from sms_notify.delivery.evidence import Doubt, Ledger, Proof, weigh
from sms_notify.delivery.flight import History, Terms, add_usage, day_of, start_of
from sms_notify.gateways import Balance, Gateway, Prepaid, Told
from sms_notify.model import DAY, MINUTE, SECOND, MessageState, Micros
from sms_notify.store import Store, accounts, outbox
from sms_notify.store import purse as sql
from sms_notify.store.sql import Row, Transaction, json_set

EVIDENCE_AFTER: Micros = 10 * SECOND
"""A gateway that is slow may still take what it did not answer: so long it is not asked."""
LEASES = 3
DOWN_EVERY: Micros = MINUTE
WARN_EVERY: Micros = DAY
FORECAST_DAYS = 7
NEVER = 1 << 62
REOPENS = frozenset({"login", "balance"})
"""Why an account was down that a reading proves to be over; of a lock it says nothing."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A question for the balance that is committed."""

    request: int
    gateway: str
    account: str
    started_at: Micros


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a reading came to. `low`: below `warn_below`, and the operator is to hear of it now;
    `days_left` at the pace of the last days, None where nothing was sent."""

    account: str
    left: int = -1
    low: bool = False
    days_left: int | None = None
    shared: bool = False
    closed: bool = False
    more: bool = False
    """It was topped up: what was kept back may go."""
    moved: tuple[tuple[int, MessageState], ...] = ()


def prepaid(terms: Terms) -> dict[str, Prepaid]:
    """By account: the first gateway of it that has a balance which is read."""
    return _prepaid(terms.gateways)


@lru_cache(maxsize=4)
def _prepaid(gateways: tuple[Gateway, ...]) -> dict[str, Prepaid]:
    """Worked out once: to ask whether an object follows a protocol costs more than a statement."""
    found = [each for each in gateways if isinstance(each, Prepaid) and each.purse.every > 0]
    return {each.account: each for each in reversed(found)}


def next_reading(store: Store, terms: Terms) -> Micros | None:
    """When a balance is to be read next; 0: at once."""
    sources = prepaid(terms)
    if not sources:
        return None
    with store.reading() as tx:
        known = {row[0]: row[1] for row in tx.all(sql.DUE, accounts=json_set(sorted(sources)))}
    return min(known.get(account) or 0 for account in sources)


def begin(store: Store, terms: Terms, now: Micros) -> list[Reading]:
    """Take the turn for every balance that is due, before anything is asked."""
    readings = []
    with store.writing() as tx:
        for account, gateway in sorted(prepaid(terms).items()):
            until = now + LEASES * gateway.patience
            tx.run(accounts.NEW_ACCOUNT, account=account, changed_at=now)
            if not tx.run(sql.TAKE_TURN, of_account=account, now=now, until=until):
                continue
            row = tx.one(
                sql.ASKING, gateway=gateway.name, account=account, owner=terms.owner,
                lease_until=until, started_at=now,
            )  # fmt: skip
            assert row is not None  # noqa: S101 — INSERT … RETURNING gives its row
            readings.append(Reading(row[0], gateway.name, account, now))
    return readings


def read(terms: Terms, reading: Reading) -> Balance:
    """Ask the gateway. Never raises an Exception."""
    gateway = terms.gateway(reading.gateway)
    if not isinstance(gateway, Prepaid):
        return Balance(Told.unreached, reason="no_gateway")
    try:
        return gateway.balance()
    except Exception as error:
        return Balance(Told.unreached, reason=type(error).__name__)


def apply(store: Store, terms: Terms, reading: Reading, balance: Balance, now: Micros) -> Weighed:
    """Record a reading and settle what it proves; what is to be said. Raises StoreUnavailable."""
    history = History(now)
    with store.writing() as tx:
        said = f"{balance.left if balance.told is Told.left else balance.reason} {balance.detail}"
        ours = tx.run(
            sql.ASKED, of_request=reading.request, now=now, came=balance.told.value,
            said=said.strip(), of_host=balance.host,
        )  # fmt: skip
        row = tx.one(sql.PURSE, of_account=reading.account)
        if not ours or row is None:
            return Weighed(reading.account)
        weighed = Weighed(reading.account)
        if balance.told is Told.left:
            weighed = _applied(tx, terms, reading, balance.left, row, history, now)
        _plan_next(tx, terms, reading, row, closed=weighed.closed, now=now)
        history.write(tx)
    return weighed


def _plan_next(
    tx: Transaction, terms: Terms, reading: Reading, row: Row, *, closed: bool, now: Micros
) -> None:
    """As configured; every minute while the account is down for what a reading may end."""
    gateway = prepaid(terms).get(reading.account)
    every = gateway.purse.every if gateway else DAY
    if row[7] == "open" and row[8] in REOPENS and not closed:
        every = min(every, DOWN_EVERY)
    tx.run(sql.NEXT_READING, of_account=reading.account, to_due=now + every)


def _applied(
    tx: Transaction,
    terms: Terms,
    reading: Reading,
    left: int,
    row: Row,
    history: History,
    now: Micros,
) -> Weighed:
    _account, was_left, spent, exact, at, shared_at, warned_at, circuit, reason = row
    was = Ledger(was_left, spent, bool(exact) and shared_at is None)
    since = at or 0
    base = tx.one(
        sql.LAST_READING, of_account=reading.account, at=since, of_request=reading.request
    )
    last, was_read = base or (None, None)
    if last is not None and last > reading.request:  # a later one was weighed before it
        return Weighed(reading.account)
    doubts, quiet, blur = _doubts(tx, reading, since, last, was_read)
    proof = weigh(was, left, doubts, quiet=quiet, blur=blur)
    moved = _settle(tx, terms, reading, proof, history, now)
    if proof.topped_up and was.available is not None:
        history.gateway("topped_up", f"{reading.account}: {proof.topped_up} more")
    if proof.shared and shared_at is None:
        history.gateway("shared", f"{reading.account}: others spend from this balance: no evidence")
    low, days = _low(tx, terms, reading, left, warned_at, now)
    tx.run(
        sql.SET_PURSE, of_account=reading.account, to_left=left, to_exact=int(proof.exact),
        to_at=reading.started_at,
    )  # fmt: skip
    tx.run(
        sql.SET_TOLD, of_account=reading.account, to_shared=_shared_since(proof, shared_at, now),
        to_warned=now if low else warned_at,
    )  # fmt: skip
    closed = circuit == "open" and reason in REOPENS and left > 0
    if closed:
        _close(tx, reading, history, now)
    newly_shared = proof.shared and shared_at is None
    more = proof.topped_up > 0
    return Weighed(reading.account, left, low, days, newly_shared, closed, more, moved)


def _shared_since(proof: Proof, shared_at: Micros | None, now: Micros) -> Micros | None:
    """A day without a mismatch, and the balance is ours alone again."""
    if proof.shared:
        return now
    return None if shared_at is not None and now - shared_at >= DAY else shared_at


def _doubts(
    tx: Transaction, reading: Reading, since: Micros, last: int | None, was_read: Micros | None
) -> tuple[list[Doubt], bool, int]:
    """Sends without a known end since the reading of `since`; whether nothing was under way; and
    the segments of what was under way, in which either reading may err."""
    account, began = reading.account, reading.started_at
    restless = tx.one(
        sql.RESTLESS, of_account=account, horizon=began - DAY, began=began,
        of_request=reading.request,
    )  # fmt: skip
    rows = tx.all(
        sql.DOUBTS, of_account=account, horizon=since - DAY, ripe=since - EVIDENCE_AFTER,
        last=NEVER if last is None else last,
    )  # fmt: skip
    blur = tx.one(
        sql.BLUR, of_account=account, horizon=min(since, began) - DAY, since=since, began=began,
        was_read=since if was_read is None else was_read,
    )  # fmt: skip
    ripe = all(row[4] <= began - EVIDENCE_AFTER for row in rows)
    doubts = [Doubt(row[0], int(row[1]), row[2] == row[3]) for row in rows]
    return doubts, ripe and not any(restless or ()), int(blur[0]) if blur else 0


def _settle(
    tx: Transaction, terms: Terms, reading: Reading, proof: Proof, history: History, now: Micros
) -> tuple[tuple[int, MessageState], ...]:
    request = proof.taken if proof.taken is not None else proof.not_taken
    if request is None:
        return ()
    rows = tx.all(sql.OF_REQUEST, of_request=request)
    if proof.taken is not None:
        check = now + terms.settings.report_timeout if terms.reports(reading.gateway) else None
        tx.many(
            outbox.SENT,
            [{"of_id": row[0], "provider": None, "now": now, "check": check} for row in rows],
        )
        for row in rows:
            history.message(row[0], "sent", "the balance fell by its price")
        return tuple((row[0], MessageState.sent) for row in rows)
    tx.many(
        outbox.QUEUED,
        [{"of_id": row[0], "later": now, "of_tries": row[4], "again": 0} for row in rows],
    )
    for day in {terms.day(row[5]) for row in rows}:  # it was counted on the day of its claim
        add_usage(tx, day, [(row[2], row[3], row[1]) for row in rows], sign=-1)
    for row in rows:
        history.message(row[0], "queued", "the balance did not fall: it was not taken")
    return tuple((row[0], MessageState.queued) for row in rows)


def _close(tx: Transaction, reading: Reading, history: History, now: Micros) -> None:
    tx.run(
        accounts.SET_ACCOUNT, of_account=reading.account, to_circuit="closed", to_reason="",
        to_changed_at=now, to_failing_since=None, to_probes=0, to_probe_at=None, to_last_ok_at=now,
    )  # fmt: skip
    tx.run(accounts.RELEASE, now=now, fewer=2)
    history.gateway("up", f"{reading.gateway}: the balance could be read")


def _low(
    tx: Transaction,
    terms: Terms,
    reading: Reading,
    left: int,
    warned_at: Micros | None,
    now: Micros,
) -> tuple[bool, int | None]:
    gateway = prepaid(terms).get(reading.account)
    days = forecast(tx, terms.zone, reading.account, left, now)
    if gateway is None or left >= gateway.purse.warn_below:
        return False, days
    return warned_at is None or now - warned_at >= WARN_EVERY, days


def forecast(tx: Transaction, zone: ZoneInfo, account: str, left: int, now: Micros) -> int | None:
    """Whole days until nothing is left at this account's pace of the last 7 whole days; None
    where nothing was sent in them."""
    today = day_of(now, zone)
    first, until = (start_of(day, zone) for day in (today - FORECAST_DAYS, today))
    row = tx.one(sql.USED, of_account=account, first=first, until=until)
    used, began = (int(row[0]), row[1]) if row else (0, None)
    if used <= 0 or began is None:
        return None
    return left * (today - day_of(began, zone)) // used


def read_soon(tx: Transaction, terms: Terms, account: str, now: Micros) -> None:
    """A send is uncertain: the next reading may tell."""
    if account in prepaid(terms):
        sooner = now + EVIDENCE_AFTER
        tx.run(sql.SPENT, of_account=account, segments=0, sooner=sooner, now=now)


def ask_again(store: Store, terms: Terms, now: Micros) -> None:
    """A password or an account may have been mended: probe what is down, read what is due."""
    with store.writing() as tx:
        for account in sorted({gateway.account for gateway in terms.gateways}):
            tx.run(sql.ASK_AGAIN, of_account=account, now=now)


def kept_people(store: Store) -> list[str]:
    """Those for whom a message is held because the rest is kept for critical ones."""
    with store.reading() as tx:
        return [row[0] for row in tx.all(sql.KEPT_PEOPLE)]


def ledgers(tx: Transaction, names: list[str]) -> Mapping[str, Ledger]:
    """What is known of the balances of these accounts."""
    rows = tx.all(sql.PURSES, accounts=json_set(names))
    return {row[0]: Ledger(row[1], row[2], bool(row[3])) for row in rows}
