"""The checked configuration that the rest of the program reads: frozen, complete, no secrets shown.

Defaults are already filled in, names already resolve, inherited route settings are already set.
What may be written in the file is in written.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sms_notify.config import start
from sms_notify.config.durations import format_duration
from sms_notify.config.matchers import Matcher
from sms_notify.config.secret import Secret
from sms_notify.config.url_room import room
from sms_notify.config.urls import masked
from sms_notify.model import Level, Micros

LEVEL_LABELS = ("level", "severity", "priority")
"""The labels that say how bad an alert is; the first that is present counts."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Which level a source's word means; words are kept case-folded."""

    words: Mapping[str, Level]
    default: Level

    def of(self, labels: Mapping[str, str]) -> tuple[Level, str, bool]:
        """The level, the source's own word ("" if it said none), and whether we know that word."""
        word = next((labels[name] for name in LEVEL_LABELS if labels.get(name)), "")
        level = self.words.get(word.strip().casefold())
        return (self.default, word, False) if level is None else (level, word, True)


@dataclass(frozen=True, slots=True)
class Site:
    """The `global` block. `signature` is without its brackets 【】, "" for none."""

    timezone: str
    language: str
    signature: str
    default_level: Level
    levels: Levels


@dataclass(frozen=True, slots=True)
class Token:
    """Who may call, and the word that proves it."""

    name: str
    token: Secret


@dataclass(frozen=True, slots=True)
class Server:
    """Where `serve` listens; `open` names endpoints that need no token."""

    host: str
    port: int
    tokens: tuple[Token, ...]
    open: frozenset[str]


@dataclass(frozen=True, slots=True)
class Wavecom:
    """One account of the 企业短信通 gateway, with its hosts in order of preference."""

    name: str
    account: str
    password: Secret
    urls: tuple[str, ...]
    charset: str
    connect_timeout: Micros
    read_timeout: Micros
    signature_by: str
    proxy: str | None = field(default=None, repr=False)

    def room(self, charset: str | None = None, numbers: int = 1) -> int:
        """How many UTF-16 units of any text surely fit into one request to that many phones."""
        words = (self.account, self.password.reveal())
        return room(self.urls, words, charset or self.charset, numbers)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with at least one phone, in E.164 (`+8613800000001`), tried in this order."""

    name: str
    phones: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Every:
    """How long a turn is: a count of hours `h`, days `d`, weeks `w` or months `mo`."""

    count: int
    unit: str

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


@dataclass(frozen=True, slots=True)
class Handoff:
    """The wall-clock moment of a handoff in `global.timezone`.

    `weekday` (Monday 0) is set when turns are whole weeks written with a weekday or `w`;
    `monthday` (1-31; 31 = the last day of shorter months) when turns are months.
    """

    weekday: int | None
    monthday: int | None
    hour: int
    minute: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """One rotation. `rotate[0]` is on from the handoff of day `since`; () is an intended gap."""

    name: str
    rotate: tuple[tuple[str, ...], ...]
    every: Every
    handoff: Handoff
    since: date


@dataclass(frozen=True, slots=True)
class Step:
    """Whom to tell (people, teams, schedules), and how long to wait for an answer."""

    to: tuple[str, ...]
    wait: Micros | None


@dataclass(frozen=True, slots=True)
class Receiver:
    """An escalation chain; `to:` in the file is a chain of one step without a wait."""

    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """A node of the route tree. Inherited: receiver, group_by, repeat_interval.

    `group_by` None keeps the source's own grouping; `("...",)` is every label, as in Alertmanager.
    `path` is where it stands in the file: `route`, `route.routes[1]`.
    """

    matchers: tuple[Matcher, ...]
    receiver: str
    group_by: tuple[str, ...] | None
    repeat_interval: Micros
    continue_: bool
    routes: tuple[Route, ...]
    path: str


@dataclass(frozen=True, slots=True)
class Window:
    """At most `count` messages in any `span`."""

    count: int
    span: Micros

    def __str__(self) -> str:
        return f"{self.count}/{format_duration(self.span)}"


@dataclass(frozen=True, slots=True)
class Throttle:
    """Windows from short to long; what is over them is folded into a digest."""

    per_person: tuple[Window, ...]
    critical: tuple[Window, ...]
    digest_every: Micros


@dataclass(frozen=True, slots=True)
class Delivery:
    """How messages leave. `resend_uncertain` None is `never`."""

    workers: int
    batch: int
    expires: Micros
    resolved_expires: Micros
    uncertain_after: Micros
    resend_uncertain: Level | None


@dataclass(frozen=True, slots=True)
class Incidents:
    """When an incident is given up as unseen, and whose end is told (`last`, `all`, `none`)."""

    stale_after: Micros
    send_resolved: str


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration. `store` may hold a password: print `store_masked`.

    `templates` holds what the file writes; a text that is not there is the built-in one.
    """

    path: Path
    warnings: tuple[str, ...]
    site: Site
    server: Server
    store: str = field(repr=False)
    gateways: tuple[Wavecom, ...]
    people: Mapping[str, Person]
    teams: Mapping[str, tuple[str, ...]]
    schedules: Mapping[str, Schedule]
    receivers: Mapping[str, Receiver]
    route: Route
    throttle: Throttle
    delivery: Delivery
    incidents: Incidents
    retention: Micros
    templates: Mapping[str, str]

    @property
    def store_masked(self) -> str:
        """The store's URL as it may be shown."""
        return masked(self.store)

    def start_problems(self) -> tuple[str, ...]:
        """Why `serve` must not start with this: open to the network, or a secret nobody chose."""
        return tuple(f"{self.path}: {text}" for text in start.problems(self))
