"""The checked configuration that the rest of the program reads: frozen, complete, no secrets shown.

Defaults are already filled in, names already resolve, inherited route settings are already set.
What may be written in the file is in written.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sms_notify.config.channels import Channel, Wavecom
from sms_notify.config.durations import format_duration
from sms_notify.config.intervals import PLAIN_WEEK, Holidays, TimeInterval
from sms_notify.config.matchers import Matcher
from sms_notify.config.schedules import Handoff, Leave, Schedule
from sms_notify.config.secret import Secret
from sms_notify.model import DAY, MINUTE, Level, Micros

LEVEL_LABELS = ("level", "severity", "priority")
"""The labels that say how bad an alert is; the first that is present counts."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Which level a source's word means; words are kept case-folded."""

    words: Mapping[str, Level]
    default: Level

    def of(self, labels: Mapping[str, str]) -> tuple[Level, str, bool]:
        """The level, the source's own word ("" if it said none), and whether we know that word."""
        word = ""
        for name in LEVEL_LABELS:
            if word := labels.get(name, ""):
                break
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
    holidays: Holidays = PLAIN_WEEK


@dataclass(frozen=True, slots=True)
class Token:
    """Who may call, and the word that proves it."""

    name: str
    token: Secret


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a password (kept as a bcrypt hash); `acts`: may do more than look."""

    name: str
    password_hash: Secret
    acts: bool = False


@dataclass(frozen=True, slots=True)
class Server:
    """Where `serve` listens; `open` names endpoints that need no token.

    `spool` is the folder in which Zabbix' alert script leaves what it could not hand in; `record`
    for how long raw payloads are kept for `replay`, 0 is not at all.
    """

    host: str
    port: int
    tokens: tuple[Token, ...]
    open: frozenset[str]
    spool: Path = Path("/var/spool/sms-notify")
    record: Micros = 0
    users: tuple[User, ...] = ()

    @property
    def guarded(self) -> bool:
        """Does anybody have to prove who they are?"""
        return bool(self.tokens or self.users)


@dataclass(frozen=True, slots=True)
class Quiet:
    """When somebody wants to sleep, but for alerts that one of `except_` takes: each is a line of
    matchers that must all hold.

    `on_call`: also while a schedule puts this person on call.
    """

    when: TimeInterval
    except_: tuple[tuple[Matcher, ...], ...] = ()
    on_call: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with at least one phone, in E.164 (`+8613800000001`), tried in this order."""

    name: str
    phones: tuple[str, ...] = field(repr=False)
    leave: tuple[Leave, ...] = ()
    quiet: Quiet | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Whom to tell (people, teams, schedules, `schedule+1`), and how long to wait for an answer.

    `wait` None: nothing comes after it.
    """

    to: tuple[str, ...]
    wait: Micros | None


@dataclass(frozen=True, slots=True)
class Template:
    """A text of the operator's; `max_units` above 70 buys further segments."""

    text: str
    max_units: int = 70


