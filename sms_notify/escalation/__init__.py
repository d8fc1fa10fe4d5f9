"""What time itself brings, and what is done about it: the next step, repeats, ends.

`inputs` turns due timers into Inputs; `next_step` tells the next in the chain of an incident.
"""

from __future__ import annotations

from sms_notify.escalation.due import inputs
from sms_notify.escalation.steps import next_step

__all__ = ["inputs", "next_step"]
