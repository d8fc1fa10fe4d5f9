"""What is asked of an account, and how often: its reports and its replies, each in its turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sms_notify.gateways import (
    MOST_REPLIES,
    MOST_REPORTS,
    Gateway,
    Polled,
    Replying,
    Reporting,
    read_replies,
    read_reports,
)
from sms_notify.model import DAY, HOUR, MINUTE, Micros
from sms_notify.store import polls
from sms_notify.store.sql import Statement


class Asked(StrEnum):
    """What a poll asks for."""

    reports = "reports"
    replies = "replies"


Turn = tuple[str, Asked]
"""An account and what is asked of it: one poller at a time, whatever the gateways are called."""


@dataclass(frozen=True, slots=True)
class Way:
    """What is particular to one kind. `expected` says whether anything is to be expected of what
    happened in the last `lately`; if not, it is asked for `idle_times` as rarely, and at most once
    in `least_idle`. `full`: a page with that text may be followed by another."""

    expected: Statement
    lately: Micros
    idle_times: int
    least_idle: Micros
    full: Callable[[str], bool]

    def idle(self, every: Micros) -> Micros:
        return max(self.least_idle, self.idle_times * every)


WAYS: Mapping[Asked, Way] = {
    Asked.reports: Way(
        polls.OUTSTANDING,
        HOUR,
        30,
        5 * MINUTE,
        lambda text: (read_reports(text).claimed or 0) >= MOST_REPORTS,
    ),
    # somebody who asks who is on call, or answers late, does not wait for minutes
    Asked.replies: Way(
        polls.AWAITED,
        DAY,
        6,
        MINUTE,
        lambda text: (read_replies(text).claimed or 0) >= MOST_REPLIES,
    ),
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where one kind is asked for, and every how many µs; `fetch` blocks and never raises."""

    kind: Asked
    gateway: str
    account: str
    every: Micros
    patience: Micros
    fetch: Callable[[], Polled]

    @property
    def turn(self) -> Turn:
        return self.account, self.kind


def sources(gateways: Iterable[Gateway]) -> dict[Turn, Source]:
    """The gateway through which each account is asked for each kind that is configured."""
    found: dict[Turn, Source] = {}
    for each in gateways:
        if isinstance(each, Reporting) and each.poll.reports > 0:
            _add(found, each, Asked.reports, each.poll.reports, each.reports)
        if isinstance(each, Replying) and each.poll.replies > 0:
            _add(found, each, Asked.replies, each.poll.replies, each.replies)
    return found


def _add(
    found: dict[Turn, Source],
    gateway: Reporting | Replying,
    kind: Asked,
    every: Micros,
    fetch: Callable[[], Polled],
) -> None:
    source = Source(kind, gateway.name, gateway.account, every, gateway.poll_patience, fetch)
    found.setdefault(source.turn, source)
