"""Asking the gateway, and keeping its answer: transactions P1 and P2.

Reports are handed out once: the gateway marks them as fetched while it answers. So a row that says
"asking" is committed before the first byte leaves (P1), and what came is stored alone, whoever has
the lease by then (P2). A row that never gets an answer says that reports may be lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sms_notify.delivery.flight import History
from sms_notify.gateways import MOST_REPORTS, Fetched, Gateway, Polled, Reporting, read_reports
from sms_notify.model import HOUR, MINUTE, SECOND, Micros
from sms_notify.store import Store, accounts, polls
from sms_notify.store.sql import Transaction, json_set

WINDOW: Micros = HOUR
"""A report of a message younger than this is still to be expected."""
IDLE_TIMES = 30
LEAST_IDLE: Micros = 5 * MINUTE
"""With nothing outstanding we ask so many times more rarely, and at most this often."""
REFUSED: Micros = MINUTE
"""An account that refuses us is not asked more often than this."""
LEASES = 3
"""A poll without an answer is given up after so many times the longest that one can take."""
GRACE: Micros = 5 * SECOND


@dataclass(frozen=True, slots=True)
class Asking:
    """One poll: its row is committed. `every` is the configured pace."""

    request: int
    gateway: str
    account: str
    owner: str
    started_at: Micros
    every: Micros = 0


@dataclass(frozen=True, slots=True)
class _Turn:
    """The columns of store.polls.TURNS, in their order."""

    account: str
    polled_at: Micros | None = None
    poll_at: Micros | None = None
    owner: str | None = None
    until: Micros | None = None

    def due(self, every: Micros, outstanding: bool) -> Micros:
        pace = every if outstanding else max(LEAST_IDLE, IDLE_TIMES * every)
        paced = self.polled_at + pace if self.polled_at is not None else 0
        return max(paced, self.poll_at or 0, self.until or 0)


def reporting(gateways: Iterable[Gateway]) -> dict[str, Reporting]:
    """Account → the gateway through which it is polled: one poller an account, not a gateway."""
    found: dict[str, Reporting] = {}
    for gateway in gateways:
        if isinstance(gateway, Reporting) and gateway.poll.reports > 0:
            found.setdefault(gateway.account, gateway)
    return found


def due(tx: Transaction, sources: dict[str, Reporting], now: Micros) -> dict[str, Micros]:
    """When each account is to be asked next; in the past: at once."""
    turns = _turns(tx, sources)
    row = tx.one(polls.OUTSTANDING, since=now - WINDOW) if sources else None
    outstanding = bool(row and row[0])
    return {
        account: turns[account].due(gateway.poll.reports, outstanding)
        for account, gateway in sources.items()
    }


def _turns(tx: Transaction, sources: Iterable[str]) -> dict[str, _Turn]:
    names = sorted(sources)
    known = {row[0]: _Turn(*row) for row in tx.all(polls.TURNS, accounts=json_set(names))}
    return {name: known.get(name, _Turn(name)) for name in names}


def ask(store: Store, source: Reporting, owner: str, now: Micros) -> Asking | None:
    """P1: it is our turn and the row says so; None: it is not due, or another process asks.

    Raises StoreUnavailable, and then nothing may be asked.
    """
    with store.writing() as tx:
        if due(tx, {source.account: source}, now)[source.account] > now:
            return None
        seen = _turns(tx, [source.account])[source.account].polled_at
        tx.run(accounts.NEW_ACCOUNT, account=source.account, changed_at=now)
        until = now + source.poll_patience + GRACE
        if not tx.run(
            polls.TAKE_TURN, of_account=source.account, owner=owner, now=now, until=until,
            seen=-1 if seen is None else seen,
        ):  # fmt: skip
            return None
        row = tx.one(
            polls.ASK, gateway=source.name, account=source.account, owner=owner, started_at=now,
            lease_until=now + LEASES * source.poll_patience,
        )  # fmt: skip
    assert row is not None  # noqa: S101 — INSERT … RETURNING gives its row
    return Asking(row[0], source.name, source.account, owner, now, source.poll.reports)


def fetch(source: Reporting) -> Polled:
    """The GET. Never raises an Exception; only the type of one is kept: its text may hold a URL."""
    try:
        return source.reports()
    except Exception as error:
        return Polled(Fetched.lost, type(error).__name__)


def keep(store: Store, asking: Asking, polled: Polled, now: Micros) -> bool:
    """P2: the answer alone, whoever has the lease by now; True if it brought a page to apply.

    The same call again changes nothing. Raises StoreUnavailable: then call it again until it
    does not.
    """
    history = History(now)
    with store.writing() as tx:
        mine = {
            "of_request": asking.request, "of_account": asking.account,
            "of_start": asking.started_at,
        }  # fmt: skip
        if polled.came is Fetched.nothing:
            kept = tx.run(polls.FORGET, **mine)
        else:
            kept = tx.run(polls.KEEP, **mine, **_values(polled, now))
        if not kept and polled.came is Fetched.page and tx.one(polls.KNOWN, **mine) is None:
            kept = _keep_found(tx, asking, polled, now)
        if kept and polled.came is Fetched.lost:
            history.gateway("reports_lost", _lost_said(asking.account, polled.reason))
        again = asking.every if polled.came is not Fetched.account_down else REFUSED
        more = polled.came is Fetched.page and _full(polled)
        tx.run(
            polls.END_TURN, of_account=asking.account, owner=asking.owner,
            asked=None if more else asking.started_at, next=now if more else now + again,
        )  # fmt: skip
        history.write(tx)
    return bool(kept) and polled.came is Fetched.page


def _values(polled: Polled, now: Micros) -> dict[str, object]:
    waits = polled.came in (Fetched.page, Fetched.lost)  # not applied, or never to be
    said = polled.text or f"{polled.reason} {polled.detail}".strip()
    return {
        "now": now, "came": _outcome(polled), "said": said, "of_host": polled.host,
        "applied": None if waits else now,
    }  # fmt: skip


def _outcome(polled: Polled) -> str:
    return polls.CUT if polled.came is Fetched.page and not polled.whole else polled.came.value


def _full(polled: Polled) -> bool:
    """The gateway gave the most that it gives at once: there may be more."""
    return (read_reports(polled.text).claimed or 0) >= MOST_REPORTS


def _keep_found(tx: Transaction, asking: Asking, polled: Polled, now: Micros) -> int:
    return tx.run(
        polls.KEEP_FOUND, gateway=asking.gateway, account=asking.account, owner=asking.owner,
        started_at=asking.started_at, now=now, came=_outcome(polled), said=polled.text,
    )  # fmt: skip


def _lost_said(account: str, reason: str) -> str:
    return f"{account}: a poll got no answer ({reason}); reports may be lost"


def give_up_unanswered(store: Store, now: Micros) -> list[tuple[str, Micros]]:
    """Polls whose owner died before it could tell: (account, since when reports may be lost)."""
    history = History(now)
    with store.writing() as tx:
        lost = [(row[0], row[1]) for row in tx.all(polls.UNANSWERED, now=now)]
        for account, _since in lost:
            history.gateway("reports_lost", _lost_said(account, "its owner died"))
        history.write(tx)
    return lost
