"""The other side of the SMS gateway 企业短信通, for tests and the demo; it sends no SMS."""

from sms_notify.simulator.faults import Fault, Faults, Kind
from sms_notify.simulator.gateway import Gateway
from sms_notify.simulator.model import (
    Account,
    Call,
    Ending,
    Fate,
    Logged,
    Options,
    Outcome,
    Sms,
)
from sms_notify.simulator.phones import bubble
from sms_notify.simulator.server import Simulator, serve

__all__ = [
    "Account",
    "Call",
    "Ending",
    "Fate",
    "Fault",
    "Faults",
    "Gateway",
    "Kind",
    "Logged",
    "Options",
    "Outcome",
    "Simulator",
    "Sms",
    "bubble",
    "serve",
]
