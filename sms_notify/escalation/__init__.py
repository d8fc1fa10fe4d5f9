"""What time itself brings, and what is done about it: the next step, repeats, ends.

`inputs` turns due timers into Inputs; `next_step` tells the next in the chain of an incident. `Arm`
sets the timers of handoffs when the rules are new, `overridden` when an override is.
"""

from __future__ import annotations

from sms_notify.escalation.due import inputs
from sms_notify.escalation.handoffs import Arm, overridden, taken_back
from sms_notify.escalation.steps import next_step

__all__ = ["Arm", "inputs", "next_step", "overridden", "taken_back"]
