"""Claims whose COMMIT was not answered: what they took after all is given back.

PostgreSQL may have made a COMMIT of which we never heard: its connection was cut, or it waited for
a disk or a standby for longer than we do. What such a claim took is nobody's, and nothing of it has
left. The end of its lease would make it uncertain: pages would be minutes late, and what is not
sent twice would never leave.
"""

from __future__ import annotations

from collections.abc import Collection

from sms_notify.delivery.decide import Flown
from sms_notify.delivery.flight import History, Terms, add_usage
from sms_notify.gateways import Came, OneRecipient
from sms_notify.model import MessageState, Micros
from sms_notify.store import Store, outbox, settling
from sms_notify.store.sql import Row, Transaction, json_set

WHY = "claim_unanswered"


def give_back(
    store: Store, terms: Terms, began: Collection[Micros], now: Micros, alive: Collection[int]
) -> list[Micros]:
    """Queue again what our claims that began at these moments took; which of them took anything.

    `alive`: what flies is none of it. A COMMIT that the server is still at shows later: ask again.
    Raises StoreUnavailable.
    """
    asked = json_set(sorted(began))
    history = History(now)
    with store.writing() as tx:
        found = [
            row
            for row in tx.all(settling.UNANSWERED, of_owner=terms.owner, moments=asked)
            if row[0] not in alive
        ]
        for request in found:
            _back(tx, terms, request, history, now)
        ended = json_set((row[0], Came.unreached.value, WHY, None, row[2]) for row in found)
        tx.run(settling.END_REQUESTS, ended=ended, of_owner=terms.owner, now=now)
        history.write(tx)
    return sorted({row[2] for row in found})


def _back(tx: Transaction, terms: Terms, row: Row, history: History, now: Micros) -> None:
    request, gateway, began, lost = row
    rows = tx.all(settling.FLOWN, requests=json_set([request]))
    ours = [one for one in (Flown(*row[1:]) for row in rows) if _waits_for(one, request)]
    tx.many(
        outbox.QUEUED,
        [{"of_id": one.id, "later": now, "of_tries": one.tries, "again": 0} for one in ours],
    )
    if lost:
        tx.many(settling.NOT_LOST, [{"of_id": one.id, "orphans": 1} for one in ours])
    if not isinstance(terms.gateway(gateway), OneRecipient):
        used = [(one.receiver, one.person, one.segments) for one in ours]
        add_usage(tx, terms.day(began), used, sign=-1)
    for one in ours:
        history.message(one.id, "queued", f"request {request} was claimed unheard: nothing left")


def _waits_for(one: Flown, request: int) -> bool:
    """It is where that claim, or the end of its lease, left it."""
    return one.request == request and one.state in (MessageState.sending, MessageState.uncertain)
