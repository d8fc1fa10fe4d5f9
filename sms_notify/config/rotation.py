"""Whether the turn, the handoff and the zero day of a rotation fit together."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from sms_notify.config.schedules import Every, Handoff

_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def check_rotation(every: Every, handoff: Handoff, since: date) -> tuple[str, str] | None:
    """The key that is wrong and what to write, or None. `since` must be a day of handoff."""
    whole_weeks = every.unit == "w" or (every.unit == "d" and every.count % 7 == 0)
    if handoff.weekday is not None and not whole_weeks:
        text = f"a weekday does not fit turns of {every}; write the time alone, or every: 1w"
        return "handoff", text
    if handoff.monthday is not None and every.unit != "mo":
        return "handoff", f"a day of the month does not fit turns of {every}; write every: 1mo"
    if handoff.weekday is not None and since.weekday() != handoff.weekday:
        return "since", _wrong_weekday(handoff.weekday, since)
    if handoff.monthday is not None and since.day != _day_in(handoff.monthday, since):
        right = since.replace(day=_day_in(handoff.monthday, since))
        return "since", f"{since} is not day {handoff.monthday} of its month; write {right}"
    return None


def settled(every: Every, handoff: Handoff, since: date) -> Handoff:
    """The handoff with the day that `since` implies where only a time was written."""
    weekday = since.weekday() if every.unit == "w" else handoff.weekday
    monthday = handoff.monthday or (since.day if every.unit == "mo" else None)
    return Handoff(weekday, monthday, handoff.hour, handoff.minute)


def _wrong_weekday(weekday: int, since: date) -> str:
    before = since - timedelta(days=(since.weekday() - weekday) % 7)
    is_, wanted = _NAMES[since.weekday()], _NAMES[weekday]
    after = before + timedelta(days=7)
    return f"{since} is a {is_}, but the handoff is on {wanted}; write {before} or {after}"


def _day_in(monthday: int, month: date) -> int:
    return min(monthday, monthrange(month.year, month.month)[1])
