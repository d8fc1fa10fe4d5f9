"""What the gateway makes of bytes: text of its charset, billed segments, numbers and send times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_SMS = 70
ONE_PART = 67

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_PHS = re.compile(r"0[1-9][0-9]{9,10}")
_SEND_TIME = re.compile(r"[0-9]{14}")
_THREE_BYTES = re.compile(rb"[\xe2-\xef][\x80-\xbf]{2}")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text as a phone would show it; garbled when the sender used another charset."""

    text: str
    garbled: bool


def decode(raw: bytes, charset: str) -> Decoded:
    """Read bytes as the gateway does: in its own charset, whatever the sender meant.

    Bytes that are no text of the charset are shown with U+FFFD in their place; UTF-8 that
    happens to be readable as gbk gives the familiar mojibake. Both are marked garbled.
    """
    try:
        return Decoded(raw.decode(charset), _is_foreign_utf8(raw, charset))
    except UnicodeDecodeError:
        return Decoded(raw.decode(charset, "replace"), True)


def _is_foreign_utf8(raw: bytes, charset: str) -> bool:
    if raw.isascii() or charset.lower().replace("_", "-") in ("utf-8", "utf8"):
        return False
    if not _THREE_BYTES.search(raw):
        return False
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def units(text: str) -> int:
    """UTF-16 code units: what a UCS-2 SMS counts; an emoji is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def segments(length: int) -> int:
    """条 billed for a text of `length` UTF-16 units: 1 up to 70, else ceil(n / 67).

    Document 1.1.1: 70 characters are one SMS, more are counted "by the standard of long SMS".
    """
    return 1 if length <= ONE_SMS else -(-length // ONE_PART)


def signed(text: str, signature: str) -> str:
    """The text with the gateway's 【signature】 before it, unless it already carries it."""
    if not signature:
        return text
    mark = signature if signature.startswith("【") else f"【{signature}】"
    return text if text.startswith(mark) or text.endswith(mark) else mark + text


def numbers(send_phone: str) -> tuple[str, ...]:
    """The comma-separated numbers of `send_phone`; empty places are no numbers."""
    return tuple(part for each in send_phone.split(",") if (part := each.strip()))


def is_number(phone: str) -> bool:
    """A mobile number of 11 digits, or 小灵通 with area code (document 1.1.1); no +86."""
    return bool(_MOBILE.fullmatch(phone) or _PHS.fullmatch(phone))


def send_time(value: str) -> int | None:
    """`YYYYMMDDHHMMSS` in China time → UTC microseconds; None when it is absent or unreadable.

    The document does not say what an unreadable time does; here such an SMS goes at once.
    """
    if not _SEND_TIME.fullmatch(value):
        return None
    try:
        local = datetime.strptime(value, "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
    except ValueError:
        return None
    return (local - EPOCH) // timedelta(microseconds=1)


def china_time(at: int) -> str:
    """UTC microseconds → `2026-09-03 11:20:30` in China time."""
    return f"{(EPOCH + timedelta(microseconds=at)).astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
