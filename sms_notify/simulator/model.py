"""The nouns of the gateway's side: calls, accounts, SMS, and how one HTTP answer ended."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from enum import StrEnum


class Call(StrEnum):
    """The four calls of the vendor's document, 1.1.1 to 1.1.4."""

    SEND = "send"
    REPORTS = "reports"
    REPLIES = "replies"
    BALANCE = "balance"


PATHS: dict[str, Call] = {
    "/sendsms_txt.asp": Call.SEND,
    "/get_report_txt.asp": Call.REPORTS,
    "/get_receive_message_txt.asp": Call.REPLIES,
    "/get_account_balance.asp": Call.BALANCE,
}
"""Path in lower case (IIS compares paths without case) → call."""


class Ending(StrEnum):
    """How the connection of one request ended, seen from the gateway."""

    ANSWERED = "answered"
    REFUSED = "refused"
    DROPPED_BEFORE = "dropped_before"
    DROPPED_AFTER = "dropped_after"
    TRUNCATED = "truncated"


class Fate(StrEnum):
    """What becomes of an accepted SMS: does it reach the phone, and what is reported (1.1.2).

    delivered: reaches it, `10` · failed: does not, `20` · none: reaches it, `-1`
    never: reaches it, no report comes · lost: does not reach it, no report comes
    """

    DELIVERED = "delivered"
    FAILED = "failed"
    NONE = "none"
    NEVER = "never"
    LOST = "lost"

    @property
    def reaches(self) -> bool:
        """True when the phone shows the SMS."""
        return self not in (Fate.FAILED, Fate.LOST)

    @property
    def status(self) -> int | None:
        """The status of the report (10, 20, -1), or None when no report comes."""
        return {Fate.DELIVERED: 10, Fate.FAILED: 20, Fate.NONE: -1}.get(self)


@dataclass(frozen=True, slots=True)
class Account:
    """An account with the gateway; balance is counted in 条 (billed segments)."""

    name: str
    password: str = field(repr=False)
    balance: int = 1000
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """What the document leaves open and gateways do differently.

    charset: of the query and of the answers (the document is silent; classic ASP is gbk).
    one_id: one SMSID for the whole request instead of one per accepted number.
    comma_replies: `id,phone;content` as the example of 1.1.3 instead of `id;phone;content`.
    signature: what the gateway puts before each text, with or without its 【】; "" for none.
    report_delay: microseconds from reaching the phone until the report can be fetched.
    query_limit: bytes of query string that IIS takes (maxQueryString).
    """

    charset: str = "gbk"
    one_id: bool = False
    comma_replies: bool = False
    signature: str = ""
    report_delay: int = 3_000_000
    query_limit: int = 2048

    def __post_init__(self) -> None:
        """Raise LookupError for a charset that Python does not know."""
        codecs.lookup(self.charset)


@dataclass(frozen=True, slots=True)
class Sms:
    """One accepted SMS to one phone; times are UTC microseconds.

    at: when it reaches the phone (later than accepted_at only with send_time).
    text: as the phone shows it, signature included; units: its UTF-16 code units.
    segments: 条 billed · garbled: the bytes were not text of the gateway's charset.
    """

    id: str
    account: str
    phone: str
    text: str
    units: int
    segments: int
    accepted_at: int
    at: int
    garbled: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """One status report (1.1.2): status is 10 delivered, 20 failed or -1 no result."""

    id: str
    phone: str
    status: int

    def entry(self) -> str:
        """`id;phone;status`."""
        return f"{self.id};{self.phone};{self.status}"


@dataclass(frozen=True, slots=True)
class Reply:
    """One inbound SMS (1.1.3)."""

    id: str
    phone: str
    text: str

    def entry(self, comma: bool) -> str:
        """`id;phone;text`, or `id,phone;text` as the document's example has it."""
        return f"{self.id}{',' if comma else ';'}{self.phone};{self.text}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One HTTP answer and how the connection ended, for sockets and virtual time alike.

    body: the bytes that are sent (cut when TRUNCATED, none when DROPPED or REFUSED).
    length: the Content-Length that was promised; more than len(body) when TRUNCATED.
    seconds: from the request to the first byte of the answer, or to the close.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    length: int = 0
    seconds: float = 0.0
    ended: Ending = Ending.ANSWERED


@dataclass(frozen=True, slots=True)
class Logged:
    """One request in the log; never the password, nor an account name that is not one of ours.

    call is "unknown" for another path; fault is the kind that struck, or "".
    """

    at: int
    call: str
    account: str
    phones: tuple[str, ...]
    text: str
    garbled: bool
    status: int
    answer: str
    ended: str
    fault: str
    seconds: float
