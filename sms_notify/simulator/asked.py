"""One request as the gateway reads it: path, parameters, charset, and the checks of a send."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from sms_notify.simulator.model import PATHS, Account, Call, Options
from sms_notify.simulator.text import decode, numbers, segments, send_time, signed, units

MOST_PIECES = 100
MOST_CHARACTERS = 335


@dataclass(frozen=True, slots=True)
class Asked:
    """A decoded request. text carries the signature; typed is what the sender wrote.

    due: the send_time in UTC microseconds, or None for at once.
    """

    call: Call | None
    query_length: int
    name: str = ""
    password: str = field(default="", repr=False)
    phones: tuple[str, ...] = ()
    typed: str = ""
    text: str = ""
    garbled: bool = False
    units: int = 0
    segments: int = 0
    due: int | None = None


def read(path_and_query: bytes, options: Options) -> Asked:
    """Read `/path?query` as IIS and ASP would: names without case, bytes in the charset."""
    path, _, query = path_and_query.partition(b"?")
    call = PATHS.get(unquote_to_bytes(path).decode("latin-1").lower())
    if call is None or len(query) > options.query_limit:
        return Asked(call, len(query))
    given = parameters(query)
    name = decode(given.get("us_name", b""), options.charset).text
    password = decode(given.get("us_pwd", b""), options.charset).text
    if call is not Call.SEND:
        return Asked(call, len(query), name, password)
    return _read_send(given, Asked(call, len(query), name, password), options)


def _read_send(given: dict[str, bytes], asked: Asked, options: Options) -> Asked:
    content = decode(given.get("send_content", b""), options.charset)
    text = signed(content.text, options.signature)
    length = units(text)
    return Asked(
        call=asked.call,
        query_length=asked.query_length,
        name=asked.name,
        password=asked.password,
        phones=numbers(decode(given.get("send_phone", b""), options.charset).text),
        typed=content.text,
        text=text,
        garbled=content.garbled,
        units=length,
        segments=segments(length),
        due=send_time(given.get("send_time", b"").decode("latin-1")),
    )


def parameters(query: bytes) -> dict[str, bytes]:
    """Query string → name in lower case → raw bytes; a name given twice is joined by `, `."""
    found: dict[str, bytes] = {}
    for part in query.split(b"&"):
        name, _, value = part.replace(b"+", b" ").partition(b"=")
        key = unquote_to_bytes(name).decode("latin-1").lower()
        raw = unquote_to_bytes(value)
        found[key] = found[key] + b", " + raw if key in found else raw
    return found


def send_refusal(asked: Asked, account: Account | None, forbidden: Collection[str]) -> str:
    """The negative answer to a send, or "" when it is taken.

    The document (1.1.1) lists the codes and gives no order; here they are checked as listed.
    -4 and -9 speak of 条, so they count numbers × segments.
    """
    word = first_forbidden(asked.text, forbidden)
    pieces = len(asked.phones) * asked.segments
    checks = (
        (not asked.phones, "-1"),
        (not asked.typed.strip(), "-2"),
        (word, f"-3|{word}"),
        (pieces > MOST_PIECES, "-4"),
        (not is_login(asked, account), "-7"),
        (asked.units > MOST_CHARACTERS, "-8"),
        (account is not None and pieces > account.balance, "-9"),
        (account is not None and account.locked, "-10"),
    )
    return next((answer for failed, answer in checks if failed), "")


def poll_refusal(asked: Asked, account: Account | None) -> str:
    """`-1` unknown account, `-7` wrong password, or "" (document 1.1.2 to 1.1.4)."""
    if account is None:
        return "-1"
    return "" if is_login(asked, account) else "-7"


def is_login(asked: Asked, account: Account | None) -> bool:
    """True when the account is known and the password is its own."""
    return account is not None and asked.password == account.password


def first_forbidden(text: str, forbidden: Collection[str]) -> str:
    """The forbidden word that stands first in the text, or ""."""
    found = [(place, word) for word in forbidden if word and (place := text.find(word)) >= 0]
    return min(found)[1] if found else ""
