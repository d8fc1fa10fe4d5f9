"""What is to be said: a story about one incident, a digest of many, and the wording to use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from sms_notify.model import Alert, Kind, Level, Micros

MAX_UNITS = 70
"""UTF-16 units of one billed SMS."""

GATEWAY_UNITS = 335
"""The longest text the gateway takes: five segments of 67."""


class Did(StrEnum):
    """What was done; its word stands where `新增` stands for new members."""

    changed = "changed"
    acknowledged = "acknowledged"
    unacknowledged = "unacknowledged"
    flapping = "flapping"


@dataclass(frozen=True, slots=True)
class Remark:
    """`by`: who, as the source names them; `said`: their words, as they wrote them."""

    did: Did = Did.changed
    by: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """One message about one incident.

    `alerts` is the news it speaks of (1 to thousands); `more` counts alerts beyond these
    (Alertmanager's truncation), shown as +N; `firing` counts members still firing. `at` is the
    moment shown. `code` None leaves the reply hint out. `receiver` selects its own templates.
    `remark` is what somebody did to the one alert at its source, or what it does itself, where
    that is the news.
    """

    kind: Kind
    level: Level
    alerts: tuple[Alert, ...]
    more: int = 0
    firing: int = 0
    at: Micros = 0
    code: int | None = None
    receiver: str = ""
    remark: Remark | None = None


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One alert name in a digest: how often, and a few of its alerts for the hosts."""

    name: str
    level: Level
    count: int
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """News held back between `since` and `at`; `ended` counts what is over meanwhile.

    `outage`: so much of it waited because this service was down; 0: it was held back.
    """

    since: Micros
    at: Micros
    lines: tuple[DigestLine, ...]
    ended: int = 0
    code: int | None = None
    outage: int = 0


@dataclass(frozen=True, slots=True)
class Handover:
    """Open incidents for whoever comes on call: the code and the name of each, the worst first."""

    level: Level
    at: Micros
    incidents: tuple[tuple[int | None, str], ...]


class Text(NamedTuple):
    """A finished text with its length in UTF-16 units and billed segments.

    `units` count the signature even where the gateway adds it. `shed` names what had to give,
    in the order in which it went; `fallback` says why the operator's template was not used.
    """

    text: str
    units: int
    segments: int
    shed: tuple[str, ...] = ()
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """An operator's template; `max_units` above 70 buys further segments."""

    text: str
    max_units: int = MAX_UNITS


Templates = Mapping[str, "str | Template"]


@dataclass(frozen=True, slots=True)
class Wording:
    """How texts are worded: the `global`, `text` and `templates` blocks of the configuration.

    `templates` has the keys of `defaults.KEYS` (page, update, resolved, …); `receiver_templates`
    has the same by receiver name. `keep` lists extra labels worth showing beside the subject,
    `subject` the labels that name it, first present wins ((): the built-in order).
    """

    timezone: str = "Asia/Shanghai"
    language: str = "zh"
    signature: str = ""
    signature_by: str = "us"
    charset: str = "gbk"
    templates: Templates = field(default_factory=dict)
    receiver_templates: Mapping[str, Templates] = field(default_factory=dict)
    glossary: Mapping[str, str] = field(default_factory=dict)
    keep: tuple[str, ...] = ("mountpoint", "device")
    subject: tuple[str, ...] = ()
    max_units: int = MAX_UNITS
