"""What is known of the messages that reports may be about, loaded for a whole batch.

The rows of these messages are locked, in the order of their ids, so that on PostgreSQL no settle
comes between reading a message and moving it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, func, or_, select, union

from sms_notify.model import HOUR, Micros
from sms_notify.store import tables as t
from sms_notify.store.outbox import IS_PAGE, LOST, given
from sms_notify.store.sql import Row, Statement, Transaction, among, item, json_set, rows
from sms_notify.store.tables import word

ReportKey = tuple[str, str, str, int]
"""Account, provider id, phone, status."""

UNANSWERED = frozenset({LOST, "uncertain"})
"""How a request ended from which no id ever came: any that its messages have, reports taught."""
COUNTS_FOR = HOUR
"""So long after its start a send without an answer may still be what an unknown report is about,
where another one may be it too: reports come in seconds or minutes."""

Wanted = tuple[Any, ...]
"""`("report", account, id, phone, status)`, `("phone", phone)`: its unmatched reports,
`("message", id)`, `("page", request)`."""

_m, _r, _a, _i = t.message, t.request, t.attempt, t.incident


@dataclass(frozen=True, slots=True)
class Send:
    """One attempt to send one message, with what a report may change: columns in their order."""

    message: int
    request: int
    account: str
    provider_id: str | None
    started_at: Micros
    outcome: str | None
    latest: int | None  # the message's latest request
    state: str
    person: str
    phone: str
    kind: str
    level: int
    text: str
    units: int
    segments: int
    incident: int | None
    second_sends: int
    sent_at: Micros | None
    page: bool


@dataclass(frozen=True, slots=True)
class Orphan:
    """A send whose owner died, whatever became of its message since: columns in their order.

    It may have left all the same, and then its report has an id that nobody was told.
    """

    message: int
    request: int
    account: str
    phone: str
    started_at: Micros
    followed_at: Micros | None  # when a report of the message's latest send came first


@dataclass(frozen=True, slots=True)
class Known:
    """A report that is stored: its message, None while unmatched; when it came first."""

    message: int | None
    at: Micros


@dataclass(frozen=True, slots=True)
class Reporter:
    """What is known of one account as a source of reports: columns in their order."""

    account: str
    last_report_at: Micros | None
    reported_to: Micros | None
    silent_at: Micros | None
    shared_at: Micros | None = None  # since when others are known to send through it


@dataclass(slots=True)
class Evidence:
    """The answer to the question; `judging` updates it as it decides."""

    sends: dict[int, list[Send]] = field(default_factory=dict)  # message → attempts, oldest first
    states: dict[int, str] = field(default_factory=dict)
    orphans: list[Orphan] = field(default_factory=list)
    taught: dict[tuple[int, int], str] = field(default_factory=dict)  # (request, message) → id
    batches: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    """(account, provider id) → requests of which some message has that id."""
    reports: dict[ReportKey, Known] = field(default_factory=dict)
    follower: dict[int, int] = field(default_factory=dict)
    carried: dict[int, list[int]] = field(default_factory=dict)  # message → open incidents
    pages: dict[int, bool] = field(default_factory=dict)  # still to be applied
    reporters: dict[str, Reporter] = field(default_factory=dict)
    lost_at: dict[str, Micros] = field(default_factory=dict)  # account → its last lost poll


_keys = rows("keys")
_same_report = and_(
    t.report.c.account == item(_keys, 0),
    t.report.c.provider_id == item(_keys, 1),
    t.report.c.phone == item(_keys, 2),
    t.report.c.status == item(_keys, 3, number=True),
)
_REPORTS = Statement(
    select(*t.report.c[:5], t.report.c.at).join_from(_keys, t.report, _same_report)
)
_UNMATCHED = Statement(
    select(*t.report.c[:5], t.report.c.at).where(
        among(t.report.c.phone, "phones"), t.report.c.message.is_(None)
    )
)
_IDS = Statement(
    select(_r.c.account, _a.c.provider_id, _a.c.request)
    .distinct()
    .join_from(_a, _r, _r.c.id == _a.c.request)
    .where(among(_a.c.provider_id, "ids"))
)
_batch = select(_a.c.request).where(among(_a.c.provider_id, "ids"))
_MESSAGES = Statement(
    union(
        select(_m.c.id)
        .join_from(_a, _m, _m.c.id == _a.c.message)
        .where(_a.c.request.in_(_batch), among(_m.c.phone, "phones")),
        select(_m.c.id).where(
            among(_m.c.phone, "phones"),
            _m.c.sent_at.is_(None),  # by the index: few of a phone's messages
            _m.c.state.in_([word("queued"), word("sending"), word("uncertain")]),
        ),
        select(_m.c.id).where(  # proved by the balance: it has no id, and waits for its report
            among(func.coalesce(_m.c.phone, ""), "phones"),  # few wait: by the index of those
            _m.c.state.in_([word("sent"), word("uncertain")]),
            _m.c.check_at > 0,
            _m.c.provider_id.is_(None),
        ),
    )
)
_SENDS = Statement(
    select(
        _m.c.id, _a.c.request, _r.c.account, _a.c.provider_id, _r.c.started_at, _r.c.outcome,
        _m.c.request, _m.c.state, _m.c.person, _m.c.phone, _m.c.kind, _m.c.level, _m.c.text,
        _m.c.units, _m.c.segments, _m.c.incident, _m.c.resent + _m.c.orphaned, _m.c.sent_at,
        IS_PAGE,
    )
    .select_from(_m.join(_a, _a.c.message == _m.c.id).join(_r, _r.c.id == _a.c.request))
    .where(among(_m.c.id, "ids"))
    .order_by(_m.c.id, _a.c.request)
    .with_for_update(of=_m)
)  # fmt: skip
_again = t.report.alias("again")
_followed_at = (
    select(func.min(_again.c.at))
    .where(
        _again.c.account == _r.c.account,
        _again.c.provider_id == _m.c.provider_id,
        _again.c.phone == _m.c.phone,
    )
    .scalar_subquery()
)
_since_request = (
    select(_r.c.id).where(_r.c.started_at >= given("since")).order_by(_r.c.started_at).limit(1)
)
_ORPHANS = Statement(
    select(_m.c.id, _r.c.id, _r.c.account, _m.c.phone, _r.c.started_at, _followed_at)
    .select_from(_m.join(_a, _a.c.message == _m.c.id).join(_r, _r.c.id == _a.c.request))
    .where(
        among(_m.c.phone, "phones"),
        _m.c.request >= _since_request.scalar_subquery(),
        _m.c.orphaned > 0,
        _a.c.provider_id.is_(None),
        _r.c.outcome == word(LOST),
        _r.c.started_at >= given("since"),
    )
)
_FOLLOWERS = Statement(select(_m.c.follows, _m.c.id).where(among(_m.c.follows, "ids")))
_spoken_of = union(
    select(_m.c.id.label("message"), _m.c.incident).where(among(_m.c.id, "ids")),
    select(t.telling.c.message, t.telling.c.incident).where(among(t.telling.c.message, "ids")),
).subquery()
_CARRIED = Statement(
    select(_spoken_of.c.message, _i.c.id)
    .join_from(_spoken_of, _i, _i.c.id == _spoken_of.c.incident)
    .where(_i.c.state == word("open"))
    .order_by(_spoken_of.c.message, _i.c.id)
)
_unapplied = _r.c.kind.in_([word("reports"), word("replies")]) & _r.c.applied_at.is_(None)
_PAGES = Statement(
    select(_r.c.id).where(
        _unapplied, among(_r.c.id, "ids"), func.coalesce(_r.c.outcome, word(LOST)) != word(LOST)
    )
)
_REPORTERS = Statement(
    select(
        t.gateway.c.account,
        t.gateway.c.last_report_at,
        t.gateway.c.reported_to,
        t.gateway.c.silent_at,
        t.gateway.c.shared_at,
    )
)
_LOST = Statement(
    select(_r.c.account, func.max(_r.c.started_at))
    .where(
        _unapplied,
        _r.c.kind == word("reports"),
        or_(_r.c.ended_at.is_(None), _r.c.outcome == word(LOST)),
    )
    .group_by(_r.c.account)
)


def evidence(tx: Transaction, wanted: set[Wanted]) -> Evidence:
    """The question: everything that reports, phones, messages and pages in `wanted` need."""
    found = Evidence()
    keys = {each[1:] for each in wanted if each[0] == "report"}
    phones = {each[1] for each in wanted if each[0] == "phone"}
    ids = {each[1] for each in wanted if each[0] == "message"}
    if phones:
        found.reports |= _known(tx.all(_UNMATCHED, phones=json_set(sorted(phones))))
        keys |= found.reports.keys()
    if keys:
        found.reports |= _known(tx.all(_REPORTS, keys=json_set(sorted(keys))))
        ids |= _concerned(tx, found, keys)
    if ids:
        _sends(tx, found, ids)
    if keys:
        _orphans(tx, found, keys)
    pages = sorted(each[1] for each in wanted if each[0] == "page")
    if pages:
        found.pages = {row[0]: True for row in tx.all(_PAGES, ids=json_set(pages))}
    found.reporters = {row[0]: Reporter(*row) for row in tx.all(_REPORTERS)}
    found.lost_at = {row[0]: row[1] for row in tx.all(_LOST)}
    return found


def _known(found: Iterable[Row]) -> dict[ReportKey, Known]:
    return {(row[0], row[1], row[2], row[3]): Known(row[4], row[5]) for row in found}


def _orphans(tx: Transaction, found: Evidence, keys: set[ReportKey]) -> None:
    """What else may have come to the phones of reports without a known id: asked only where some
    send without an answer waits for one."""
    unknown = {key[2] for key in keys if (key[0], key[1]) not in found.batches}
    waiting = [
        send
        for sends in found.sends.values()
        for send in sends
        if send.phone in unknown and send.outcome in UNANSWERED and send.latest == send.request
    ]
    if waiting:
        phones = json_set(sorted({send.phone for send in waiting}))
        since = min(send.started_at for send in waiting) - COUNTS_FOR
        found.orphans = [Orphan(*row) for row in tx.all(_ORPHANS, phones=phones, since=since)]


def _concerned(tx: Transaction, found: Evidence, keys: set[ReportKey]) -> set[int]:
    """The messages that these reports may be about; notes which ids are known at all."""
    provider_ids = json_set(sorted({key[1] for key in keys}))
    phones = json_set(sorted({key[2] for key in keys}))
    for account, provider_id, request in tx.all(_IDS, ids=provider_ids):
        found.batches.setdefault((account, provider_id), set()).add(request)
    return {row[0] for row in tx.all(_MESSAGES, ids=provider_ids, phones=phones)}


def _sends(tx: Transaction, found: Evidence, ids: set[int]) -> None:
    asked = json_set(sorted(ids))
    for row in tx.all(_SENDS, ids=asked):
        send = _send(row)
        found.sends.setdefault(send.message, []).append(send)
        found.states[send.message] = send.state
    found.follower = {row[0]: row[1] for row in tx.all(_FOLLOWERS, ids=asked)}
    for message, incident in tx.all(_CARRIED, ids=asked):
        found.carried.setdefault(message, []).append(incident)


def _send(row: Row) -> Send:
    values = list(row)
    values[-1] = bool(values[-1])
    return Send(*values)
