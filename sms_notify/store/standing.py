"""How things stand, for the gauges of `/metrics`: counted along partial indexes only."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select

from sms_notify.metrics import Standing
from sms_notify.model import MessageState
from sms_notify.store import outlay, polls
from sms_notify.store import tables as t
from sms_notify.store.engine import Store
from sms_notify.store.heartbeats import all_beats
from sms_notify.store.outbox import LOST
from sms_notify.store.sql import Statement

POLLS = ("reports", "replies")

_HELD = Statement(
    select(func.count()).select_from(t.message).where(t.message.c.state == t.word("held"))
)
_QUEUED = Statement(
    select(func.count(), func.min(t.message.c.queued_at)).where(
        t.message.c.state == t.word("queued")
    )
)
_SENDING = Statement(
    select(func.count())
    .select_from(t.request)
    .join(t.attempt, t.attempt.c.request == t.request.c.id)
    .where(t.request.c.ended_at.is_(None), t.request.c.kind == t.word("send"))
)
_UNCERTAIN = Statement(
    select(func.count())
    .select_from(t.message)
    .where(
        # the words of the partial index, so that it is used
        t.message.c.state.in_([t.word("sent"), t.word("uncertain")]),
        t.message.c.check_at.is_not(None),
        t.message.c.state == t.word("uncertain"),
    )
)
_INCIDENTS = Statement(
    select(func.count()).select_from(t.incident).where(t.incident.c.ended_at.is_(None))
)
_SILENT = Statement(select(t.gateway.c.account).where(t.gateway.c.silent_at.is_not(None)))
_GATEWAYS = Statement(select(t.gateway.c.account, t.gateway.c.circuit, t.gateway.c.balance))


def standing(
    store: Store, accounts: Iterable[str] = (), *, since: int | None = None, budget: int = 0
) -> Standing:
    """One look at the store; raises StoreUnavailable. `accounts` are up until they are not.

    `since`: the local day on which the month began; `budget`: of that month, 0 is none.
    """
    accounts = tuple(accounts)
    with store.reading() as tx:
        queued, oldest = tx.all(_QUEUED)[0]
        gateways = tx.all(_GATEWAYS)
        troubles = {tuple(row[:3]): row[3] for row in tx.all(polls.TROUBLES)}
        silent = {row[0] for row in tx.all(_SILENT)}
        known = sorted({*accounts, *(row[0] for row in gateways)})
        return Standing(
            waiting={
                MessageState.held: tx.all(_HELD)[0][0],
                MessageState.queued: queued,
                MessageState.sending: tx.all(_SENDING)[0][0],
                MessageState.uncertain: tx.all(_UNCERTAIN)[0][0],
            },
            oldest_queued_at=oldest,
            gateways=dict.fromkeys(accounts, True)
            | {account: circuit == "closed" for account, circuit, _ in gateways},
            balances={account: balance for account, _, balance in gateways if balance >= 0},
            billed=0 if since is None else outlay.billed(tx, since),
            budget=budget,
            open_incidents=tx.all(_INCIDENTS)[0][0],
            heartbeats={
                beat.name: (beat.seen_at, beat.missing_since is not None) for beat in all_beats(tx)
            },
            silent={account: account in silent for account in known},
            lost_polls={
                (account, kind): troubles.get((account, kind, LOST), 0)
                for account in known
                for kind in POLLS
            },
            unreadable_pages={
                (account, kind): troubles.get((account, kind, polls.UNREADABLE), 0)
                for account in known
                for kind in POLLS
            },
        )
