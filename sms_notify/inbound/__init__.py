"""What comes back from the gateway: reports, as evidence of what became of each message, and SMS.

    ask (P1, committed) → fetch → keep (P2, the answer alone) → ApplyPage (P3, judged) → effects

`Poller` is the first three with threads. What is kept is applied by whoever finds it, once.
"""

from sms_notify.inbound.asking import Asking, ask, fetch, give_up_unanswered, keep
from sms_notify.inbound.beside import Beside, folder_of, pick_up
from sms_notify.inbound.inputs import Applied, ApplyPage, LookAgain, Missing, Page
from sms_notify.inbound.pages import Pages
from sms_notify.inbound.poller import Poller
from sms_notify.inbound.replies import ApplyReplies
from sms_notify.inbound.rounds import Rounds
from sms_notify.inbound.sources import Asked, Source, sources
from sms_notify.inbound.standing import Trouble, shown, troubles

__all__ = [
    "Applied",
    "ApplyPage",
    "ApplyReplies",
    "Asked",
    "Asking",
    "Beside",
    "LookAgain",
    "Missing",
    "Page",
    "Pages",
    "Poller",
    "Rounds",
    "Source",
    "Trouble",
    "ask",
    "fetch",
    "folder_of",
    "give_up_unanswered",
    "keep",
    "pick_up",
    "shown",
    "sources",
    "troubles",
]
