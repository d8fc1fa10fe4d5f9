"""What one poll came to, and the entries that its page holds: the words of every gateway."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Fetched(StrEnum):
    """Each says what may have become of what waited at the gateway."""

    page = "page"  # `text` holds entries; the gateway hands them out this once
    nothing = "nothing"  # nothing waited
    busy = "busy"  # later
    account_down = "account_down"  # user or password
    unknown = "unknown"  # refused in words we do not know: nothing was handed out
    unreached = "unreached"  # no byte of the request left
    lost = "lost"  # it may have been handed out, and did not arrive


@dataclass(frozen=True, slots=True)
class Polled:
    """One poll, ended. `text` is the page as it came: it holds phone numbers, for the store only.

    `whole` is False where the page was cut: then more may have been handed out. `reason` is a slug
    (`cut`, `timeout`, `login`, `http_500`); `detail` is for people: shortened, redacted, masked.
    """

    came: Fetched
    reason: str = ""
    text: str = ""
    whole: bool = True
    host: str = ""
    seconds: float = 0.0
    detail: str = ""


class Status(IntEnum):
    """What a report says of a message."""

    delivered = 10
    failed = 20
    no_result = -1


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """One entry of a page of reports; `phone` in E.164 where it can be."""

    provider_id: str
    phone: str
    status: Status


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A page of reports, read. `claimed` is the number that it names, None if it names none."""

    claimed: int | None
    entries: tuple[ReportEntry, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def short(self) -> bool:
        """Fewer or more entries than the page itself says."""
        return self.claimed != len(self.entries) + len(self.unreadable)


@dataclass(frozen=True, slots=True)
class ReplyEntry:
    """One SMS that a person sent; `phone` in E.164 where it can be."""

    inbound_id: str
    phone: str
    text: str


@dataclass(frozen=True, slots=True)
class ReplyPage:
    """A page of inbound SMS, read. Of an `ambiguous` one nothing may be acted on.

    `senders` of an ambiguous page are the phones of everything that looks like an entry.
    """

    claimed: int | None
    entries: tuple[ReplyEntry, ...] = ()
    ambiguous: bool = False
    senders: tuple[str, ...] = ()
