"""Reports and replies, and who polls for them.

Written out once from the tables of that day; the tables may change, this file does not.
"""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
POLLING = (
    ("poll_owner", sa.Text()),
    ("poll_until", sa.BigInteger()),
    ("polled_at", sa.BigInteger()),
    ("poll_at", sa.BigInteger()),
    ("last_report_at", sa.BigInteger()),
    ("reported_to", sa.BigInteger()),
    ("silent_at", sa.BigInteger()),
)
UNAPPLIED = sa.text("kind IN ('reports', 'replies') AND applied_at IS NULL")
UNMATCHED = sa.text("message IS NULL")


def upgrade() -> None:
    """Add the two tables, the poller's lease and the indexes by which reports find a message."""
    _report()
    _reply()
    op.create_index("attempt_provider", "attempt", ["provider_id"], unique=False)
    op.create_index(
        "request_unapplied",
        "request",
        ["account", "started_at"],
        unique=False,
        sqlite_where=UNAPPLIED,
        postgresql_where=UNAPPLIED,
    )
    # made anew on SQLite, so that it is written as a new store has it
    lite = op.get_bind().dialect.name == "sqlite"
    recreate: Literal["always", "never"] = "always" if lite else "never"
    with op.batch_alter_table("gateway", recreate=recreate) as gateway:
        for name, kind in POLLING:
            gateway.add_column(sa.Column(name, kind, nullable=True))


def _report() -> None:
    op.create_table(
        "report",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("status", ID, server_default=sa.text("0"), nullable=False),
        sa.Column("message", ID, nullable=True),
        sa.Column("request", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("times", ID, server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("account", "provider_id", "phone", "status"),
    )
    op.create_index("report_at", "report", ["at"], unique=False)
    op.create_index(
        "report_unmatched",
        "report",
        ["phone"],
        unique=False,
        sqlite_where=UNMATCHED,
        postgresql_where=UNMATCHED,
    )


def _reply() -> None:
    op.create_table(
        "reply",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("inbound_id", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("request", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "inbound_id", "phone"),
    )
    op.create_index("reply_at", "reply", ["at"], unique=False)
