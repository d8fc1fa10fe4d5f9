"""Somebody answers: waits, quiet hours, overrides, texts for later, heartbeats, jobs for upstream.

Written out once from the tables of that day; the tables may change, this file does not.
"""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _word(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _number(name: str, default: int = 0) -> sa.Column[int]:
    return sa.Column(name, ID, server_default=sa.text(str(default)), nullable=False)


def _own_id() -> sa.Column[int]:
    return sa.Column("id", ID, sa.Identity(), primary_key=True)


def _some(table: str, name: str, columns: list[str], where: str) -> None:
    """A partial index, alike in both databases."""
    op.create_index(
        name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


def upgrade() -> None:
    """Add the columns of waiting, and the tables of what waits for its time."""
    _columns()
    _turns()
    _overrides()
    _planned()
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.Text(), primary_key=True),
        _moment("seen_at", null=True),
        _moment("due_at"),
        _moment("missing_since", null=True),
    )
    _jobs()


def _columns() -> None:
    # made anew on SQLite, so that they are written as a new store has them
    lite = op.get_bind().dialect.name == "sqlite"
    recreate: Literal["always", "never"] = "always" if lite else "never"
    with op.batch_alter_table("incident", recreate=recreate) as incident:
        # as it was: a table made anew would write it in brackets
        incident.alter_column("event", server_default=sa.text("false"))
        incident.add_column(_number("rounds", 1))
        for name in ("ack_timeout", "stepped_at", "rests_until", "waits_from"):
            incident.add_column(_moment(name, null=True))
        incident.add_column(_word("mutes", null=True))
    op.drop_index("telling_held", "telling")
    with op.batch_alter_table("telling", recreate=recreate) as telling:
        telling.add_column(_moment("hold_until", null=True))
    untold = "message IS NULL AND hold_until IS"
    _some("telling", "telling_held", ["person", "at"], f"verdict = 'held' AND {untold} NULL")
    _some("telling", "telling_later", ["person", "hold_until"], f"{untold} NOT NULL")
    with op.batch_alter_table("alert", recreate=recreate) as alert:
        alert.alter_column("unseen", server_default=sa.text("false"))
        alert.add_column(_moment("flaps_until", null=True))


def _turns() -> None:
    """Reports and replies of one account have a turn each, so it leaves the account's row.

    Its columns there stay for the version before, which still polls by them.
    """
    op.create_table(
        "turn",
        _word("account"),
        _word("kind"),
        _word("owner", null=True),
        _moment("until", null=True),
        _moment("polled_at", null=True),
        _moment("poll_at", null=True),
        sa.PrimaryKeyConstraint("account", "kind"),
    )
    moved = "SELECT account, 'reports', poll_owner, poll_until, polled_at, poll_at FROM gateway"
    op.execute("INSERT INTO turn (account, kind, owner, until, polled_at, poll_at) " + moved)
    op.create_index("reply_phone", "reply", ["phone", "at"])


def _overrides() -> None:
    op.create_table(
        "override",
        sa.Column("id", ID, primary_key=True, autoincrement=False),
        _word("schedule"),
        _moment("start_at"),
        _moment("end_at"),
        _word("who"),
        _word("instead_of", null=True),
        _moment("made_at"),
        _word("made_by"),
        _moment("gone_at", null=True),
    )
    counters = sa.table("counter", sa.column("name"), sa.column("value"))
    op.bulk_insert(counters, [{"name": "override", "value": 0}])
    op.create_index("override_end", "override", ["end_at"])


def _planned() -> None:
    op.create_table(
        "planned",
        _own_id(),
        _word("key"),
        _moment("due_at"),
        _moment("made_at"),
        _word("call"),
        _word("state"),
        _moment("ended_at", null=True),
        sqlite_autoincrement=True,
    )
    op.create_index("planned_key", "planned", ["key"], unique=True)
    op.create_index("planned_ended", "planned", ["ended_at"])
    _some("planned", "planned_due", ["due_at"], "state = 'waiting'")


def _jobs() -> None:
    op.create_table(
        "job",
        _own_id(),
        _word("once_key"),
        _word("kind"),
        sa.Column("incident", ID, nullable=True),
        _word("payload"),
        _word("state"),
        _number("tries"),
        _moment("next_at"),
        _word("owner", null=True),
        _moment("lease_until", null=True),
        _moment("made_at"),
        _moment("ended_at", null=True),
        _word("answer", null=True),
        sqlite_autoincrement=True,
    )
    op.create_index("job_once", "job", ["once_key"], unique=True)
    _some("job", "job_next", ["next_at"], "ended_at IS NULL")
    op.create_index("job_ended", "job", ["ended_at"])
    op.create_index("job_incident", "job", ["incident"])
