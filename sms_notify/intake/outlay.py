"""The limits that everybody shares: messages of all in a span, billed SMS of a calendar month.

They hold everything but critical pages. What the program itself has to say, answers and the second
send of a message count, and are not held.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sms_notify.config import Config
from sms_notify.intake.ledger import Ledger
from sms_notify.model import HOUR, Micros
from sms_notify.store import outlay
from sms_notify.store.facts import Keys

LOOK_AGAIN: Micros = HOUR
"""So often it is asked again whether the budget has room: a reload may have raised it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Full:
    """No room for everybody together; there may be some at `until`."""

    reason: str
    until: Micros


def month_of(at: Micros, zone: ZoneInfo) -> tuple[int, Micros]:
    """The first day of the local month, in days since 1970, and when the next one begins."""
    first = (_EPOCH + at * _MICROSECOND).astimezone(zone).replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    day = first.date().toordinal() - _EPOCH.date().toordinal()
    return day, (after.astimezone(UTC) - _EPOCH) // _MICROSECOND


def ask(keys: Keys, config: Config, now: Micros) -> Keys:
    """Have loaded what `full` must know."""
    wanted = {(outlay.SPAN, now - window.span) for window in config.throttle.total}
    if config.throttle.month is not None:
        wanted.add((outlay.SINCE, month_of(now, ZoneInfo(config.site.timezone))[0]))
    if wanted:
        keys.asked.setdefault(outlay.read, set()).update(wanted)
    return keys


def full(ledger: Ledger, config: Config) -> Full | None:
    """Which limit has no room now, with what this batch added; None where nobody asked."""
    spent: outlay.Spent = ledger.facts.answers.get(outlay.read, {})
    messages, segments = ledger.added
    now, throttle = ledger.now, config.throttle
    for window in throttle.total:
        count, first = spent.get((outlay.SPAN, now - window.span), (0, None))
        if count + messages >= window.count:
            return Full(reason=f"total: {window} is full", until=(first or now) + window.span)
    if throttle.month is None:
        return None
    day, after = month_of(now, ZoneInfo(config.site.timezone))
    used, _ = spent.get((outlay.SINCE, day), (0, None))
    if used + segments < throttle.month:
        return None
    until = min(after, now + LOOK_AGAIN)
    return Full(reason=f"budget: {throttle.month} SMS of the month are used up", until=until)
