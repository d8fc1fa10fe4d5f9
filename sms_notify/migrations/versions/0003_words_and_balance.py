"""Words that a gateway does not carry, and what is known of a prepaid balance.

Written out once from the tables of that day; the tables may change, this file does not.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BALANCE = ("balance_at", "balance_due", "shared_at", "warned_at")


def upgrade() -> None:
    """Add the words, and the moments of the balance."""
    op.create_table(
        "word",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("times", ID, server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("account", "word"),
    )
    # made anew on SQLite, so that it is written as a new store has it
    anew = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("gateway", recreate="always" if anew else "never") as gateway:
        gateway.add_column(
            sa.Column("exact", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
        for name in BALANCE:
            gateway.add_column(sa.Column(name, sa.BigInteger(), nullable=True))
