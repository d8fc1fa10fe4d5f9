"""What the error of a driver says, by the names that every driver gives to it."""

from __future__ import annotations

SQLITE_READONLY = 8
"""SQLite's code; its driver is imported late."""

REFUSALS = frozenset(
    {
        *("IntegrityError", "DataError", "ProgrammingError", "NotSupportedError"),
        *("DeadlockDetected", "SerializationFailure"),
    }
)
"""What another transaction need not meet, by PEP 249's and psycopg's names; a store that is
locked, full or away is none of these."""


def refused(error: BaseException) -> bool:
    """Whether only this transaction was refused."""
    return any(kind.__name__ in REFUSALS for kind in type(error).__mro__)


def only_reads(error: BaseException) -> bool:
    """A server that was demoted, where another one writes now; a file that was opened while its
    mode forbade to write."""
    kind, code = type(error).__name__, getattr(error, "sqlite_errorcode", 0)
    return kind == "ReadOnlySqlTransaction" or code & 0xFF == SQLITE_READONLY
