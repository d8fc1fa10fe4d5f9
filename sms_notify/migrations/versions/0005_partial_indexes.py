"""Two indexes that hold only what is looked for by them.

Most news is told in no message of its own, and most incidents that are looked for are open.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both anew; nothing that the version before reads is missed by it."""
    _only("incident", "incident_ended", "ended_at")
    _only("telling", "telling_message", "message")


def _only(table: str, name: str, column: str) -> None:
    """The index `name`, of those that have something in `column`; alike in both databases."""
    where = sa.text(f"{column} IS NOT NULL")
    op.drop_index(name, table)
    op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)
