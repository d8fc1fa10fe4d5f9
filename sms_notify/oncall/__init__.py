"""Who is on call: schedules whose turns change at wall-clock times, and the names that mean them.

`on_call`, `next_in_line` and `shifts` read one schedule; `whom` turns the names of a step into
people, and `next_change` says when they will be others; `contains` and `spans` read a time
interval, `quiet_span` and `muted_until` what rests by one. `look_ahead.py` finds what is going to
be wrong, `ics.py` writes a calendar for phones.
"""

from __future__ import annotations

from sms_notify.oncall.changes import next_change
from sms_notify.oncall.intervals import contains, spans
from sms_notify.oncall.names import knows, whom
from sms_notify.oncall.resting import muted_until, on_duty, quiet_span, span_at
from sms_notify.oncall.rotation import Rotation
from sms_notify.oncall.schedule import Shift, next_in_line, on_call, shifts

__all__ = [
    "Rotation",
    "Shift",
    "contains",
    "knows",
    "muted_until",
    "next_change",
    "next_in_line",
    "on_call",
    "on_duty",
    "quiet_span",
    "shifts",
    "span_at",
    "spans",
    "whom",
]
