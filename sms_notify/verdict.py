"""May this person be told now? The throttle, as one pure question with a named answer.

The windows have no counters: they read when the person's last messages were queued.
`n/w` is full if the n-th last message is younger than w.
"""

from __future__ import annotations

from collections.abc import Sequence

from sms_notify.config import Throttle
from sms_notify.config.model import Window
from sms_notify.model import Lane, Micros


def lane_windows(throttle: Throttle, lane: Lane) -> tuple[Window, ...]:
    """The windows that hold messages of this lane; none for `free`."""
    if lane is Lane.critical:
        return throttle.critical
    return throttle.per_person if lane is Lane.person else ()


def full_window(windows: Sequence[Window], queued: Sequence[Micros], now: Micros) -> Window | None:
    """The first window that has no room at `now`; `queued` holds moments, the latest first."""
    for window in windows:
        if len(queued) >= window.count and queued[window.count - 1] > now - window.span:
            return window
    return None


def room_at(windows: Sequence[Window], queued: Sequence[Micros], now: Micros) -> Micros:
    """The first moment from `now` on at which every window has room, if nothing else is sent."""
    opens = [
        queued[window.count - 1] + window.span for window in windows if len(queued) >= window.count
    ]
    return max([now, *opens])


def digest_due(
    throttle: Throttle, lane: Lane, queued: Sequence[Micros], held_since: Micros, now: Micros
) -> Micros:
    """When held news goes in a digest: as soon as there is room, at the latest `digest_every`
    after the oldest of it was held, although a window is full then."""
    return min(
        room_at(lane_windows(throttle, lane), queued, now), held_since + throttle.digest_every
    )


def longest(throttle: Throttle) -> Micros:
    """How far back the windows look, in µs."""
    return max([window.span for window in (*throttle.per_person, *throttle.critical)], default=0)
