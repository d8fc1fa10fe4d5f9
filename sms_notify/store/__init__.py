"""The store: tables, queries and their two dialects, SQLite and PostgreSQL."""

from sms_notify.store.engine import Store
from sms_notify.store.schema import prepare

__all__ = ["Store", "open_store", "prepare"]


def open_store(url: str) -> Store:
    """Open and, if it is empty, create the store; raises StoreUnavailable or StoreOutdated."""
    store = Store(url)
    try:
        prepare(store)
    except BaseException:
        store.close()
        raise
    return store
