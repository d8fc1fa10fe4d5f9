"""From a YAML file to a frozen, fully checked configuration, with every problem told at once."""

from __future__ import annotations

from sms_notify.config.durations import format_duration, parse_duration
from sms_notify.config.matchers import Matcher, parse_matcher
from sms_notify.config.model import (
    Config,
    Delivery,
    Every,
    Handoff,
    Incidents,
    Levels,
    Person,
    Receiver,
    Route,
    Schedule,
    Server,
    Site,
    Step,
    Throttle,
    Token,
    Wavecom,
    Window,
)
from sms_notify.config.secret import Secret

__all__ = [
    "Config",
    "Delivery",
    "Every",
    "Handoff",
    "Incidents",
    "Levels",
    "Matcher",
    "Person",
    "Receiver",
    "Route",
    "Schedule",
    "Secret",
    "Server",
    "Site",
    "Step",
    "Throttle",
    "Token",
    "Wavecom",
    "Window",
    "format_duration",
    "parse_duration",
    "parse_matcher",
]
