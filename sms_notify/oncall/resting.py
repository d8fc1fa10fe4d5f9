"""When somebody or something is not to be disturbed: a person's quiet hours, a route that mutes."""

from __future__ import annotations

from collections.abc import Sequence

from sms_notify.config.intervals import TimeInterval
from sms_notify.config.model import Config
from sms_notify.config.schedules import Override
from sms_notify.model import DAY, Micros
from sms_notify.oncall.changes import edges
from sms_notify.oncall.intervals import Span, contains, spans
from sms_notify.oncall.names import whom

LONGEST: Micros = 8 * DAY
"""What rests longer is looked at again after this: nothing is kept back by a look into a year."""

_BOUNDARIES = 50
_BACK, _AHEAD = 2 * DAY, (2 * DAY, LONGEST)


def span_at(interval: TimeInterval, at: Micros) -> Span | None:
    """The unbroken time around `at` in which the interval holds, None if it does not.

    It is cut two days before `at` and LONGEST after it.
    """
    if not contains(interval, at):
        return None
    for ahead in _AHEAD:
        for begins, ends in spans(interval, at - _BACK, at + ahead):
            if begins <= at < ends and (ends < at + ahead or ahead == LONGEST):
                return begins, ends
    return None


def on_duty(config: Config, at: Micros, overrides: Sequence[Override] = ()) -> frozenset[str]:
    """Whom the schedules put on call at `at`. Who is next in line, in a team, or named by a
    receiver is not on duty for that."""
    return frozenset(whom(config, tuple(config.schedules), at, overrides))


def quiet_span(
    config: Config, person: str, at: Micros, overrides: Sequence[Override] = ()
) -> Span | None:
    """The quiet hours of a person around `at`, None if it is not quiet for them.

    A schedule that puts them on call ends it, also in the middle, unless `quiet.on_call`.
    """
    quiet = config.people[person].quiet
    span = span_at(quiet.when, at) if quiet else None
    if quiet is None or span is None or quiet.on_call:
        return span
    if person in on_duty(config, at, overrides):
        return None
    for edge in edges(config, config.schedules, at, span[1], overrides):
        if person in on_duty(config, edge, overrides):
            return span[0], edge
    return span


def muted_until(
    mute: Sequence[TimeInterval], active: Sequence[TimeInterval], at: Micros
) -> tuple[str, Micros] | None:
    """By which interval a route is muted at `at`, and until when; None if it is not.

    Alertmanager's rule: muted while an interval of `mute` holds, or while there are intervals in
    `active` and none of them holds.
    """
    first, moment = "", at
    for _ in range(_BOUNDARIES):
        found = _boundary(mute, active, moment)
        if found is None or moment >= at + LONGEST:
            break
        first, moment = first or found[0], found[1]
    return (first, min(moment, at + LONGEST)) if first else None


def _boundary(
    mute: Sequence[TimeInterval], active: Sequence[TimeInterval], at: Micros
) -> tuple[str, Micros] | None:
    """What mutes at `at`, and when that is over."""
    for each in mute:
        span = span_at(each, at)
        if span is not None:
            return each.name, span[1]
    if not active or any(contains(each, at) for each in active):
        return None
    begins = [next(spans(each, at, at + LONGEST), None) for each in active]
    moments = [span[0] for span in begins if span is not None]
    return " ".join(each.name for each in active), min(moments, default=at + LONGEST)
