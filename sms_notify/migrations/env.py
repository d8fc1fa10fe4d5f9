"""Alembic's entry: runs the migrations on the connection that `sms-notify db` hands in."""

from __future__ import annotations

from alembic import context

from sms_notify.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making a new one
    transactional_ddl=True,
)
context.run_migrations()
