"""The first schema.

Written out once from the tables of that day; the tables may change, this file does not.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

COUNTERS = ("intake", "alert", "incident", "message")

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table, and the counters from which the writer takes its ids."""
    _alert()
    _attempt()
    _audience()
    _code()
    _counter()
    _event()
    _gateway()
    _incident()
    _intake()
    _member()
    _message()
    _message_indexes()
    _request()
    _telling()
    _timer()
    _usage()
    counters = sa.table("counter", sa.column("name"), sa.column("value"))
    op.bulk_insert(counters, [{"name": name, "value": 0} for name in COUNTERS])


def downgrade() -> None:
    """Back to an empty store."""
    for name in (
        "alert",
        "attempt",
        "audience",
        "code",
        "counter",
        "event",
        "gateway",
        "incident",
        "intake",
        "member",
        "message",
        "request",
        "telling",
        "timer",
        "usage",
    ):
        op.drop_table(name)


def _alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("unseen", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("level", ID, server_default=sa.text("0"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("annotations", sa.Text(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "alert_firing",
        "alert",
        ["source", "fingerprint"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("alert_last_seen", "alert", ["last_seen"], unique=False)
    op.create_index(
        "alert_occurrence", "alert", ["source", "fingerprint", "starts_at"], unique=True
    )


def _attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("message", ID, nullable=False),
        sa.Column("request", ID, nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("request", "message"),
    )
    op.create_index("attempt_message", "attempt", ["message"], unique=False)


def _audience() -> None:
    op.create_table(
        "audience",
        sa.Column("incident", ID, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("level", ID, server_default=sa.text("-1"), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("repeats", ID, server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("incident", "person"),
    )


def _code() -> None:
    op.create_table(
        "code",
        sa.Column("code", ID, autoincrement=False, nullable=False),
        sa.Column("incident", ID, nullable=True),
        sa.Column("message", ID, nullable=True),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("reusable_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_index(
        "code_free",
        "code",
        ["code"],
        unique=False,
        sqlite_where=sa.text("NOT (incident IS NOT NULL OR message IS NOT NULL)"),
        postgresql_where=sa.text("NOT (incident IS NOT NULL OR message IS NOT NULL)"),
    )
    op.create_index("code_incident", "code", ["incident"], unique=False)
    op.create_index("code_message", "code", ["message"], unique=False)
    op.create_index("code_reusable", "code", ["reusable_at"], unique=False)


def _counter() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", ID, server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("id", ID, sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("about_id", ID, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("event_about", "event", ["about", "about_id", "id"], unique=False)
    op.create_index("event_at", "event", ["at"], unique=False)


def _gateway() -> None:
    op.create_table(
        "gateway",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("circuit", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("probes", ID, server_default=sa.text("0"), nullable=False),
        sa.Column("probe_at", sa.BigInteger(), nullable=True),
        sa.Column("last_ok_at", sa.BigInteger(), nullable=True),
        sa.Column("balance", ID, server_default=sa.text("-1"), nullable=False),
        sa.Column("spent_since", ID, server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )


def _incident() -> None:
    op.create_table(
        "incident",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("level", ID, server_default=sa.text("0"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("step", ID, server_default=sa.text("0"), nullable=False),
        sa.Column("round", ID, server_default=sa.text("0"), nullable=False),
        sa.Column("firing", ID, server_default=sa.text("0"), nullable=False),
        sa.Column("members", ID, server_default=sa.text("0"), nullable=False),
        sa.Column("max_told", ID, server_default=sa.text("0"), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("acked_by", sa.Text(), nullable=True),
        sa.Column("acked_at", sa.BigInteger(), nullable=True),
        sa.Column("muted_until", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("event", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("repeat_every", sa.BigInteger(), nullable=True),
        sa.Column("version", ID, server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("incident_ended", "incident", ["ended_at"], unique=False)
    op.create_index(
        "incident_open",
        "incident",
        ["group_key"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("incident_opened", "incident", ["opened_at"], unique=False)


def _intake() -> None:
    op.create_table(
        "intake",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("called_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("intake_key", "intake", ["source", "key"], unique=True)
    op.create_index("intake_received", "intake", ["received_at"], unique=False)


def _member() -> None:
    op.create_table(
        "member",
        sa.Column("incident", ID, nullable=False),
        sa.Column("alert", ID, nullable=False),
        sa.PrimaryKeyConstraint("incident", "alert"),
    )
    op.create_index("member_alert", "member", ["alert"], unique=False)


def _message() -> None:
    op.create_table(
        "message",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", ID, server_default=sa.text("0"), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("units", ID, server_default=sa.text("0"), nullable=False),
        sa.Column("segments", ID, server_default=sa.text("0"), nullable=False),
        sa.Column("incident", ID, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=True),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("request", ID, nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("check_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", ID, server_default=sa.text("0"), nullable=False),
        sa.Column("resent", ID, server_default=sa.text("0"), nullable=False),
        sa.Column("orphaned", ID, server_default=sa.text("0"), nullable=False),
        sa.Column("follows", ID, nullable=True),
        sa.Column("once_key", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def _message_indexes() -> None:
    op.create_index(
        "message_check",
        "message",
        ["check_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('sent', 'uncertain')"),
        postgresql_where=sa.text("state IN ('sent', 'uncertain')"),
    )
    op.create_index("message_follows", "message", ["follows"], unique=True)
    op.create_index(
        "message_held",
        "message",
        ["person"],
        unique=False,
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_index("message_incident", "message", ["incident"], unique=False)
    op.create_index("message_latest", "message", ["phone", "request"], unique=False)
    op.create_index("message_once", "message", ["once_key"], unique=True)
    op.create_index("message_person", "message", ["person", "queued_at"], unique=False)
    op.create_index("message_phone", "message", ["phone", "sent_at"], unique=False)
    op.create_index(
        "message_queue",
        "message",
        ["level", "not_before"],
        unique=False,
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index("message_queued_at", "message", ["queued_at"], unique=False)


def _request() -> None:
    op.create_table(
        "request",
        sa.Column("id", ID, sa.Identity(always=False), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("applied_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "request_lease",
        "request",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("request_started", "request", ["started_at"], unique=False)


def _telling() -> None:
    op.create_table(
        "telling",
        sa.Column("incident", ID, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("news", sa.Text(), nullable=False),
        sa.Column("alert", ID, nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("message", ID, nullable=True),
        sa.Column("again", ID, server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("incident", "person", "news"),
    )
    op.create_index("telling_alert", "telling", ["alert"], unique=False)
    op.create_index(
        "telling_held",
        "telling",
        ["person", "at"],
        unique=False,
        sqlite_where=sa.text("verdict = 'held' AND message IS NULL"),
        postgresql_where=sa.text("verdict = 'held' AND message IS NULL"),
    )
    op.create_index("telling_message", "telling", ["message"], unique=False)


def _timer() -> None:
    op.create_table(
        "timer",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key"),
    )
    op.create_index("timer_due", "timer", ["due_at"], unique=False)


def _usage() -> None:
    op.create_table(
        "usage",
        sa.Column("day", ID, server_default=sa.text("0"), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("segments", ID, server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("day", "receiver", "person"),
    )
