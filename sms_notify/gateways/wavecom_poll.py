"""What each answer of 企业短信通 to a poll means (documents 1.1.2 and 1.1.3)."""

from __future__ import annotations

import re
from collections.abc import Callable

from sms_notify.gateways.http import Answered, Lost
from sms_notify.gateways.polled import Fetched, Polled
from sms_notify.gateways.wavecom_answer import line_of

ACCOUNT_DOWN = {"-1": "no_user", "-7": "login"}
BUSY = "-3"
"""The same number is a forbidden word when it answers a send."""

_PAGE = re.compile(r"[0-9]{1,6}\s*\|")
_CODE = re.compile(r"-[0-9]{1,6}")
_NOT_ASKED = range(300, 500)
"""HTTP status of an answer that did not come from the program behind the gateway."""


def read_poll(answer: Answered, charset: str, redact: Callable[[str], str]) -> Polled:
    """The class of one HTTP answer; without host and seconds. Never raises, whatever arrived."""
    line = line_of(answer.body, charset)
    if answer.status != 200:
        came = Fetched.unknown if answer.status in _NOT_ASKED else Fetched.lost
        return Polled(came, f"http_{answer.status}", detail=redact(line))
    if _PAGE.match(line):
        return _page(line, "" if answer.whole else "huge")
    if not answer.whole:
        return Polled(Fetched.lost, "huge", detail=redact(line))
    if line == "0":
        return Polled(Fetched.nothing)
    if line == BUSY:
        return Polled(Fetched.busy, line)
    if line in ACCOUNT_DOWN:
        return Polled(Fetched.account_down, ACCOUNT_DOWN[line], detail=line)
    if _CODE.fullmatch(line):
        return Polled(Fetched.unknown, "code", detail=line)
    return Polled(Fetched.lost, _slug(line), detail=redact(line))


def read_cut(lost: Lost, charset: str) -> Polled:
    """A connection that broke: what had arrived of a page by then is still a page."""
    line = line_of(lost.body, charset)
    if _PAGE.match(line):
        return _page(line, lost.reason)
    return Polled(Fetched.lost, lost.reason)


def _page(line: str, cut: str) -> Polled:
    if re.fullmatch(r"0+\s*\|", line):
        return Polled(Fetched.nothing)
    return Polled(Fetched.page, cut, line, whole=not cut)


def _slug(line: str) -> str:
    if not line:
        return "empty"
    return "html" if line.startswith("<") else "other"
