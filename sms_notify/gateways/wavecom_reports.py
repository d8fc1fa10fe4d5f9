"""A page of status reports of 企业短信通 (document 1.1.2), read: pure, never raising.

`3|6408676;13682250950;20|6408649;13711147169;20|…`: at most 100. All of it is numbers, nobody can
forge an entry: what can be read counts, even of a page that was cut.
"""

from __future__ import annotations

import re

from sms_notify.gateways.polled import ReportEntry, ReportPage, Status
from sms_notify.gateways.wavecom_answer import bare
from sms_notify.gateways.wavecom_number import phone_of

MOST_REPORTS = 100
"""A page of so many may be followed by another."""

_COUNT = re.compile(r"([0-9]{1,6})\s*(?:\||$)")
_ENTRY = re.compile(
    r"([0-9A-Za-z_.:-]{1,64}) *[;,] *(\+?[0-9]{3,21}) *[;,] *(-?[0-9]{1,4})", re.ASCII
)
_STATUS = {str(int(status)): status for status in Status}


def read_reports(text: str, *, whole: bool = True) -> ReportPage:
    """`text` is the answer, decoded. Of one that is not `whole` the last entry is not trusted:
    `…;2` may have been a 20."""
    line = bare(text)
    count = _COUNT.match(line)
    if count is None:
        return ReportPage(None, unreadable=(line,) if line else ())
    parts = [bare(part) for part in line[count.end() :].split("|")]
    read = [(part, _entry(part)) for part in parts if part]
    if not whole and read:
        read[-1] = (read[-1][0], None)
    return ReportPage(
        claimed=int(count[1]),
        entries=tuple(entry for _part, entry in read if entry),
        unreadable=tuple(part for part, entry in read if entry is None),
    )


def _entry(part: str) -> ReportEntry | None:
    found = _ENTRY.fullmatch(part)
    status = _STATUS.get(found[3]) if found else None
    if found is None or status is None:
        return None
    return ReportEntry(found[1], phone_of(found[2]), status)
