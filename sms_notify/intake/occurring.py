"""Which occurrence does an alert speak of: a new one, the one that fires, or one that is over?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from sms_notify.config.model import Flapping
from sms_notify.intake.flapping import burns_again
from sms_notify.intake.ledger import Ledger
from sms_notify.model import MINUTE, Alert, Micros
from sms_notify.store.facts import Occurrence

NEW_START: Micros = 5 * MINUTE
"""A startsAt this much later than we last saw it firing is a new occurrence: the end of the old
one was not told to us. Less is the same one, pushed again with another start (measured)."""


class Said(Enum):
    """What an alert says of its occurrence."""

    fires = "fires"  # anew or still
    raised = "raised"  # still, and worse than before
    ends = "ends"
    ended_unheard = "ended_unheard"  # its end came, and we never knew that it fired
    late = "late"  # a copy of something that is over


@dataclass(frozen=True, slots=True)
class Seen:
    """An alert with its occurrence, after the Ledger took it in."""

    alert: Alert
    occurrence: Occurrence
    said: Said
    too_often: bool = False
    """It came and went so often that this is told, once; then no more of it for a while."""


Key = tuple[str, str, bool]
"""Source, fingerprint, does it fire."""


def distinct(alerts: Iterable[Alert]) -> dict[Key, Alert]:
    """Each alert once, though a body may name it twice."""
    return {(one.source, one.fingerprint, one.ended_at is None): one for one in alerts}


def occur(
    ledger: Ledger, alert: Alert, *, keeps_start: bool = True, flapping: Flapping | None = None
) -> Seen:
    """Take one alert into the Ledger and say what it means.

    `keeps_start`: the source says the same startsAt each time; one that says when it was called
    (a line with --key) fires on until it ends, however late the next call. `flapping`: what
    counts as coming and going; None looks for nothing.
    """
    known = ledger.occurrence(alert.source, alert.fingerprint)
    if alert.ended_at is not None:
        return _over(ledger, alert, alert.ended_at, known)
    if known is None:
        return Seen(alert, ledger.begin(alert, alert.starts_at), Said.fires)
    if known.ended_at is not None:
        return _fires_after_end(ledger, alert, known, known.ended_at, flapping)
    # the source's clock may be ahead of ours: a start that we know is no new one
    if keeps_start and alert.starts_at > max(known.last_seen, known.starts_at) + NEW_START:
        return _missed_end(ledger, alert, known, flapping)
    if alert.level > known.level:
        return Seen(alert, ledger.raise_level(known, alert.level), Said.raised)
    ledger.seen(known)
    return Seen(alert, known, Said.fires)


def _over(ledger: Ledger, alert: Alert, ended_at: Micros, known: Occurrence | None) -> Seen:
    if known is None:
        return Seen(alert, ledger.begin(alert, alert.starts_at), Said.ended_unheard)
    if known.ended_at is not None:
        newer = alert.starts_at > known.ended_at
        if newer:
            return Seen(alert, ledger.begin(alert, alert.starts_at), Said.ended_unheard)
        return Seen(alert, known, Said.late)
    if ended_at <= known.starts_at and alert.starts_at < known.starts_at:
        return Seen(alert, known, Said.late)  # the end of an earlier occurrence
    return Seen(alert, ledger.end(known, ended_at), Said.ends)


def _fires_after_end(
    ledger: Ledger, alert: Alert, known: Occurrence, ended_at: Micros, flapping: Flapping | None
) -> Seen:
    """An end that we were told: a startsAt up to it is a late copy. One that we were not told
    (`unseen`): any firing copy begins a new occurrence."""
    if alert.starts_at > ended_at:
        return _fires_again(ledger, alert, alert.starts_at, known, flapping)
    if not known.unseen:
        return Seen(alert, known, Said.late)
    starts_at = max(ledger.now, known.starts_at + 1)  # (source, fingerprint, starts_at) is unique
    return _fires_again(ledger, alert, starts_at, known, flapping)


def _fires_again(
    ledger: Ledger, alert: Alert, starts_at: Micros, known: Occurrence, rule: Flapping | None
) -> Seen:
    """A new occurrence of something that we know; one that is worse than before does not flap."""
    until, too_often = known.flaps_until, False
    if rule is None or until is None or until <= ledger.now:
        too_often = rule is not None and _too_often(known, starts_at, rule)
        until = ledger.now + rule.mute if rule and too_often else None
    elif alert.level > known.level:
        until = None
    if known.flaps_until is not None:
        burns_again(ledger, known.id)
    begun = ledger.begin(alert, starts_at, flaps_until=until, starts=known.starts)
    return Seen(alert, begun, Said.fires, too_often)


def _too_often(known: Occurrence, starts_at: Micros, rule: Flapping) -> bool:
    recent = [each for each in known.starts if starts_at - rule.within < each < starts_at]
    return len(recent) + 1 >= rule.changes


def _missed_end(ledger: Ledger, alert: Alert, known: Occurrence, flapping: Flapping | None) -> Seen:
    ledger.end(known, alert.starts_at, unseen=True)
    for number in ledger.incidents_of(known.id):
        incident = ledger.incident(number)
        if incident is not None:
            ledger.change_incident(number, firing=max(0, incident.firing - 1))
    return _fires_again(ledger, alert, alert.starts_at, known, flapping)
