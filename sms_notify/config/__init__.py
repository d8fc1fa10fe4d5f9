"""From a YAML file to a frozen, fully checked configuration, with every problem told at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sms_notify.config.channels import Apprise, Channel, Poll, Wavecom
from sms_notify.config.durations import format_duration, parse_duration
from sms_notify.config.intervals import Holidays, Period, TimeInterval
from sms_notify.config.matchers import Matcher, parse_matchers
from sms_notify.config.model import (
    Checks,
    Config,
    Delivery,
    Heartbeat,
    Incidents,
    Levels,
    Person,
    ProofOfLife,
    Quiet,
    Receiver,
    Replies,
    Route,
    Server,
    Site,
    Step,
    Throttle,
    Token,
    Window,
)
from sms_notify.config.schedules import GAP, Every, Handoff, Layer, Leave, Override, Schedule
from sms_notify.config.secret import Secret

if TYPE_CHECKING:
    from sms_notify.config.problems import Problem

__all__ = [
    "GAP",
    "Apprise",
    "Channel",
    "Checks",
    "Config",
    "Delivery",
    "Every",
    "Handoff",
    "Heartbeat",
    "Holidays",
    "Incidents",
    "Layer",
    "Leave",
    "Levels",
    "Matcher",
    "Override",
    "Period",
    "Person",
    "Poll",
    "ProofOfLife",
    "Quiet",
    "Receiver",
    "Replies",
    "Route",
    "Schedule",
    "Secret",
    "Server",
    "Site",
    "Step",
    "Throttle",
    "TimeInterval",
    "Token",
    "Wavecom",
    "Window",
    "format_duration",
    "json_schema",
    "load",
    "parse",
    "parse_duration",
    "parse_matchers",
    "sample_yaml",
]


def load(
    path: Path,
    *,
    environ: Mapping[str, str] = os.environ,
    secrets: bool = True,
    further: Callable[[Config], Iterable[Problem]] | None = None,
) -> Config:
    """Read and check a file. Raises errors.ConfigError with every problem at once.

    `secrets=False`: a secret that cannot be read is a warning, not an error. `further` finds what
    this room cannot see; it is asked even if other parts are wrong, with what can be read.
    """
    from sms_notify.config import reading

    return reading.config_of(reading.text_of(path), path, environ, secrets, further=further)


def parse(
    text: str,
    *,
    path: Path = Path("config.yaml"),
    environ: Mapping[str, str] = os.environ,
    secrets: bool = True,
) -> Config:
    """The same for a text that is at hand; relative paths in it start at the folder of `path`."""
    from sms_notify.config import reading

    return reading.config_of(text, path, environ, secrets)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the file, for editors that complete and check YAML."""
    from sms_notify.config import schema

    return schema.json_schema()


def sample_yaml(gateway: str = "http://127.0.0.1:9098") -> str:
    """The smallest configuration that works, with a gateway at that address."""
    return f"""\
store: sqlite:///sms-notify.db
gateways:
  - {{name: 主通道, type: wavecom, account: demo, password: demo-gateway-word, urls: ["{gateway}"]}}
people:
  张伟: {{phone: "+8613800000001"}}
receivers:
  - {{name: 兜底, to: 张伟}}
route: {{receiver: 兜底}}
"""
