"""Pages in hand, on disk beside the store: what was fetched outlives a store that is away.

A file is written, with fsync, before the store is even asked, and goes when the page is stored.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import orjson

from sms_notify.errors import StoreUnavailable
from sms_notify.gateways import Fetched, Polled
from sms_notify.inbound.asking import Asking, keep
from sms_notify.model import Micros
from sms_notify.store import Store

log = logging.getLogger(__name__)


class Beside:
    """A folder of pages; None: there is none, and a page lives in memory until it is stored.

    Nothing here raises: a disk that is full must not keep a page from the store.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._told = False

    def put(self, asking: Asking, polled: Polled) -> bool:
        """Write the page so that it outlives the process; False where that cannot be done."""
        if self.folder is None or polled.came is not Fetched.page:
            return False
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(self.folder, self._path(asking), _bytes(asking, polled))
            return True
        except OSError as error:
            if not self._told:
                why = f"{type(error).__name__}: {error.strerror}"
                log.error("page_not_on_disk", extra={"folder": self.folder, "error": why})
            self._told = True
            return False

    def drop(self, asking: Asking) -> None:
        """The page is in the store."""
        if self.folder is None:
            return
        try:
            self._path(asking).unlink(missing_ok=True)
        except OSError as error:
            log.error("page_file_stays", extra={"error": type(error).__name__})

    def found(self) -> Iterator[tuple[Asking, Polled]]:
        """What another life of this process left, the oldest first."""
        if self.folder is None or not self.folder.is_dir():
            return
        for path in sorted(self.folder.glob("*.json")):
            try:
                yield _read(path.read_bytes())
            except (OSError, ValueError, TypeError, KeyError) as error:
                log.error(
                    "page_file_unreadable",
                    extra={"file": path, "error": type(error).__name__},
                )

    def _path(self, asking: Asking) -> Path:
        assert self.folder is not None  # noqa: S101 — for the type checker
        return self.folder / f"{asking.started_at}-{asking.request}.json"


def pick_up(
    store: Store, beside: Beside, clock: Callable[[], Micros]
) -> Iterator[tuple[Asking, Polled, bool]]:
    """Store what another life of this process left; each page, and whether it was new.

    What the store refuses for its content stays on disk, for the operator, and keeps nobody from
    asking. Raises StoreUnavailable.
    """
    for asking, polled in beside.found():
        try:
            kept = keep(store, asking, polled, clock())
        except StoreUnavailable:
            raise
        except Exception as error:
            refused = {"poll": asking.request, "error": type(error).__name__}
            log.error("page_refused", extra=refused)
            continue
        beside.drop(asking)
        yield asking, polled, kept


def folder_of(store_path: str | None, states: str | None) -> Path | None:
    """Beside a store that is a file; else in the folder for what a service keeps (`states`)."""
    if store_path and store_path != ":memory:":
        path = Path(store_path)
        return path.with_name(path.name + ".polls")
    return Path(states) / "polls" if states else None


def _bytes(asking: Asking, polled: Polled) -> bytes:
    return orjson.dumps({"asking": asdict(asking), "text": polled.text, "whole": polled.whole})


def _read(raw: bytes) -> tuple[Asking, Polled]:
    kept = orjson.loads(raw)
    asking = Asking(**kept["asking"])
    return asking, Polled(Fetched.page, text=str(kept["text"]), whole=bool(kept["whole"]))


def _write(folder: Path, path: Path, data: bytes) -> None:
    """Whole or not at all, also after a power cut."""
    part = path.with_suffix(".part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)  # os.write may take a part of it on a disk that is nearly full
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        part.unlink(missing_ok=True)
        raise
    part.rename(path)
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
