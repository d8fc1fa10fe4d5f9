"""Opens the store for commands that only look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sms_notify.cli.options import load_config
from sms_notify.cli.ownership import become_owner, require_store

if TYPE_CHECKING:
    from sms_notify.store.reading import Reader

LARGEST_NUMBER = 2**53


@contextmanager
def reader(config_path: Path | None) -> Iterator[Reader]:
    """The store of the configuration, open for reading; times are shown in its time zone."""
    from zoneinfo import ZoneInfo

    config = load_config(config_path, secrets=False)
    become_owner(config.store)
    require_store(config.store)
    from sms_notify.store import open_store
    from sms_notify.store.reading import Reader

    store = open_store(config.store)
    try:
        yield Reader(store, ZoneInfo(config.site.timezone))
    finally:
        store.close()
