"""What each answer of 企业短信通 to a question for the balance means (document 1.1.4)."""

from __future__ import annotations

import re
from collections.abc import Callable

from sms_notify.gateways.balance import Balance, Told
from sms_notify.gateways.http import Answered
from sms_notify.gateways.wavecom_answer import line_of

ACCOUNT_DOWN = {"-1": "no_user", "-7": "login"}
_LEFT = re.compile(r"[0-9]{1,9}", re.ASCII)


def read_balance(answer: Answered, charset: str, redact: Callable[[str], str]) -> Balance:
    """The class of one HTTP answer; without host and seconds. 0 is a balance, not an error."""
    line = line_of(answer.body, charset)
    if answer.status != 200:
        return Balance(Told.unknown, reason=f"http_{answer.status}", detail=redact(line))
    if answer.whole and _LEFT.fullmatch(line):
        return Balance(Told.left, int(line))
    if line in ACCOUNT_DOWN:
        return Balance(Told.account_down, reason=ACCOUNT_DOWN[line], detail=line)
    return Balance(Told.unknown, reason="other" if line else "empty", detail=redact(line))
