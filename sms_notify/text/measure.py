"""How long a text is on the bill, and where it may be cut without tearing anything."""

from __future__ import annotations

import re
import unicodedata

_ZWJ = "\u200d"
_EXTENDING = re.compile(r"[\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_INSIDE_WORD = re.compile(r"[0-9A-Za-z_.:/@%+~=\-]")


def units(text: str) -> int:
    """UTF-16 code units, the measure of an SMS that holds Chinese."""
    if text.isascii():
        return len(text)
    try:
        return len(text.encode("utf-16-le")) // 2
    except UnicodeEncodeError:  # half of a surrogate pair counts as well
        return len(text.encode("utf-16-le", "surrogatepass")) // 2


def segments(units: int) -> int:
    """Billed messages: one up to 70 units, above that one for each 67."""
    return 1 if units <= 70 else -(-units // 67)


def graphemes(text: str) -> list[str]:
    """`text` in user-perceived characters (UAX #29, the rules an alert can meet)."""
    if text.isascii():
        return list(text)
    clusters: list[str] = []
    for char in text:
        if clusters and _joined(clusters[-1], char):
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


def _joined(cluster: str, char: str) -> bool:
    """True if `char` belongs to the cluster before it."""
    if char < "\u0300":
        return False
    last = cluster[-1]
    if _EXTENDING.match(char) or unicodedata.category(char)[0] == "M":
        return True
    if char in "\u0e33\u0eb3\uff9e\uff9f":
        return True
    if last == _ZWJ or unicodedata.combining(last) == 9:
        return unicodedata.category(char) in ("So", "Lo", "Sk")
    return _flag_pair(cluster, char) or _hangul_pair(last, char)


def _flag_pair(cluster: str, char: str) -> bool:
    return _is_flag(char) and len(cluster) % 2 == 1 and all(_is_flag(c) for c in cluster)


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _hangul_pair(last: str, char: str) -> bool:
    leading, vowel = "\u1100" <= last <= "\u115f", "\u1160" <= char <= "\u11a7"
    if leading:
        return vowel or "\u1100" <= char <= "\u115f" or "\uac00" <= char <= "\ud7a3"
    if "\u1160" <= last <= "\u11a7" or "\uac00" <= last <= "\ud7a3":
        return vowel or "\u11a8" <= char <= "\u11ff"
    return "\u11a8" <= last <= "\u11ff" and "\u11a8" <= char <= "\u11ff"


def cut(text: str, room: int, mark: str = "…") -> str:
    """`text` in at most `room` units: whole, or at the last word border with `mark` after it.

    A border is never inside a number, a host name or a grapheme. Where one word alone takes more
    than half of the room it ends at a grapheme border, unless it is a number, which then goes
    entirely.
    """
    if units(text) <= room:
        return text
    room -= units(mark)
    if room <= 0:
        return ""
    head, rest = _split(text, room)
    kept = _back_to_border(head, rest).rstrip(" ,;:-/=([（，；、")
    return kept + mark if kept else ""


def _split(text: str, room: int) -> tuple[str, str]:
    used = at = 0
    for cluster in graphemes(text[: room + 64]):
        used += units(cluster)
        if used > room:
            break
        at += len(cluster)
    return text[:at], text[at:]


def _back_to_border(head: str, rest: str) -> str:
    if not (head and rest and _INSIDE_WORD.match(rest[0]) and _INSIDE_WORD.match(head[-1])):
        return head
    start = len(head)
    while start and _INSIDE_WORD.match(head[start - 1]):
        start -= 1
    word = len(head) - start
    if head[start].isdigit() or (start and 2 * word <= len(head)):
        return head[:start]
    return head.rstrip("0123456789.,:%") if start else head
