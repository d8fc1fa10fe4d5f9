"""How much text one request's URL can carry: the gateway's limit, computed for an account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote

URL_LIMIT = 2000
"""Bytes; a classic IIS refuses a query string above 2,048."""

LONGEST_TEXT = 335
"""Units that the gateway takes as one text: five billed segments."""

URL_BYTES_PER_UNIT: Mapping[str, int] = {"gbk": 6, "gb18030": 12, "utf-8": 9}
"""The most that one UTF-16 unit of text can take, percent-encoded."""

_SEND = "/sendsms_txt.asp?us_name=&us_pwd=&send_phone=&send_content="
_PHONE = 12  # digits of a 小灵通 with area code; a mobile has 11


def room(urls: Iterable[str], words: Iterable[str], charset: str, numbers: int) -> int:
    """UTF-16 units of any text that surely fit beside `words` (account, password) and phones.

    Counted as it is sent: words percent-encoded, the commas between numbers as they are.
    At most 335; 0 when not even the numbers fit.
    """
    used = max(map(len, urls)) + len(_SEND) + numbers * (_PHONE + 1) - 1
    used += sum(len(quote(word, safe="", encoding=charset, errors="replace")) for word in words)
    return max(0, min(LONGEST_TEXT, (URL_LIMIT - used) // URL_BYTES_PER_UNIT[charset]))
