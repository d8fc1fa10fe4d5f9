"""The poller with its threads: what is in hand outlives a store that is away, and a stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from sms_notify.gateways import Http, Polled, open_gateways
from sms_notify.gateways.http import Got
from sms_notify.inbound import Beside, Poller
from tests.programs.process import wait_until

from .site import SECOND, Options, Site


class Locking:
    """A transport in front of another: from the first request on, nobody can write to the store."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.holder = site.runner.store.engine.raw_connection()

    def get(self, base: str, target: str) -> Got:
        self.holder.cursor().execute("BEGIN IMMEDIATE")
        return self.site.http.get(base, target)

    def release(self) -> None:
        self.holder.cursor().execute("COMMIT")
        self.holder.close()

    def close(self) -> None:
        """Nothing is open."""


def made(
    site: Site,
    fetched: Callable[[str, Polled], None] = lambda _kind, polled: None,
    http: Http | None = None,
) -> Poller:
    gateways = open_gateways(site.config.gateways, http or site.http)
    beside = Beside(site.folder / "site.db.polls")
    return Poller(site.runner.store, gateways, "me", beside, lambda: site.now, fetched)


def reported(folder: Path) -> tuple[Site, int]:
    """A site with a report that waits at the gateway."""
    site = Site(f"sqlite:///{folder / 'site.db'}", folder, Options(report_delay=10**15))
    number, provider_id = site.sent()
    site.report(provider_id)
    site.now += 20 * SECOND
    return site, number


def test_what_it_fetched_is_stored_and_said(tmp_path: Path) -> None:
    site, number = reported(tmp_path)
    came = threading.Event()
    poller = made(site, lambda _kind, polled: came.set())
    poller.start()
    assert came.wait(10)
    assert poller.stop(10)
    site.run(0)
    assert site.state(number) == "delivered"
    assert not list((tmp_path / "site.db.polls").glob("*.json"))


def test_while_the_store_is_away_the_page_is_on_disk_and_is_stored_when_it_is_back(
    tmp_path: Path,
) -> None:
    site, number = reported(tmp_path)
    folder = tmp_path / "site.db.polls"
    locking = Locking(site)
    poller = made(site, http=locking)
    poller.start()
    wait_until("the page to be on disk", lambda: bool(list(folder.glob("*.json"))), 10)
    assert site.sql("SELECT answer FROM request WHERE kind = 'reports'") == [(None,)]
    locking.release()
    wait_until("the page to be stored", lambda: not list(folder.glob("*.json")), 30)
    assert poller.stop(10)
    site.run(0)
    assert site.state(number) == "delivered"


def test_one_that_was_killed_with_a_page_on_disk_is_picked_up_by_the_next(tmp_path: Path) -> None:
    site, number = reported(tmp_path)
    site.run_until("write page")
    site.crash()
    poller = made(site)
    poller.start()
    folder = tmp_path / "site.db.polls"
    wait_until("the page to be stored", lambda: not list(folder.glob("*.json")), 10)
    assert poller.stop(10)
    site.run(0)
    assert site.state(number) == "delivered"
