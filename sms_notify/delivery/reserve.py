"""What is left of a prepaid account: critical messages have the last of it for themselves."""

from __future__ import annotations

from sms_notify.delivery import purse
from sms_notify.delivery.evidence import Ledger
from sms_notify.delivery.flight import History, Terms
from sms_notify.delivery.gathering import Waiting
from sms_notify.gateways import Gateway
from sms_notify.model import Level
from sms_notify.store import purse as sql
from sms_notify.store.sql import Transaction


def covered(
    tx: Transaction, terms: Terms, gateway: Gateway, waiting: list[Waiting], history: History
) -> list[Waiting]:
    """Those that the balance covers, or a single one, to see whether it still is as low.

    What would eat into the reserve for critical ones is held.
    """
    known = _known(tx, terms, gateway)
    return waiting if known is None else _within(tx, waiting, *known, history)


def freed(tx: Transaction, terms: Terms, gateway: Gateway) -> list[str]:
    """People whose messages are held for the reserve and need not be any more: to be judged again.

    It shows here too where nobody heard of it: whoever topped the account up, or lowered the
    reserve, may have done so just before this program ended.
    """
    row = tx.one(sql.LEAST_KEPT)
    if row is None or row[0] is None:
        return []
    known = _known(tx, terms, gateway)
    if known is not None and _eats(int(row[0]), *known):
        return []
    return [found[0] for found in tx.all(sql.KEPT_PEOPLE)]


def _known(tx: Transaction, terms: Terms, gateway: Gateway) -> tuple[int, int] | None:
    """Segments that are left, and of these the reserve; None where nothing says what is left."""
    source = purse.prepaid(terms).get(gateway.account)
    ledger: Ledger | None = purse.ledgers(tx, [gateway.account]).get(gateway.account)
    if source is None or ledger is None or ledger.available is None:
        return None
    return ledger.available, source.purse.reserve_for_critical


def _eats(segments: int, left: int, reserve: int) -> bool:
    return reserve > 0 and left - segments < reserve


def _within(
    tx: Transaction, waiting: list[Waiting], left: int, reserve: int, history: History
) -> list[Waiting]:
    found: list[Waiting] = []
    for each in waiting:
        if each.level < Level.critical and _eats(each.segments, left, reserve):
            tx.run(sql.KEEP, of_id=each.id)
            history.message(each.id, "held", "what is left is kept for critical ones")
            continue
        left -= each.segments
        if left < 0 and found:
            break
        found.append(each)
        if left < 0:
            break
    return found
