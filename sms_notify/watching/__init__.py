"""What this program watches by the clock: heartbeats, texts for later, its own proof of life, and
what is going to be wrong. Each is an Input that is judged like an alert.
"""

from sms_notify.watching.planned import Came, Cancel, Keep, Kept, kept
from sms_notify.watching.proof import Looked
from sms_notify.watching.watch import Watch

__all__ = ["Came", "Cancel", "Keep", "Kept", "Looked", "Watch", "kept"]
