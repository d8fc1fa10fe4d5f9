"""The left half: what arrives is judged, serially, and on disk before anybody is answered."""

from sms_notify.intake.call import Accepted, TellCall
from sms_notify.intake.digest import Rejudge, rejudges
from sms_notify.intake.gone import Gone, Over
from sms_notify.intake.ledger import Ledger
from sms_notify.intake.notice import Notice
from sms_notify.intake.rules import Rules, rules
from sms_notify.intake.trial import Trial
from sms_notify.intake.writer import Input, Writer

__all__ = [
    "Accepted",
    "Gone",
    "Input",
    "Ledger",
    "Notice",
    "Over",
    "Rejudge",
    "Rules",
    "TellCall",
    "Trial",
    "Writer",
    "rejudges",
    "rules",
]
