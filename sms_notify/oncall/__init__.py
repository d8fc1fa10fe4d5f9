"""Who is on call: schedules whose turns change at wall-clock times, and the names that mean them.

`on_call` and `shifts` read one schedule; `whom` turns the names of a step into people.
"""

from __future__ import annotations

from sms_notify.oncall.names import whom
from sms_notify.oncall.rotation import Rotation
from sms_notify.oncall.schedule import Shift, on_call, shifts

__all__ = ["Rotation", "Shift", "on_call", "shifts", "whom"]
