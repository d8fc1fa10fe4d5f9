"""What flights that ended cost: the usage that is given back, and the ledgers of accounts."""

from __future__ import annotations

from collections.abc import Sequence

from sms_notify.delivery import purse
from sms_notify.delivery.ended import Ended
from sms_notify.delivery.flight import Terms, add_usage
from sms_notify.gateways import Came
from sms_notify.model import Micros
from sms_notify.store import purse as sql
from sms_notify.store.sql import Transaction

NOT_TAKEN = frozenset(
    {Came.rejected, Came.forbidden_word, Came.account_down, Came.busy, Came.unreached}
)
"""Nothing was billed."""


def bill(tx: Transaction, terms: Terms, ended: Sequence[Ended], now: Micros) -> None:
    """Count each as what it came to, in their order."""
    _give_back(tx, terms, [each for each in ended if each.outcome.came in NOT_TAKEN])
    for account in sorted({each.flight.account for each in ended} & purse.prepaid(terms).keys()):
        _keep_ledger(tx, account, [each for each in ended if each.flight.account == account], now)


def _give_back(tx: Transaction, terms: Terms, ended: Sequence[Ended]) -> None:
    """Segments were counted when they were claimed, on the day of that."""
    back: dict[int, list[tuple[str, str, int]]] = {}
    for each in ended:
        if each.flight.segments:  # else it is no SMS
            day = terms.day(each.flight.started_at)
            used = [(one.receiver, one.person, one.segments) for one in each.flown]
            back.setdefault(day, []).extend(used)
    for day, used in sorted(back.items()):
        add_usage(tx, day, used, sign=-1)


def _keep_ledger(tx: Transaction, account: str, ended: Sequence[Ended], now: Micros) -> None:
    """What was spent of a prepaid account; what is uncertain has its balance read soon."""
    spent, soon = 0, False
    for each in ended:
        outcome = each.outcome
        if outcome.left is not None:
            spent = 0  # the account itself has just told what is left
            left = {"of_account": account, "to_left": outcome.left, "to_exact": 0, "to_at": now}
            tx.run(sql.SET_PURSE, **left)
        if outcome.came is Came.accepted:
            spent += outcome.accepted * each.flight.segments
        soon |= outcome.came is Came.uncertain or outcome.reason in purse.REOPENS
    if spent or soon:
        sooner = now + purse.EVIDENCE_AFTER if soon else purse.NEVER
        tx.run(sql.SPENT, of_account=account, segments=spent, sooner=sooner, now=now)
