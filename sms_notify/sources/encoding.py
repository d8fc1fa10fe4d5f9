"""Makes text of bytes whose encoding nobody told us."""

from __future__ import annotations

import codecs
import re

_PAIR = re.compile(rb"[\x81-\xfe]([\x30-\xfe])")
_FEW = 10  # one character in ten
_SAMPLE = 64 * 1024


def decoded(data: bytes, *, otherwise: str = "latin-1") -> str:
    """`data` as text, always: UTF-8, UTF-16, GB18030 where it reads as Chinese, or `otherwise`.

    Text that is nearly all UTF-8 (a torn character, one foreign line) stays UTF-8, and U+FFFD
    stands for what is not.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    text = data.decode("utf-8-sig", "replace")
    if _nearly_all_read(text):
        return text
    text = data.decode("gb18030", "replace")
    if _nearly_all_read(text) and not _swallows_letters(data):
        return text
    return data.decode(otherwise, "replace")


def _nearly_all_read(text: str) -> bool:
    ascii_only = len(text.encode("ascii", "ignore"))
    return text.count("�") * _FEW <= len(text) - ascii_only


def _swallows_letters(data: bytes) -> bool:
    """Whether half of the double bytes end in an ASCII letter: then it is `é` before a letter."""
    seconds: list[bytes] = _PAIR.findall(data, 0, _SAMPLE)
    return sum(second.isalpha() for second in seconds) * 2 >= len(seconds)
