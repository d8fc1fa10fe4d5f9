"""Asking the gateway, and keeping its answer: transactions P1 and P2.

Reports and replies are handed out once: the gateway marks them as fetched while it answers. So a
row that says "asking" is committed before the first byte leaves (P1), and what came is stored
alone, whoever has the lease by then (P2). A row that never gets an answer says that some may be
lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sms_notify.delivery.flight import History
from sms_notify.gateways import Fetched, Polled
from sms_notify.inbound.sources import WAYS, Asked, Source, Turn
from sms_notify.model import MINUTE, SECOND, Micros
from sms_notify.store import Store, accounts, polls
from sms_notify.store.sql import Transaction, json_set

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
    kind: str = Asked.reports

    @property
    def turn(self) -> Turn:
        return self.account, Asked(self.kind)


@dataclass(frozen=True, slots=True)
class _Standing:
    """The columns of store.polls.TURNS after the first two, in their order."""

    polled_at: Micros | None = None
    poll_at: Micros | None = None
    owner: str | None = None
    until: Micros | None = None

    def due(self, pace: Micros) -> Micros:
        paced = self.polled_at + pace if self.polled_at is not None else 0
        return max(paced, self.poll_at or 0, self.until or 0)


def due(tx: Transaction, asked: Mapping[Turn, Source], now: Micros) -> dict[Turn, Micros]:
    """When each source is to be asked next; in the past: at once."""
    standing = _standing(tx, asked)
    awaited = {kind: _awaited(tx, kind, now) for kind in {source.kind for source in asked.values()}}
    return {
        turn: standing[turn].due(
            source.every if awaited[source.kind] else WAYS[source.kind].idle(source.every)
        )
        for turn, source in asked.items()
    }


def _awaited(tx: Transaction, kind: Asked, now: Micros) -> bool:
    row = tx.one(WAYS[kind].expected, since=now - WAYS[kind].lately)
    return bool(row and row[0])


def _standing(tx: Transaction, turns: Iterable[Turn]) -> dict[Turn, _Standing]:
    wanted = list(turns)
    names = json_set(sorted({account for account, _kind in wanted}))
    rows = tx.all(polls.TURNS, accounts=names) if wanted else []
    known = {(row[0], row[1]): _Standing(*row[2:]) for row in rows}
    return {turn: known.get(turn, _Standing()) for turn in wanted}


def ask(store: Store, source: Source, owner: str, now: Micros) -> Asking | None:
    """P1: it is our turn and the row says so; None: it is not due, or another process asks.

    Raises StoreUnavailable, and then nothing may be asked.
    """
    account, kind = source.turn
    with store.writing() as tx:
        if due(tx, {source.turn: source}, now)[source.turn] > now:
            return None
        seen = _standing(tx, [source.turn])[source.turn].polled_at
        tx.run(accounts.NEW_ACCOUNT, account=account, changed_at=now)
        tx.run(polls.NEW_TURN, account=account, kind=kind)
        if not tx.run(
            polls.TAKE_TURN, of_account=account, of_kind=kind, to_owner=owner, now=now,
            to_until=now + source.patience + GRACE, seen=-1 if seen is None else seen,
        ):  # fmt: skip
            return None
        row = tx.one(
            polls.ASK, gateway=source.gateway, account=account, kind=kind, owner=owner,
            started_at=now, lease_until=now + LEASES * source.patience,
        )  # fmt: skip
    assert row is not None  # noqa: S101 — INSERT … RETURNING gives its row
    return Asking(row[0], source.gateway, account, owner, now, source.every, kind)


def fetch(source: Source) -> Polled:
    """The GET. Never raises an Exception; only the type of one is kept: its text may hold a URL."""
    try:
        return source.fetch()
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
            "of_start": asking.started_at, "of_kind": asking.kind,
        }  # fmt: skip
        if polled.came is Fetched.nothing:
            kept = tx.run(polls.FORGET, **mine)
        else:
            kept = tx.run(polls.KEEP, **mine, **_values(polled, now))
        if not kept and polled.came is Fetched.page and tx.one(polls.KNOWN, **mine) is None:
            kept = _keep_found(tx, asking, polled, now)
        if kept and polled.came is Fetched.lost:
            _note_lost(history, asking.account, asking.kind, f"({polled.reason})")
        _end_turn(tx, asking, polled, now)
        history.write(tx)
    return bool(kept) and polled.came is Fetched.page


def _end_turn(tx: Transaction, asking: Asking, polled: Polled, now: Micros) -> None:
    again = asking.every if polled.came is not Fetched.account_down else REFUSED
    more = polled.came is Fetched.page and WAYS[Asked(asking.kind)].full(polled.text)
    tx.run(
        polls.END_TURN, of_account=asking.account, of_kind=asking.kind, of_owner=asking.owner,
        asked=None if more else asking.started_at, next=now if more else now + again,
    )  # fmt: skip


def _values(polled: Polled, now: Micros) -> dict[str, object]:
    waits = polled.came in (Fetched.page, Fetched.lost)  # not applied, or never to be
    said = polled.text or f"{polled.reason} {polled.detail}".strip()
    return {
        "now": now, "came": _outcome(polled), "said": said, "of_host": polled.host,
        "applied": None if waits else now,
    }  # fmt: skip


def _outcome(polled: Polled) -> str:
    return polls.CUT if polled.came is Fetched.page and not polled.whole else polled.came.value


def _keep_found(tx: Transaction, asking: Asking, polled: Polled, now: Micros) -> int:
    return tx.run(
        polls.KEEP_FOUND, gateway=asking.gateway, account=asking.account, kind=asking.kind,
        owner=asking.owner, started_at=asking.started_at, now=now, came=_outcome(polled),
        said=polled.text,
    )  # fmt: skip


def _note_lost(history: History, account: str, kind: str, why: str) -> None:
    said = f"{account}: a poll got no answer {why}; {kind} may be lost"
    history.gateway(f"{kind}_lost", said)


def give_up_unanswered(store: Store, now: Micros) -> list[tuple[str, str, Micros]]:
    """Polls whose owner died before it could tell: (account, kind, since when some may be lost)."""
    history = History(now)
    with store.writing() as tx:
        lost = [(row[0], row[1], row[2]) for row in tx.all(polls.UNANSWERED, now=now)]
        for account, kind, _since in lost:
            _note_lost(history, account, kind, "(its owner died)")
        history.write(tx)
    return lost
