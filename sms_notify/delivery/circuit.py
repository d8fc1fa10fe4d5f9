"""When an account is down, and when it is asked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from sms_notify.delivery.flight import Flight, History, Terms
from sms_notify.gateways import Came, Gateway, Outcome
from sms_notify.model import MINUTE, SECOND, Micros
from sms_notify.store import accounts
from sms_notify.store.sql import Transaction, json_set

DOWN_AFTER = 10 * SECOND
"""Down when every send of so long ended in FAILING."""
FAILING = frozenset({Came.unreached, Came.busy, Came.unknown})
WORKING = frozenset({Came.accepted, Came.rejected, Came.forbidden_word})
LOCKED_REASONS = frozenset({"login", "locked", "balance"})
PROBE_LOCKED_EVERY = MINUTE
MOST_BETWEEN_PROBES = 10 * SECOND
OK_EVERY = SECOND
"""`last_ok_at` is not written more often."""


@dataclass(frozen=True, slots=True)
class Account:
    """One row of `gateway`, in the order of its columns; `circuit` is `closed` or `open`."""

    account: str
    circuit: str = "closed"
    reason: str = ""
    changed_at: Micros = 0
    failing_since: Micros | None = None
    probes: int = 0
    probe_at: Micros | None = None
    last_ok_at: Micros | None = None

    @property
    def down(self) -> bool:
        return self.circuit == "open"


def between_probes(reason: str, probes: int) -> Micros:
    """1, 2, 4 … 10 s for an account that fails; a minute for one that refuses us."""
    if reason in LOCKED_REASONS:
        return PROBE_LOCKED_EVERY
    return min(SECOND << min(probes, 4), MOST_BETWEEN_PROBES)


def after(was: Account, flight: Flight, outcome: Outcome, now: Micros) -> Account:
    """The account after one send. Pure.

    What was sent before the account went down says nothing about it now, unless it is a probe;
    an uncertain send says nothing at all.
    """
    if outcome.came is Came.account_down and covers_some(outcome, flight):
        return was
    if outcome.came is Came.account_down:
        return _refused(was, flight, outcome.reason, now)
    if outcome.came in WORKING and outcome.host:
        return _worked(was, flight, outcome, now)
    if was.down:
        return _probed_in_vain(was, now) if flight.probe else was
    return _failed(was, flight, outcome, now) if outcome.came in FAILING else was


def covers_some(outcome: Outcome, flight: Flight) -> bool:
    """The balance does not cover this request, but a smaller one."""
    left = outcome.left
    return left is not None and len(flight.messages) > 1 and left >= flight.segments


def _refused(was: Account, flight: Flight, reason: str, now: Micros) -> Account:
    if was.down and was.reason == reason:
        return _probed_in_vain(was, now) if flight.probe else was
    return _opened(was, reason, now)


def _worked(was: Account, flight: Flight, outcome: Outcome, now: Micros) -> Account:
    if not was.down:
        stale = was.last_ok_at is None or now - was.last_ok_at >= OK_EVERY
        if was.failing_since is None and not stale:
            return was
        return replace(was, failing_since=None, last_ok_at=now)
    proof = flight.probe or flight.started_at >= was.changed_at
    if not proof:
        return was
    if was.reason in LOCKED_REASONS and outcome.came is not Came.accepted:
        return _probed_in_vain(was, now) if flight.probe else was
    return Account(was.account, changed_at=now, last_ok_at=now)


def _failed(was: Account, flight: Flight, outcome: Outcome, now: Micros) -> Account:
    since = was.failing_since
    if since is None:
        since = max(flight.started_at, was.last_ok_at or 0)
    if now - since >= DOWN_AFTER:
        return replace(_opened(was, outcome.came.value, now), failing_since=since)
    return replace(was, failing_since=since)


def _opened(was: Account, reason: str, now: Micros) -> Account:
    probe_at = now + between_probes(reason, 0)
    return replace(was, circuit="open", reason=reason, changed_at=now, probes=0, probe_at=probe_at)


def _probed_in_vain(was: Account, now: Micros) -> Account:
    probes = was.probes + 1
    return replace(was, probes=probes, probe_at=now + between_probes(was.reason, probes))


def read_accounts(tx: Transaction, terms: Terms, now: Micros) -> dict[str, Account]:
    """The row of each account of the gateways; one that is new is closed, and not yet stored."""
    names = sorted({gateway.account for gateway in terms.gateways})
    rows = tx.all(accounts.ACCOUNTS, accounts=json_set(names))
    found = {row[0]: Account(*row) for row in rows}
    return {name: found.get(name, Account(name, changed_at=now)) for name in names}


def first_up(terms: Terms, known: Mapping[str, Account]) -> Gateway | None:
    """What carries everything: the first whose account is not down."""
    return next((each for each in terms.gateways if not known[each.account].down), None)


def to_probe(terms: Terms, known: Mapping[str, Account]) -> dict[str, Gateway]:
    """By account, in order: what is down and would be used if it were not.

    Nothing is tried on a gateway that would not be used: a page would wait for it in vain.
    """
    found: dict[str, Gateway] = {}
    for gateway in terms.gateways:
        if not known[gateway.account].down:
            break
        found.setdefault(gateway.account, gateway)
    return found


@dataclass(frozen=True, slots=True)
class Turn:
    """What one send changed about its account."""

    opened: bool = False
    closed: bool = False


Landing = tuple[Flight, Outcome]


def turns(
    tx: Transaction, landings: Sequence[Landing], history: History, now: Micros
) -> list[Turn]:
    """Store what sends say about their accounts, one after the other.

    The row of an account is locked only to change it.
    """
    found = [Turn()] * len(landings)
    names = sorted({flight.account for flight, _outcome in landings})
    stored = {row[0]: Account(*row) for row in tx.all(accounts.ACCOUNTS, accounts=json_set(names))}
    for name in names:
        theirs = [number for number, (flight, _) in enumerate(landings) if flight.account == name]
        if name not in stored:
            tx.run(accounts.NEW_ACCOUNT, account=name, changed_at=now)
        elif not _changes(stored[name], [landings[number] for number in theirs], now):
            continue
        row = tx.one(accounts.ONE_ACCOUNT, of_account=name)
        was = Account(*row) if row else Account(name, changed_at=now)
        for number in theirs:
            flight, outcome = landings[number]
            made = after(was, flight, outcome, now)
            found[number] = _told(was, made, flight, history)
            was = made
        tx.run(accounts.SET_ACCOUNT, of_account=name, **_columns(was))
    return found


def _changes(was: Account, landings: Sequence[Landing], now: Micros) -> bool:
    """Once one of them changes it, those after it meet another account."""
    return any(after(was, flight, outcome, now) != was for flight, outcome in landings)


def _columns(account: Account) -> dict[str, object]:
    named = {each.name: getattr(account, each.name) for each in fields(account)}
    del named["account"]
    return {f"to_{name}": value for name, value in named.items()}


def _told(was: Account, made: Account, flight: Flight, history: History) -> Turn:
    opened, closed = made.down and not was.down, was.down and not made.down
    if made.down and was.reason != made.reason:
        history.gateway("down", f"{flight.gateway}: {made.reason}")
    if closed:
        history.gateway("up", flight.gateway)
    return Turn(opened, closed)
