"""For worlds in virtual time: no waiting for the disk. What dies there is a process, which loses
nothing that it wrote, never the machine."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from sms_notify.store import Store


def hasten(store: Store) -> None:
    """Before the first connection, which is kept: SQLite's commits are not brought to the disk."""
    if not store.is_sqlite:
        return

    @event.listens_for(store.engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous = OFF")
