"""Numbers in prose, each with its part in the sentence: the value, a threshold, or a window.

What is no number of the alert at all is never returned: `99th`, `k8s`, versions, addresses, ports,
parts of names. Label values are blanked before, so a device or host never yields one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from sms_notify.text import numeral, quantity, spans
from sms_notify.text.quantity import Quantity

_COUNTED = "".join(sorted(quantity.COUNTED))
UNITS = (
    r"[KMGTPk]i?(?:B|bytes)(?:/s(?:ec)?)?|[KMGTP]i(?:/s)?|B/s|bytes/s|[Bb]ytes?|B|[KkMG]?bps|[KMG]b/s"
    r"|%|％|‰|°C|℃|°|RPM|rpm|percent|(?:req|ops|msgs?|packets)/s|[QqTtRr]ps|QPS|TPS|IOPS|iops|pps"
    r"|[num]?/s(?:ec(?:ond)?)?|[kKMG]/s|/min|/h|per second"
    r"|milliseconds?|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|ms|us|µs|μs|ns|[smhdw]"
    r"|MHz|GHz|Hz|dBm|dB|[VWAC]|[kKMGTPun]"
    r"|毫秒|秒|分钟|分(?!之)|个?小时|个月|天|日|周|字节"
    rf"|[万亿千百](?!兆|分)[{_COUNTED}]?(?:/(?:秒|分钟?|小时|s))?|[{_COUNTED}](?:/(?:秒|分钟?|小时|s))?"
)
_FIGURE = re.compile(
    r"(?<![A-Za-z0-9_.\-/@#\\])(?:"
    rf"(?P<clock>{spans.PATTERN})(?![A-Za-z0-9_])"
    rf"|(?P<number>{numeral.PATTERN})"
    rf"(?:(?P<gap>\s?)(?P<unit>{UNITS})(?![A-Za-z0-9_]))?"
    r"(?![A-Za-z0-9_]|[.:/-][A-Za-z0-9_])"
    r")"
)
_PORT = rf"\]?:\d{{1,5}}(?![A-Za-z0-9_%％‰℃°]|[.,]\d|\s?(?:{UNITS})(?![A-Za-z0-9_]))"
"""Behind a host a number without a unit: `web:8080`, but no `web:95%`."""
_LINK = re.compile(r"[A-Za-z]+://[!-~]+")
_AROUND = 32
"""Characters before a number that may tell what it is."""
_ANY = str.maketrans("123456789", "000000000")
_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"[0-9][0-9]*")  # so written, the search skips what is no digit
_AT_LEAST = (
    r"at least|(?:no|not) (?:less|lower|fewer) than|(?:more|greater|higher) than or equal to|>=|≥|≧"
    r"|＞=|＞＝|不低于|不小于|不少于|(?:大于|高于|超过|达到)(?:或|或者)?(?:等于|超过)|至少"
)
_AT_MOST = (
    r"at most|up to|(?:no|not) (?:more|greater|higher) than|(?:less|lower) than or equal to|<=|≤|≦"
    r"|＜=|＜＝|不超过|不高于|不大于|不多于|(?:小于|低于)(?:或|或者)?等于|至多"
)
_ABOVE = (
    r"above|over|(?:more|greater|higher|longer|larger) than|exceed(?:s|ed|ing)?|[>＞]"
    r"|超过|高于|大于|多于|超出"
)
_BELOW = r"below|under|(?:less|lower|fewer|shorter) than|[<＜]|低于|小于|不足|少于"
# What stands before a number is matched in lower case: ignoring case costs three times as much.
_THRESHOLD = re.compile(
    rf"(?:(?P<least>{_AT_LEAST})|(?P<most>{_AT_MOST})"
    rf"|(?P<above>{_ABOVE})|(?P<below>{_BELOW})|(?P<named>threshold(?: of| is)?|阈值)"
    r"|max(?:imum)?(?: of)?|min(?:imum)?(?: of)?|limit(?: of| is)?|configured|allowed"
    r"|\d\S*\s+(?:out )?of|上限|下限|限值)"
    r"\s*(?:the |a |about |[:：=为是(])?\s*$",
)
_OPERATORS = {"least": ">=", "most": "<=", "above": ">", "below": "<", "named": "?"}
_LIMITED = re.compile(r"\s*(?:threshold|limit|or more|or less|\+|以上|以下|阈值)", re.I)
_WINDOW = re.compile(
    r"(?:last|past|for|within|every|next|in|in the|over the|after|since|than|during|持续|最近|过去"
    r"|连续|近|每|已有?)\s*(?:the |about |approximately )?$",
)
_WINDOW_AFTER = re.compile(r"\s*(?:window|interval|period|内|以来|之内|average|avg)", re.I)
_EXPIRY = re.compile(
    r"(?:expir\w*|due|left|run out|fill(?:s|ed)? up|剩余?|还有|到期|过期)"
    r"\s*(?:in|within|after|仅|只)?\s*$",
)
_NAMING = re.compile(
    r"(?:ports?|code|status|https?|layer|raid|version|tls|ssl|level|type|phase|id|shard|partition|slot"
    r"|zone|number|no\.|line|step|attempt|error|errno|exit|tier|class|priority|quantile"
    r"|端口|状态码|版本|编号)\s*[:=#]?\s*$",
)
_ORDINAL = re.compile(r"第\s*$")
_DATE_AFTER = re.compile(r"[年月号]|\s?[时点]\s?\d")
_DATE_BEFORE = re.compile(r"(?:月|\d\s?[时点]\s?)$")
_HELD = frozenset({"m", "min", "mins", "h", "d", "分", "分钟", "小时", "个小时", "天"})
"""Units of what a rule waits for; a value that a template prints is in seconds, or has decimals."""
_NOW = re.compile(
    r"(?:currently|current(?: value)?|now|value|latest|actual|reached"
    r"|现为|已达到?|达到?|实际值?|最新值?|(?:当前|目前|现在)[一-鿿]{0,8})"
    r"\s*(?:is|was|at|of|只有|仅|为|是|约)?\s*(?:at |only |about )?[:：=]?\s*$",
)
_SAID = re.compile(
    r"(?:\b(?:is|are|was|at|has|have|had|only|of|by|with|found|took|takes|to(?: [a-z]+)?"
    r"|[a-z]+(?:ed|ing|es|s))|[=:：(（为是仅只剩余约有])\s*$",
)


class Figure(NamedTuple):
    """A number of the prose. `role`: value, threshold or window.

    `op` of a threshold: > >= < <=, ? where only its name is said, "" for a limit, maximum or total.

    `sure` orders the candidates for the value: 3 said to be current, 0 nothing points to it.
    """

    quantity: Quantity
    role: str
    op: str
    sure: int
    start: int
    end: int


def blank(prose: str, words: Iterable[str]) -> str:
    """`prose` with names that carry digits or a port blanked out, so that no number is read there,
    nor in a link.

    The longest first: a host may stand in another label's value.
    """
    if "://" in prose:
        prose = _LINK.sub(_blanks, prose)
    found = [
        word for word in words if 1 < len(word) < 200 and word in prose and not word.isdecimal()
    ]
    for word in sorted(found, key=len, reverse=True):
        if f"{word}:" in prose or f"{word}]:" in prose:
            prose = re.sub(re.escape(word) + _PORT, _blanks, prose)
        if _DIGIT.search(word):
            prose = prose.replace(word, " " * len(word))
    return prose


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match[0])


def figures(prose: str) -> Iterator[Figure]:
    """The numbers of `prose` in their order."""
    last = -_AROUND
    for match in _matches(prose):
        clock, number, gap, unit = match.groups()
        found = _quantity(clock, number, gap, unit or "")
        if found is None:
            continue
        start, end = match.span()
        before, after = prose[max(0, start - _AROUND) : start].lower(), prose[end : end + 12]
        if start - last < _AROUND:
            before = before.translate(_ANY)  # another number stands there; which one says nothing
        last = end
        role, op, sure = _role(before, after, found.unit, bool(clock), unit or "")
        if role:
            if role == "value" and sure < 2 and _interpolated(clock, number):
                sure = 2
            yield Figure(found, role, op, sure, start, end)


def _matches(prose: str) -> Iterator[re.Match[str]]:
    """Where a number may begin: at each run of digits (a scan for digits alone is quick)."""
    done = 0
    for run in _DIGITS.finditer(prose):
        start = run.start()
        if start < done:
            continue
        if prose[start - 1 : start] == ".":
            start -= 1
        if prose[start - 1 : start] in ("-", "+"):
            start -= 1
        match = _FIGURE.match(prose, start)
        done = match.end() if match else run.end()
        if match:
            yield match


def _quantity(clock: str | None, number: str, gap: str | None, unit: str) -> Quantity | None:
    if clock:
        return quantity.duration(spans.parts(clock))
    return quantity.read(number, unit, not gap)


def _interpolated(clock: str | None, number: str) -> bool:
    """Many decimals, or `14h 27m 41s`: a template printed it, nobody wrote it."""
    return bool(clock) or len(number.partition(".")[2]) > 2


@lru_cache(maxsize=8192)
def _role(before: str, after: str, unit: str, clock: bool, written: str) -> tuple[str, str, int]:
    """Role, operator and sureness by the words around (`before` in lower case); ("", "", 0) for
    what is no number. `written`: its unit as it stands there.

    Remembered: the same rule's texts put the same words around their numbers.
    """
    if _is_name(before, bool(written)) or _is_date(before, after):
        return "", "", 0
    limit = _THRESHOLD.search(before)
    if limit:
        return "threshold", _OPERATORS.get(limit.lastgroup or "", ""), 0
    if _LIMITED.match(after) and not clock:
        return "threshold", "", 0
    if unit == "s" and (_is_window(before, after) or _is_aside(before, after, written)):
        return "window", "", 0
    return "value", "", _sureness(before, bool(written))


def _is_name(before: str, with_unit: bool) -> bool:
    """`port 80`, `db1:9100`, `第3次`: numbers that name something."""
    if _ORDINAL.search(before) or (not with_unit and _NAMING.search(before)):
        return True
    if not before.endswith(":"):
        return False
    word = re.search(r"([A-Za-z0-9_.\-]+):$", before)
    return bool(word and not _NOW.search(before) and any(c.isdigit() for c in word[1]))


def _is_date(before: str, after: str) -> bool:
    """`8月5日`, `2026年`, `8时30分`: no number of months, days or minutes that anything lasted."""
    return bool(_DATE_BEFORE.search(before) or _DATE_AFTER.match(after))


def _is_window(before: str, after: str) -> bool:
    """`for 15 minutes`, `in the last 5m`; but `expires in 14h 27m` is a value."""
    if _EXPIRY.search(before):
        return False
    return bool(_WINDOW.search(before) or _WINDOW_AFTER.match(after))


def _is_aside(before: str, after: str, written: str) -> bool:
    """`不可达(3分钟)`: a span alone in brackets is for how long, unless a template printed it."""
    return written in _HELD and before.endswith(("(", "（")) and after.startswith((")", "）"))


def _sureness(before: str, with_unit: bool) -> int:
    if _NOW.search(before) or _EXPIRY.search(before):
        return 3
    if _SAID.search(before):
        return 2
    starts = not before.rpartition("\n")[2].strip()
    return 1 if starts or with_unit else 0
