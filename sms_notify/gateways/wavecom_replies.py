"""A page of inbound SMS of 企业短信通 (document 1.1.3), read: pure, never raising.

The document writes `id;phone;content`, its example `id,phone;content`: both are taken. A content
may hold `;`, `,` and `|`, so a person can write what looks like an entry of its own. The number
before the first bar is the check: a page with more or fewer of what looks like entries is
ambiguous, and nothing of it may be acted on.
"""

from __future__ import annotations

import re

from sms_notify.gateways.polled import ReplyEntry, ReplyPage
from sms_notify.gateways.wavecom_answer import bare
from sms_notify.gateways.wavecom_number import phone_of

MOST_REPLIES = 50
"""A page of so many may be followed by another."""

_COUNT = re.compile(r"([0-9]{1,6})\s*(?:\||$)")
# wide on purpose: a sender that a narrower pattern passes over (10086, 106…, 86138…) would let a
# forged entry make up the count
_HEADER = re.compile(r"\s*([0-9]+)\s*[;,]\s*(\+?[0-9]{3,21})\s*;", re.ASCII)


def read_replies(text: str, *, whole: bool = True) -> ReplyPage:
    """`text` is the answer, decoded; what is not `whole` was cut."""
    line = bare(text)
    count = _COUNT.match(line)
    if count is None:
        return ReplyPage(None, ambiguous=bool(line), senders=_senders(_headers(line, 0)))
    claimed, start = int(count[1]), count.end()
    headers = _headers(line, start)
    if claimed == 0 and not bare(line[start:]):
        return ReplyPage(0)
    if claimed == 1 and headers and headers[0].start() == start:
        headers = headers[:1]  # everything after it is content
    starts_well = bool(headers) and headers[0].start() == start
    if not whole or not starts_well or len(headers) != claimed:
        return ReplyPage(claimed, ambiguous=True, senders=_senders(headers))
    ends = [following.start() - 1 for following in headers[1:]] + [len(line)]
    return ReplyPage(
        claimed,
        tuple(
            ReplyEntry(header[1], phone_of(header[2]), bare(line[header.end() : end]))
            for header, end in zip(headers, ends, strict=True)
        ),
    )


def _headers(line: str, start: int) -> list[re.Match[str]]:
    """What looks like the beginning of an entry, at `start` and after every bar."""
    places = [start, *(bar.end() for bar in re.finditer(r"\|", line[start:]))]
    places[1:] = [start + place for place in places[1:]]
    return [found for place in places if (found := _HEADER.match(line, place))]


def _senders(headers: list[re.Match[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(phone_of(header[2]) for header in headers))