@dataclass(frozen=True, slots=True)
class Words:
    """Beside the built-in ones: `glossary` (word → shorter word), the labels worth showing beside
    the subject (`keep`), the labels that name it, first present wins (`subject`)."""

    glossary: Mapping[str, str]
    keep: tuple[str, ...]
    subject: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Receiver:
    """An escalation chain; `to:` in the file is a chain of one step without a wait.

    `templates` are its own texts, by key. `rounds` times through the steps; `ack_timeout` None: an
    answer ends it for good.
    """

    name: str
    steps: tuple[Step, ...]
    rounds: int = 1
    ack_timeout: Micros | None = None
    templates: Mapping[str, Template] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """A node of the route tree. Inherited: receiver, group_by, repeat_interval.

    `group_by` None keeps the source's own grouping; `("...",)` is every label, as in Alertmanager.
    `path` is where it stands in the file: `route`, `route.routes[1]`. `mute` and `active` are its
    own `mute_time_intervals` and `active_time_intervals`; () mutes never.
    """

    matchers: tuple[Matcher, ...]
    receiver: str
    group_by: tuple[str, ...] | None
    repeat_interval: Micros
    continue_: bool
    routes: tuple[Route, ...]
    path: str
    mute: tuple[TimeInterval, ...] = ()
    active: tuple[TimeInterval, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """At most `count` messages in any `span`."""

    count: int
    span: Micros

    def __str__(self) -> str:
        return f"{self.count}/{format_duration(self.span)}"


@dataclass(frozen=True, slots=True)
class Flapping:
    """An alert that begins `changes` times `within` a span is not told for `mute`."""

    changes: int
    within: Micros
    mute: Micros


@dataclass(frozen=True, slots=True)
class Throttle:
    """Windows from short to long; what is over them is folded into a digest.

    `total` are windows for everybody together, () has none; `month` is how many SMS of a calendar
    month may be billed, None any number; `flapping` None looks for nothing that flaps.
    """

    per_person: tuple[Window, ...]
    critical: tuple[Window, ...]
    digest_every: Micros
    total: tuple[Window, ...] = ()
    month: int | None = None
    flapping: Flapping | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How messages leave. `resend_uncertain` None is `never`; `report_timeout` after a message was
    taken, a report of it is missing."""

    workers: int
    batch: int
    expires: Micros
    resolved_expires: Micros
    uncertain_after: Micros
    resend_uncertain: Level | None
    report_timeout: Micros = 5 * MINUTE
    forbidden: str = "split"
    """How a word that the gateway refuses is written instead: split or stars."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A signal that must come at least `every` so often; its absence is told `receiver`."""

    name: str
    matchers: tuple[Matcher, ...]
    every: Micros
    receiver: str
    level: Level = Level.critical

    @property
    def patience(self) -> Micros:
        """How long without a sign before it counts as missing: a tenth more, for jitter."""
        return self.every + self.every // 10


@dataclass(frozen=True, slots=True)
class ProofOfLife:
    """When one SMS goes to whoever `to` means then; `at` is on the clock of the site: every day,
    every week or every month."""

    at: Handoff
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checks:
    """How this program watches itself. `tell`: who hears of its troubles (a person, team or
    schedule); None: the root receiver's people. `look_ahead`: so far into the rota, 0 = never."""

    tell: str | None = None
    look_ahead: Micros = 30 * DAY
    proof_of_life: ProofOfLife | None = None


@dataclass(frozen=True, slots=True)
class Incidents:
    """When an incident is given up as unseen, and whose end is told (`last`, `all`, `none`)."""

    stale_after: Micros
    send_resolved: str


@dataclass(frozen=True, slots=True)
class Replies:
    """What an SMS may do (`ack`, `escalate`, `mute`), and for how long it may mute."""

    allow: frozenset[str]
    max_mute: Micros


@dataclass(frozen=True, slots=True)
class ZabbixUpstream:
    """Zabbix' API. `acknowledges`: an answer is told to it."""

    url: str
    token: Secret
    acknowledges: bool


@dataclass(frozen=True, slots=True)
class AlertmanagerUpstream:
    """Alertmanager's API. `silence`: for how long an answer silences; None: not at all.

    At most one of `token` and `user` with `password` is not empty.
    """

    url: str
    silence: Micros | None
    token: Secret
    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Upstream:
    """The monitoring systems that are told of answers and asked whether something still burns."""

    zabbix: ZabbixUpstream | None = None
    alertmanager: AlertmanagerUpstream | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration. `store` may hold a password: it is shown by `urls.masked`.

    `templates` holds what the file writes; a text that is not there is the built-in one.
    """

    path: Path
    warnings: tuple[str, ...]
    site: Site
    server: Server
    store: str = field(repr=False)
    gateways: tuple[Channel, ...]
    people: Mapping[str, Person]
    teams: Mapping[str, tuple[str, ...]]
    time_intervals: Mapping[str, TimeInterval]
    schedules: Mapping[str, Schedule]
    receivers: Mapping[str, Receiver]
    route: Route
    throttle: Throttle
    delivery: Delivery
    incidents: Incidents
    replies: Replies
    retention: Micros
    text: Words
    templates: Mapping[str, Template]
    checks: Checks = Checks()
    upstream: Upstream = Upstream()
    heartbeats: Mapping[str, Heartbeat] = field(default_factory=dict)
    unready: tuple[str, ...] = ()

    @property
    def sms(self) -> tuple[Wavecom, ...]:
        """The gateways that send SMS, in their order."""
        return tuple(each for each in self.gateways if isinstance(each, Wavecom))

    def start_problems(self) -> tuple[str, ...]:
        """Why `serve` must not start with this: open to the network, or a secret nobody chose."""
        return self.unready
