"""The tables: what is kept, under which names, and the unique keys on which "no second SMS" rests.

Moments are microseconds UTC in BIGINT; levels are model.Level numbers; sets and label maps are
JSON text. Everything here is taken alike by SQLite and PostgreSQL, partial indexes included.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    literal_column,
    text,
)

metadata = MetaData()


def word(value: str) -> ColumnElement[str]:
    """A state as a literal of the statement: only so does SQLite use a partial index."""
    if not value.isidentifier():
        raise ValueError(f"not a word of ours: {value!r}")
    return literal_column(f"'{value}'", Text())


ID = BigInteger().with_variant(Integer, "sqlite")
"""SQLite makes only INTEGER PRIMARY KEY the row id itself."""


def _id() -> Column[int]:
    """An id that the writer gives under its lock, from the `counter` row."""
    return Column("id", ID, primary_key=True, autoincrement=False)


def _own_id() -> Column[int]:
    """An id that the database gives: rows written without the judging lock."""
    return Column("id", ID, Identity(), primary_key=True)


def _moment(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, ID, nullable=False, server_default=text(str(default)))


def _word(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def _ref(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, ID, nullable=null)


counter = Table("counter", metadata, Column("name", Text, primary_key=True), _number("value"))

intake = Table(
    "intake",
    metadata,
    _id(),
    _word("source"),
    _word("key", null=True),
    _moment("called_at"),
    _moment("received_at"),
    _word("status"),  # ok | bad
    _word("problem", null=True),
    Column("body", LargeBinary, nullable=True),
)
Index("intake_key", intake.c.source, intake.c.key, unique=True)
Index("intake_received", intake.c.received_at)

alert = Table(
    "alert",
    metadata,
    _id(),
    _word("source"),
    _word("fingerprint"),
    _moment("starts_at"),
    _moment("ended_at", null=True),
    Column("unseen", Boolean, nullable=False, server_default=text("false")),  # nobody told its end
    _number("level"),
    _word("name"),
    _word("summary"),
    _word("labels"),
    _word("annotations"),
    _moment("last_seen"),
    _moment("flaps_until", null=True),  # it flaps: not told before; null: it does not
)
Index("alert_occurrence", alert.c.source, alert.c.fingerprint, alert.c.starts_at, unique=True)
Index(
    "alert_firing",
    alert.c.source,
    alert.c.fingerprint,
    unique=True,
    sqlite_where=alert.c.ended_at.is_(None),
    postgresql_where=alert.c.ended_at.is_(None),
)
Index("alert_last_seen", alert.c.last_seen)

incident = Table(
    "incident",
    metadata,
    _id(),
    _word("group_key"),
    _word("receiver"),
    _word("source"),
    _word("state"),
    _number("level"),
    _word("name"),
    _word("steps"),  # frozen JSON: [[[names], wait or null], …]
    _number("step"),
    _number("round"),
    _number("firing"),
    _number("members"),
    _number("max_told"),
    _moment("opened_at"),
    _moment("last_seen"),
    _word("acked_by", null=True),
    _moment("acked_at", null=True),
    _moment("muted_until", null=True),
    _moment("ended_at", null=True),
    _word("end_reason", null=True),
    Column("event", Boolean, nullable=False, server_default=text("false")),  # no end will come
    _moment("repeat_every", null=True),  # repeats by timer; null: the source repeats by itself
    _number("version"),
    _number("rounds", 1),  # frozen like the steps: times through them
    _moment("ack_timeout", null=True),  # frozen: µs; null: an answer ends the chain for good
    _moment("stepped_at", null=True),  # when the present step began
    _moment("rests_until", null=True),  # all of that step may not be told before: quiet hours
    _moment("waits_from", null=True),  # since when its answer is waited for; null: not yet
    _word("mutes", null=True),  # JSON [[[mute], [active]], …]: intervals of the routes it came by
)
Index(
    "incident_open",
    incident.c.group_key,
    unique=True,
    sqlite_where=incident.c.ended_at.is_(None),
    postgresql_where=incident.c.ended_at.is_(None),
)
Index("incident_opened", incident.c.opened_at)
_over = incident.c.ended_at.is_not(None)
Index("incident_ended", incident.c.ended_at, sqlite_where=_over, postgresql_where=_over)

member = Table(
    "member",
    metadata,
    _ref("incident"),
    _ref("alert"),
    PrimaryKeyConstraint("incident", "alert"),
)
Index("member_alert", member.c.alert)

code = Table(
    "code",
    metadata,
    Column("code", ID, primary_key=True, autoincrement=False),
    _ref("incident", null=True),
    _ref("message", null=True),
    _moment("given_at"),
    _moment("reusable_at", null=True),
)
FREE = ~(code.c.incident.is_not(None) | code.c.message.is_not(None))
"""Codes that can be given again, in the words of their index."""
Index("code_incident", code.c.incident)
Index("code_message", code.c.message)
Index("code_reusable", code.c.reusable_at)
Index("code_free", code.c.code, sqlite_where=FREE, postgresql_where=FREE)

telling = Table(
    "telling",
    metadata,
    _ref("incident"),
    _word("person"),
    _word("news"),  # fire:ALERT end:ALERT end step:r.s repeat:n remind:n handoff:T update:K
    _ref("alert", null=True),
    _word("verdict"),
    _word("reason"),
    _moment("at"),
    _ref("message", null=True),
    _number("again"),  # how often it was said again: duplicates
    _moment("hold_until", null=True),  # quiet hours, a mute: not to be told before
    PrimaryKeyConstraint("incident", "person", "news"),
)
_untold = telling.c.message.is_(None)
_waiting = (telling.c.verdict == word("held")) & _untold & telling.c.hold_until.is_(None)
Index(
    "telling_held",
    telling.c.person,
    telling.c.at,
    sqlite_where=_waiting,
    postgresql_where=_waiting,
)
_later = _untold & telling.c.hold_until.is_not(None)
Index(  # an index of its own: what waits for a moment costs nothing until then
    "telling_later",
    telling.c.person,
    telling.c.hold_until,
    sqlite_where=_later,
    postgresql_where=_later,
)
Index("telling_alert", telling.c.alert)
_told = telling.c.message.is_not(None)
Index(  # most news is told in no message of its own: `message IS NULL` is not to be looked for here
    "telling_message", telling.c.message, sqlite_where=_told, postgresql_where=_told
)

audience = Table(
    "audience",
    metadata,
    _ref("incident"),
    _word("person"),
    _number("level", -1),  # the highest level this person was told of, -1: of none yet
    _moment("told_at"),  # when the latest news was decided as told or held
    _number("repeats"),
    PrimaryKeyConstraint("incident", "person"),
)

message = Table(
    "message",
    metadata,
    _id(),
    _word("person"),
    _word("phone"),
    _word("gateway", null=True),
    _word("kind"),
    _number("level"),
    _word("lane"),
    _word("text"),
    _number("units"),
    _number("segments"),
    _ref("incident", null=True),
    _word("state"),
    _word("reason", null=True),
    _moment("decided_at"),
    _moment("queued_at", null=True),
    _moment("not_before"),
    _moment("expires_at", null=True),
    _ref("request", null=True),
    _word("provider_id", null=True),
    _moment("sent_at", null=True),
    _moment("check_at", null=True),
    _number("tries"),
    _number("resent"),  # sends after an uncertain one
    _number("orphaned"),  # sends whose owner died: these do not use up `resent`
    _ref("follows", null=True),
    _word("once_key", null=True),
)
_queued = message.c.state == word("queued")
_asked = message.c.state.in_([word("sent"), word("uncertain")])
_kept = message.c.state == word("held")
Index("message_follows", message.c.follows, unique=True)
Index("message_once", message.c.once_key, unique=True)
Index(
    "message_queue",
    message.c.level,
    message.c.not_before,
    sqlite_where=_queued,
    postgresql_where=_queued,
)
Index("message_held", message.c.person, sqlite_where=_kept, postgresql_where=_kept)
Index("message_person", message.c.person, message.c.queued_at)
Index("message_queued_at", message.c.queued_at)
Index("message_incident", message.c.incident)
Index("message_phone", message.c.phone, message.c.sent_at)
Index("message_latest", message.c.phone, message.c.request)  # what became of a phone's last send
Index("message_check", message.c.check_at, sqlite_where=_asked, postgresql_where=_asked)

request = Table(
    "request",
    metadata,
    _own_id(),
    _word("gateway"),
    _word("account"),
    _word("host", null=True),
    _word("kind"),  # send reports replies balance
    _word("owner"),
    _moment("lease_until"),
    _moment("started_at"),
    _moment("ended_at", null=True),
    _word("outcome", null=True),
    _word("answer", null=True),
    _moment("applied_at", null=True),
    sqlite_autoincrement=True,
)
_running = request.c.ended_at.is_(None)
Index("request_lease", request.c.lease_until, sqlite_where=_running, postgresql_where=_running)
Index("request_started", request.c.started_at)
_poll = request.c.kind.in_([word("reports"), word("replies")]) & request.c.applied_at.is_(None)
Index(  # asking, waiting to be applied, unreadable, lost: few at any time
    "request_unapplied",
    request.c.account,
    request.c.started_at,
    sqlite_where=_poll,
    postgresql_where=_poll,
)

attempt = Table(
    "attempt",
    metadata,
    _ref("message"),
    _ref("request"),
    _word("provider_id", null=True),
    PrimaryKeyConstraint("request", "message"),
)
Index("attempt_message", attempt.c.message)
Index("attempt_provider", attempt.c.provider_id)

report = Table(
    "report",
    metadata,
    _word("account"),
    _word("provider_id"),
    _word("phone"),  # E.164 where it can be
    _number("status"),  # 10 delivered, 20 failed, -1 no result
    _ref("message", null=True),  # null: of no message that we know of, yet
    _ref("request"),  # the poll that brought it first
    _moment("at"),
    _number("times", 1),
    PrimaryKeyConstraint("account", "provider_id", "phone", "status"),
)
_unmatched = report.c.message.is_(None)
Index("report_unmatched", report.c.phone, sqlite_where=_unmatched, postgresql_where=_unmatched)
Index("report_at", report.c.at)

reply = Table(
    "reply",
    metadata,
    _word("account"),
    _word("inbound_id"),
    _word("phone"),
    _word("text"),
    _word("person", null=True),
    _word("action", null=True),
    _word("result"),
    _ref("request"),
    _moment("at"),
    PrimaryKeyConstraint("account", "inbound_id", "phone"),
)
Index("reply_at", reply.c.at)
Index("reply_phone", reply.c.phone, reply.c.at)

event = Table(
    "event",
    metadata,
    _own_id(),
    _moment("at"),
    _word("about"),  # message incident gateway intake
    _ref("about_id"),
    _word("what"),
    _word("detail"),
    sqlite_autoincrement=True,
)
Index("event_about", event.c.about, event.c.about_id, event.c.id)
Index("event_at", event.c.at)

gateway = Table(
    "gateway",
    metadata,
    Column("account", Text, primary_key=True),
    _word("circuit"),  # closed | open
    _word("reason"),
    _moment("changed_at"),
    _moment("failing_since", null=True),  # since when every send failed; null: the last one worked
    _number("probes"),  # probes since it went down: the back-off
    _moment("probe_at", null=True),
    _moment("last_ok_at", null=True),
    _number("balance", -1),
    _number("spent_since"),
    _word("poll_owner", null=True),  # these four: of the version before, see `turn`
    _moment("poll_until", null=True),
    _moment("polled_at", null=True),
    _moment("poll_at", null=True),
    _moment("last_report_at", null=True),
    _moment("reported_to", null=True),  # the latest sent_at of which a report came
    _moment("silent_at", null=True),  # since when no report comes, as the operator was told
    Column("exact", Boolean, nullable=False, server_default=text("false")),  # balance as expected
    _moment("balance_at", null=True),
    _moment("balance_due", null=True),  # read again; null: at once
    _moment("shared_at", null=True),  # since when others spend from it, as the operator was told
    _moment("warned_at", null=True),  # when the operator was told that it is low
)

turn = Table(  # of asking: one poller for each account and kind
    "turn",
    metadata,
    _word("account"),
    _word("kind"),  # reports | replies
    _word("owner", null=True),
    _moment("until", null=True),  # the lease of that poller
    _moment("polled_at", null=True),
    _moment("poll_at", null=True),  # not before; null: at once
    PrimaryKeyConstraint("account", "kind"),
)

forbidden = Table(
    "word",
    metadata,
    _word("account"),
    _word("word"),
    _word("rule"),  # split | stars
    _moment("first_at"),
    _moment("last_at"),
    _number("times", 1),
    PrimaryKeyConstraint("account", "word"),
)

timer = Table(
    "timer",
    metadata,
    _word("kind"),
    _word("key"),
    _moment("due_at"),
    PrimaryKeyConstraint("kind", "key"),
)
Index("timer_due", timer.c.due_at)

override = Table(
    "override",
    metadata,
    _id(),
    _word("schedule"),
    _moment("start_at"),
    _moment("end_at"),
    _word("who"),  # JSON: names; [] is nobody, on purpose
    _word("instead_of", null=True),
    _moment("made_at"),
    _word("made_by"),
    _moment("gone_at", null=True),  # taken back
)
Index("override_end", override.c.end_at)

planned = Table(
    "planned",
    metadata,
    _own_id(),
    _word("key"),  # the id of the call that asked for it
    _moment("due_at"),
    _moment("made_at"),
    _word("call"),  # JSON: what is to be said then, judged then
    _word("state"),  # waiting | done | cancelled
    _moment("ended_at", null=True),
    sqlite_autoincrement=True,
)
_planned = planned.c.state == word("waiting")
Index("planned_key", planned.c.key, unique=True)
Index("planned_ended", planned.c.ended_at)
Index("planned_due", planned.c.due_at, sqlite_where=_planned, postgresql_where=_planned)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("name", Text, primary_key=True),
    _moment("seen_at", null=True),  # null: never yet
    _moment("due_at"),  # looked at then: is it missing, is it back?
    _moment("missing_since", null=True),
)

job = Table(
    "job",
    metadata,
    _own_id(),
    _word("once_key"),
    _word("kind"),
    _ref("incident", null=True),
    _word("payload"),  # JSON
    _word("state"),  # waiting | running | done | failed | dropped
    _number("tries"),
    _moment("next_at"),
    _word("owner", null=True),
    _moment("lease_until", null=True),
    _moment("made_at"),
    _moment("ended_at", null=True),
    _word("answer", null=True),
    sqlite_autoincrement=True,
)
_undone = job.c.ended_at.is_(None)
Index("job_once", job.c.once_key, unique=True)
Index("job_next", job.c.next_at, sqlite_where=_undone, postgresql_where=_undone)
Index("job_ended", job.c.ended_at)
Index("job_incident", job.c.incident)

usage = Table(
    "usage",
    metadata,
    _number("day"),  # days since 1970 in the configured time zone
    _word("receiver"),
    _word("person"),
    _number("segments"),
    PrimaryKeyConstraint("day", "receiver", "person"),
)
