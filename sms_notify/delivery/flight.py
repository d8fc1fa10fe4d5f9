"""What delivery works with: its terms, and one flight: messages that go out in one request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sms_notify.config.model import Delivery
from sms_notify.gateways import Came, Gateway, Outcome, Prepaid, Reporting, Told
from sms_notify.model import MINUTE, SECOND, Micros
from sms_notify.store import outbox
from sms_notify.store.sql import Transaction, json_set

FRESH = MINUTE
"""What was decided longer ago is judged again before it may leave."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_of(at: Micros, zone: ZoneInfo) -> int:
    """The day of a moment in that zone, in days since 1970."""
    local = (_EPOCH + timedelta(microseconds=at)).astimezone(zone)
    return local.date().toordinal() - _EPOCH.date().toordinal()


def start_of(day: int, zone: ZoneInfo) -> Micros:
    """When that day begins there; the inverse of `day_of`."""
    date = datetime.fromordinal(day + _EPOCH.date().toordinal())
    return round((date.replace(tzinfo=zone) - _EPOCH).total_seconds()) * SECOND


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms messages leave. A reload swaps it whole.

    `gateways` in order of preference; `owner` names this process in the leases that it takes;
    `zone` says where a day of `usage` begins; `language` is that of the built-in texts.
    """

    gateways: tuple[Gateway, ...]
    settings: Delivery
    owner: str
    zone: ZoneInfo
    language: str = "zh"

    def day(self, at: Micros) -> int:
        """The local day of a moment, in days since 1970."""
        return day_of(at, self.zone)

    def gateway(self, name: str) -> Gateway | None:
        return next((each for each in self.gateways if each.name == name), None)

    def reports(self, name: str) -> bool:
        """Is the gateway asked what became of its messages?"""
        return name in _reporting(self.gateways)


@lru_cache(maxsize=4)
def _reporting(gateways: tuple[Gateway, ...]) -> frozenset[str]:
    """Those that are asked for reports, by name; worked out once, as `purse.prepaid` is."""
    return frozenset(
        each.name for each in gateways if isinstance(each, Reporting) and each.poll.reports > 0
    )


@dataclass(frozen=True, slots=True)
class Flight:
    """One request that was claimed: its row is committed, not a byte has left.

    `messages` and `phones` (E.164) go together in order. `probe` asks whether an account that is
    down works again.
    """

    request: int
    gateway: str
    account: str
    text: str
    messages: tuple[int, ...]
    phones: tuple[str, ...] = field(repr=False)
    started_at: Micros
    lease_until: Micros
    probe: bool = False
    segments: int = 1
    """What each of its messages is billed; 0: it is no SMS."""
    said_with: int | None = None
    """The message with which all of it was said already: nothing leaves."""


def fly(terms: Terms, flight: Flight) -> Outcome:
    """Send it: the one step of delivery that leaves this machine. Never raises.

    What is raised in a gateway is a fault of ours at an unknown moment: uncertain. Only its type is
    kept, since its text may hold the URL. A library that panics raises no Exception; its flight
    would stay in the air, and its messages in nobody's hands, for as long as this process lives.
    """
    if flight.said_with is not None:
        detail = f"with message {flight.said_with}"
        return Outcome(Came.accepted, "said_already", len(flight.messages), detail=detail)
    gateway = terms.gateway(flight.gateway)
    if gateway is None:  # a reload took it away between claim and send
        return Outcome(Came.unreached, "no_gateway")
    try:
        outcome = gateway.send(flight.phones, flight.text)
    except BaseException as error:
        return Outcome(Came.uncertain, type(error).__name__)
    return _with_balance(gateway, outcome) if outcome.reason == "balance" else outcome


def _with_balance(gateway: Gateway, outcome: Outcome) -> Outcome:
    """It was refused because too little is left: how much is?"""
    if not isinstance(gateway, Prepaid):
        return outcome
    try:
        balance = gateway.balance()
    except Exception:
        return outcome
    seconds = outcome.seconds + balance.seconds
    left = balance.left if balance.told is Told.left else None
    return replace(outcome, left=left, seconds=seconds)


class History:
    """Gathers the events of one transaction and writes them at once."""

    __slots__ = ("_at", "_rows")

    def __init__(self, at: Micros) -> None:
        self._at = at
        self._rows: list[dict[str, object]] = []

    def message(self, number: int, what: str, detail: str = "") -> None:
        self._add("message", number, what, detail)

    def gateway(self, what: str, detail: str) -> None:
        self._add("gateway", 0, what, detail)

    def _add(self, about: str, number: int, what: str, detail: str) -> None:
        self._rows.append(
            {"at": self._at, "about": about, "about_id": number, "what": what, "detail": detail}
        )

    def write(self, tx: Transaction) -> None:
        tx.many(outbox.EVENT, self._rows)


def add_usage(
    tx: Transaction, day: int, used: Sequence[tuple[str, str, int]], sign: int = 1
) -> None:
    """Count the segments of (receiver, person, segments); with `sign` -1 give them back."""
    sums: dict[tuple[str, str], int] = {}
    for receiver, person, segments in used:
        sums[receiver, person] = sums.get((receiver, person), 0) + sign * segments
    rows = [
        {"day": day, "receiver": receiver, "person": person, "segments": number}
        for (receiver, person), number in sorted(sums.items())
    ]
    tx.many(outbox.USAGE, rows)


REPORT_TIMER = "report"
"""The kind of timer that has the unmatched reports of one phone looked at again."""


def look_for_reports(
    tx: Transaction, phones: Mapping[str, Iterable[str]], incidents: Iterable[int], now: Micros
) -> None:
    """A report may be read before the send that it is of was settled: then it waits for this.

    `phones` by account; of `incidents` the next step is due. All timers of a transaction in one
    order, and before the rows of accounts: so does whoever judges, and nobody waits in a circle.
    """
    found = {
        row[0]
        for account, some in sorted(phones.items())
        for row in tx.all(
            outbox.WAITING_REPORTS, phones=json_set(sorted(set(some))), of_account=account
        )
    }
    due = [(REPORT_TIMER, phone) for phone in sorted(found)]
    due += sorted(("step", str(incident)) for incident in incidents)
    tx.many(outbox.TIMER_NOW, [{"kind": kind, "key": key, "due_at": now} for kind, key in due])
