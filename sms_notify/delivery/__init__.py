"""The right half: claim, send, settle; every step a function of the store and `now`.

    queued ─claim→ sending ─fly─ settle → sent | failed | uncertain | queued again
                      └─ recover: its owner died → uncertain ─uncertain_due→ queued once more

`Sender` is the same with threads. What must be judged again (`aged`, `returned`, `expire`) is
only named here, by person: judging is the left half's.
"""

from sms_notify.delivery.circuit import Account, read_accounts
from sms_notify.delivery.claim import claim
from sms_notify.delivery.ended import Settled
from sms_notify.delivery.flight import Flight, Terms, fly
from sms_notify.delivery.notices import of_budget, of_settled, of_weighed
from sms_notify.delivery.overdue import (
    Due,
    aged,
    expire,
    next_due,
    recover,
    returned,
    uncertain_due,
    what_is_due,
)
from sms_notify.delivery.purse import Weighed, ask_again, kept_people
from sms_notify.delivery.sender import Sender
from sms_notify.delivery.settle import settle, settle_all
from sms_notify.delivery.weigher import Weigher

__all__ = [
    "Account",
    "Due",
    "Flight",
    "Sender",
    "Settled",
    "Terms",
    "Weighed",
    "Weigher",
    "aged",
    "ask_again",
    "claim",
    "expire",
    "fly",
    "kept_people",
    "next_due",
    "of_budget",
    "of_settled",
    "of_weighed",
    "read_accounts",
    "recover",
    "returned",
    "settle",
    "settle_all",
    "uncertain_due",
    "what_is_due",
]
