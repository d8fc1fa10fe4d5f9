"""Opens the store for commands that ask no server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sms_notify.cli.options import load_config
from sms_notify.cli.ownership import become_owner, require_store

if TYPE_CHECKING:
    from sms_notify.config import Config
    from sms_notify.store import Store
    from sms_notify.store.reading import Reader


@contextmanager
def opened(config_path: Path | None) -> Iterator[tuple[Store, Config]]:
    """The store of the configuration, which must be there, opened as its owner."""
    config = load_config(config_path, secrets=False)
    become_owner(config.store)
    require_store(config.store)
    from sms_notify.store import open_store

    store = open_store(config.store)
    try:
        yield store, config
    finally:
        store.close()


@contextmanager
def reader(config_path: Path | None) -> Iterator[Reader]:
    """The same for reading; times are shown in the time zone of the configuration."""
    from zoneinfo import ZoneInfo

    from sms_notify.store.reading import Reader

    with opened(config_path) as (store, config):
        yield Reader(store, ZoneInfo(config.site.timezone))
