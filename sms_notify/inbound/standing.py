"""How polls stand: what is due, and what an operator should know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sms_notify.inbound.asking import due
from sms_notify.inbound.sources import Asked, Source, Turn
from sms_notify.model import HOUR, MINUTE, Micros
from sms_notify.store import Store, polls
from sms_notify.store.outbox import LOST

BATCH = 500


@dataclass(frozen=True, slots=True)
class Due:
    """When each step next has something to do; None: not as things stand.

    `polls` by turn; `lost`: a poll whose owner died; `missing`: a report that has not come.
    """

    polls: dict[Turn, Micros]
    lost: Micros | None = None
    missing: Micros | None = None


def what_is_due(store: Store, asked: Mapping[Turn, Source], now: Micros) -> Due:
    """One read that saves the transactions which would find nothing."""
    with store.reading() as tx:
        lost, missing = tx.one(polls.NEXT_LOST), tx.one(polls.NEXT_MISSING)
        polled = due(tx, asked, now)
    return Due(polled, lost[0] if lost else None, missing[0] if missing else None)


def missing(store: Store, now: Micros) -> list[int]:
    """Messages whose report is due and has not come, at most BATCH."""
    with store.reading() as tx:
        return [row[0] for row in tx.all(polls.MISSING, now=now, most=BATCH)]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Polls of one turn with one outcome that nobody can mend: `lost`, `unreadable`."""

    account: str
    kind: str
    outcome: str
    count: int
    last_at: Micros


def troubles(store: Store) -> tuple[list[Trouble], dict[str, Micros]]:
    """What was lost or cannot be read, and since when which account gives no reports at all."""
    with store.reading() as tx:
        found = [Trouble(*row) for row in tx.all(polls.TROUBLES)]
        silent = {row[0]: row[1] for row in tx.all(polls.SILENT)}
    return found, silent


SHOWN_FOR: Micros = HOUR
"""A poll that may have lost something is shown by readiness so long; it is counted much longer."""


def shown(store: Store, now: Micros) -> dict[str, str]:
    """What readiness says of polls: part → what is wrong with it."""
    found, silent = troubles(store)
    wrong = {
        f"{each.kind} {each.account}": _said(each, now)
        for each in found
        if each.outcome == polls.UNREADABLE
        or (each.outcome == LOST and each.last_at > now - SHOWN_FOR)
    }
    return wrong | {f"{Asked.reports} {account}": "no report comes" for account in silent}


def _said(trouble: Trouble, now: Micros) -> str:
    if trouble.outcome == polls.UNREADABLE:
        return f"{trouble.count} pages cannot be read"
    minutes = max(0, now - trouble.last_at) // MINUTE
    return f"may be lost: the last poll without an answer was {minutes} min ago"
