"""The nouns of the program and the one table of allowed message moves: read this file first.

All moments are integers, microseconds since 1970 UTC. Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

Micros = int
"""A moment: microseconds since 1970 UTC; a span: microseconds."""


class Level(IntEnum):
    """How bad; the number is stored and ordered."""

    info = 0
    warning = 1
    critical = 2


@dataclass(frozen=True, slots=True)
class Alert:
    """One normalised event and its occurrence, as a source said it.

    `fingerprint` identifies the thing that fires within its `source`; `ended_at` is the source's
    own end, None while firing. `level` is mapped by the configuration, `source_level` is the
    source's word for it ("" if it said none). `wordless`: the source said that it is over and not
    a word more, so that its name is none.
    """

    source: str
    fingerprint: str
    starts_at: Micros
    ended_at: Micros | None
    level: Level
    source_level: str
    name: str
    summary: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    wordless: bool = False

    @property
    def firing(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class Bad:
    """An alert of a call that could not be understood: told by name and level only."""

    where: str
    problem: str
    name: str = ""
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a source (a webhook, one Zabbix script run, one `send`), parsed.

    `key` makes the call idempotent where the source gives one (else None). `group` is the
    source's own grouping (Alertmanager: groupLabels; line: the key or the call's id).
    `receiver` is asked for by path, sendto or --to; None leaves it to the route tree.
    `truncated` counts alerts of the group that the body does not hold. `ends_itself` marks events
    for which no end will ever come (a line without --key). `body` is what arrived, for the record.
    """

    source: str
    called_at: Micros
    alerts: tuple[Alert, ...]
    group: Mapping[str, str]
    key: str | None = None
    receiver: str | None = None
    truncated: int = 0
    ends_itself: bool = False
    repeats: bool = False
    """True where the source sends no repeats itself (Zabbix, `--key` lines): a timer does."""
    bad: tuple[Bad, ...] = ()
    body: bytes = b""
    late: bool = False
    """It waited so long for this service that it is told in one digest with others like it."""
    near_keys: tuple[str, ...] = ()
    """Keys under which the same call may be known, made within an hour (Zabbix without an id)."""


class MessageState(StrEnum):
    """Where one SMS stands; see MOVES."""

    held = "held"
    queued = "queued"
    sending = "sending"
    uncertain = "uncertain"
    sent = "sent"
    delivered = "delivered"
    failed = "failed"
    expired = "expired"
    folded = "folded"


S = MessageState

MOVES: Mapping[MessageState, frozenset[MessageState]] = {
    S.held: frozenset({S.queued, S.folded}),
    # sent, delivered, failed from queued only when resent > 0: the second send is dropped
    S.queued: frozenset({S.sending, S.held, S.folded, S.expired, S.sent, S.delivered, S.failed}),
    S.sending: frozenset({S.queued, S.uncertain, S.sent, S.delivered, S.failed}),
    S.uncertain: frozenset({S.queued, S.sent, S.delivered, S.failed}),
    S.sent: frozenset({S.delivered, S.failed}),
    S.delivered: frozenset(),
    S.failed: frozenset({S.delivered}),
    S.expired: frozenset({S.delivered}),
    S.folded: frozenset(),
}
"""The only allowed moves. Evidence never lowers: sending < uncertain < sent < delivered."""

ENDS = frozenset({S.delivered, S.failed, S.expired, S.folded})


def sources_of(target: MessageState) -> tuple[MessageState, ...]:
    """The states from which a message may move to `target`, for `UPDATE … WHERE state IN (…)`."""
    return tuple(state for state, targets in MOVES.items() if target in targets)


class IncidentState(StrEnum):
    """open → acknowledged → open → ended."""

    open = "open"
    acknowledged = "acknowledged"
    ended = "ended"


class EndReason(StrEnum):
    """Why an incident ended."""

    resolved = "resolved"
    lost_sight = "lost_sight"
    event_done = "event_done"
    by_hand = "by_hand"


class Kind(StrEnum):
    """What a message is for."""

    first = "first"
    update = "update"
    repeat = "repeat"
    escalated = "escalated"
    reminder = "reminder"
    handoff = "handoff"
    digest = "digest"
    resolved = "resolved"
    notice = "notice"  # to the operator, about this program itself
    answer = "answer"  # to a reply
    test = "test"
    proof = "proof"


PAGE_KINDS = frozenset(
    {Kind.first, Kind.update, Kind.repeat, Kind.escalated, Kind.reminder, Kind.handoff, Kind.digest}
)
"""A page carries firing news of an incident that is open and unacknowledged."""


class Lane(StrEnum):
    """Which throttle windows count a message."""

    person = "person"
    critical = "critical"
    free = "free"  # answers, test SMS, proof of life, the next phone of the same page


class Verdict(StrEnum):
    """What was decided about telling one person one piece of news. Also the metric label."""

    told = "told"
    held = "held"
    flapping = "flapping"  # comes and goes; told when it stays on
    acked = "acked"
    never_told = "never_told"
    resolved_off = "resolved_off"
    partial_end = "partial_end"
    counted = "counted"  # in an earlier text: among its +N, or with its incident
    nobody = "nobody"
    suppressed = "suppressed"  # silenced or in maintenance where it comes from


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict with the reason that `explain` shows, e.g. `throttle: 5/15m is full`."""

    verdict: Verdict
    reason: str


def mask_phone(phone: str) -> str:
    """`+8613800000001` → `138****0001`: what anything outside the store may show of a number."""
    digits = phone.removeprefix("+86") if phone.startswith("+86") else phone.lstrip("+")
    if len(digits) < 8:
        return "****"
    return f"{digits[:3]}****{digits[-4:]}"


def occurrence_fingerprint(labels: Mapping[str, str]) -> str:
    """A stable fingerprint of a label set, for sources that give none (16 hex digits)."""
    digest = hashlib.sha256()
    for name in sorted(labels):
        digest.update(f"{name}\x00{labels[name]}\x00".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]
