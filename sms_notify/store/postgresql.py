"""PostgreSQL: how a connection is made and kept, directly or through a pooler such as pgbouncer."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

from sms_notify.model import Micros
from sms_notify.store.watching import PATIENCE, Watch

OPTIONS = {
    "application_name": "sms-notify",
    "client_encoding": "utf8",  # whatever PGCLIENTENCODING or the database's own would be
    "connect_timeout": "3",
    "target_session_attrs": "read-write",  # never a standby, nor a primary of yesterday
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "8000",
}
"""Of the driver, where the URL does not say otherwise."""

SETTINGS = {
    "lock_timeout": "4s",
    "statement_timeout": "0",  # a shorter one than watching.py's refuses whoever waits to judge
    "idle_in_transaction_session_timeout": "30s",  # of a process that froze with the judging lock
    "synchronous_commit": "on",  # where it is off; see _settings
    "jit": "off",
    "random_page_cost": "1.1",  # all that is asked for has an index: 4, of old disks, reads tables
}
KEEPALIVES = {
    "tcp_keepalives_idle": "5",  # of a machine that lost its power with the judging lock
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}

_SERVER = (
    "SELECT pg_backend_pid(), current_setting('synchronous_commit'),"
    " (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
)
ENCODINGS = ("UTF8", "SQL_ASCII")
"""Of a database, in which every text can be kept."""

CLOCK = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

WRITING = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
"""Whatever the server's default: a judge must see what was committed while it waited."""
READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

CHANNEL = "sms_notify"
"""On which a commit tells the other processes that there is something to do."""

POOLED = "pooled"
BORN = "born"
ASKED = "asked"


class Server:
    """The connections to one database. `cut()`: those that there are now are not to be trusted."""

    def __init__(self, url: URL, watch: Watch) -> None:
        self._watch = watch
        self._trusted_from = 0.0
        self.engine = _engine(url, self)

    def cut(self) -> None:
        """One was found dead: so are the others, most probably."""
        self._trusted_from = time.monotonic()

    def prepare(self, connection: Any, record: Any) -> None:
        """Make a new connection ready; a pooler is known by a backend that is not the one asked.

        Before SQLAlchemy asks it anything: that has no end where nobody answers.
        """
        connection.autocommit = True  # we say BEGIN and COMMIT ourselves
        cursor = self._watch.cursor(connection)  # a pooler lets in, and waits for its server then
        try:
            cursor.execute(_SERVER)
            pid, commits, _now = cursor.fetchone()
            record.info[POOLED] = pid != connection.pgconn.backend_pid
            record.info[BORN] = time.monotonic()
            settings = _settings(commits)
            if record.info[POOLED]:
                connection.prepare_threshold = None  # the next transaction has another backend
                record.info["local"] = _as_set(settings, local=True)
            else:
                cursor.execute(_as_set(settings | KEEPALIVES, local=False))
        finally:
            self._watch.done(cursor)
        record.info[ASKED] = self._watch.limit(connection, PATIENCE)

    def asked(self, _connection: Any, record: Any) -> None:
        """SQLAlchemy has asked what it wants to know of a server."""
        limit = record.info.pop(ASKED)
        self._watch.done(limit)
        limit.over()

    def trust(self, _connection: Any, record: Any, _proxy: Any) -> None:
        """Raises DisconnectionError, upon which the pool makes a new one in its place."""
        if record.info[BORN] <= self._trusted_from:
            raise DisconnectionError


def _settings(commits: str) -> dict[str, str]:
    """Ours, but for a way to commit that is as safe as ours or safer."""
    kept = "synchronous_commit" if commits != "off" else None
    return {name: value for name, value in SETTINGS.items() if name != kept}


def _as_set(settings: dict[str, str], *, local: bool) -> str:
    word = "SET LOCAL" if local else "SET"
    return "; ".join(f"{word} {name} = '{value}'" for name, value in settings.items())


def moment(cursor: Any) -> Micros:
    """What the server's clock shows now."""
    cursor.execute(CLOCK)
    shown: Micros = cursor.fetchone()[0]
    return shown


def begin(text: str, info: dict[str, Any]) -> str:
    """How to begin on a connection: behind a pooler no setting outlives its transaction."""
    return f"{text}; {info['local']}" if info[POOLED] else text


def _engine(url: URL, server: Server) -> Engine:
    given = {name: value for name, value in OPTIONS.items() if name not in url.query}
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=4,
        max_overflow=12,
        pool_timeout=4,
        pool_reset_on_return=None,
        connect_args=given,
    )
    event.listen(engine, "connect", server.prepare, insert=True)
    event.listen(engine, "connect", server.asked)
    event.listen(engine, "checkout", server.trust)
    return engine
