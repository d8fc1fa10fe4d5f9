"""Whether "accepted" means what it says here: what a store's server does for disk and standbys."""

from __future__ import annotations

from collections.abc import Iterator

from sms_notify.model import SECOND, Micros
from sms_notify.store.engine import Store
from sms_notify.store.postgresql import CLOCK
from sms_notify.store.sql import Row, Transaction

SKEW: Micros = 2 * SECOND
"""A clock that is further off than this is worth a word."""

_SERVER = (
    "SELECT name, CASE name WHEN 'synchronous_commit' THEN reset_val ELSE setting END"
    " FROM pg_settings WHERE name IN"
    " ('fsync', 'full_page_writes', 'synchronous_commit', 'synchronous_standby_names')"
)
_STANDBYS = "SELECT count(*) FROM pg_stat_replication"
"""Rows that an ordinary user sees too, though not what is in them."""

OFF = {
    "fsync": "fsync is off: what was accepted is lost, and the database with it, when its machine "
    "loses power; set fsync = on",
    "full_page_writes": "full_page_writes is off: a power cut may tear pages; set it on, unless "
    "the file system never tears one",
}
NO_COMMITS = (
    "synchronous_commit is off for this database: sms-notify switches it on for its own "
    "transactions; set it on, so that nobody relies on less"
)
ONLY_LOCAL = (
    "synchronous_commit is local: a commit waits for no standby, so what was accepted in the last "
    "moments is lost at a failover; set it to on"
)
ASYNCHRONOUS = (
    "{standbys} asynchronous: what was accepted in the last moments is lost when one of them takes "
    "over; name them in synchronous_standby_names (Patroni: synchronous_mode)"
)
NO_STANDBY = (
    "synchronous_standby_names is set and no standby is connected: a commit waits for one, so that "
    "nothing is accepted (503) and no SMS leaves; connect a standby, or empty the setting"
)


def worries(store: Store) -> list[str]:
    """What makes a promise weaker here, each with what to do; raises StoreUnavailable."""
    if store.is_sqlite:
        return []
    with store.reading() as tx:
        server = {row[0]: row[1] for row in _asked(tx, _SERVER)}
        return list(_worries(server, _asked(tx, _STANDBYS)[0][0]))


def _asked(tx: Transaction, question: str) -> list[Row]:
    tx._cursor.execute(question)
    found: list[Row] = tx._cursor.fetchall()
    return found


def _worries(server: dict[str, str], standbys: int) -> Iterator[str]:
    for name, text in OFF.items():
        if server.get(name) == "off":
            yield text
    commits = server.get("synchronous_commit")
    if commits == "off":
        yield NO_COMMITS
    elif standbys and commits == "local":
        yield ONLY_LOCAL
    awaited = bool(server.get("synchronous_standby_names"))
    if awaited and not standbys and commits != "local":
        yield NO_STANDBY
    if standbys and not awaited:
        count = "the standby is" if standbys == 1 else f"all {standbys} standbys are"
        yield ASYNCHRONOUS.format(standbys=count)


def skew(store: Store, now: Micros) -> Micros:
    """How much the server's clock, which counts, is ahead of ours, which stands at `now`."""
    if store.is_sqlite:
        return 0
    with store.reading() as tx:
        return int(_asked(tx, CLOCK)[0][0]) - now
