"""What people do about incidents and schedules: one place for replies, commands and the API.

Judging is serial, so of two who act at once one is first; the other hears what the first did.
"""

from sms_notify.actions.acting import Actor, Came, Did, acknowledge, escalate, mute
from sms_notify.actions.asked import Acknowledge, Escalate, Mute
from sms_notify.actions.stand_ins import AddOverride, CancelOverride, Made

__all__ = [
    "Acknowledge",
    "Actor",
    "AddOverride",
    "Came",
    "CancelOverride",
    "Did",
    "Escalate",
    "Made",
    "Mute",
    "acknowledge",
    "escalate",
    "mute",
]
