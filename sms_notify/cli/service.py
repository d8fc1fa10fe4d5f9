"""The whole service in one process: runner and server, started and stopped together."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from sms_notify import recorded, spool
from sms_notify.config import Config, load, start
from sms_notify.errors import ConfigError
from sms_notify.gateways import flaws
from sms_notify.intake.outlay import month_of
from sms_notify.logs import Redactor
from sms_notify.metrics import Metrics, Standing
from sms_notify.runner import Runner
from sms_notify.server import Parts, build
from sms_notify.server.http import Http
from sms_notify.store import Store
from sms_notify.store.standing import standing

log = logging.getLogger(__name__)

ANSWERS = 10.0
"""Seconds for requests that have begun when the service stops."""

COLLECT_EVERY = 20_000
"""Objects made, less those gone, before the garbage collector looks at the youngest."""

SENDS = 20.0
"""Seconds for SMS that are on their way when the service stops."""


class Service:
    """Runner and server over one store. `died` is called should the server end unasked."""

    def __init__(
        self,
        path: Path,
        config: Config,
        store: Store,
        http: Http,
        redactor: Redactor,
        *,
        dry_run: bool = False,
    ) -> None:
        self._path = path
        self._redactor = redactor
        self._http = http
        self.metrics = Metrics()
        self.runner = Runner(
            config,
            store=store,
            dry_run=dry_run,
            metrics=self.metrics,
            states=os.environ.get("STATE_DIRECTORY"),
        )
        file = store.url.database if store.is_sqlite else None
        self._recorder = recorded.Recorder(
            recorded.folder_of(file, os.environ.get("STATE_DIRECTORY")),
            keep=lambda: self.runner.rules.config.server.record,
            lost=self.metrics.unrecorded.inc,
        )
        self.metrics.watch(self._standing, store.now)
        self.metrics.watch_spool(
            lambda: spool.state(self.runner.rules.config.server.spool), store.now
        )

    def start(self, died: Callable[[], None] = lambda: None) -> None:
        """Start the loops, then answer."""
        self.runner.start(drains=True)
        self._http.start(build(self._parts()), died=died)
        spare_the_collector()
        log.info("listening", extra={"url": self._http.url})
        if self.runner.rules.config.server.record:
            log.info("recording", extra={"folder": self._recorder.folder})

    def stop(self) -> None:
        """Accept nothing more, answer what has begun, let SMS on their way finish."""
        log.info("stopping")
        self._http.stop(ANSWERS)
        self._recorder.stop()
        self.runner.stop(SENDS)
        log.info("stopped")

    def reload(self) -> list[str]:
        """Read the configuration again; its problems, and then the old one stays."""
        try:
            config = load(self._path)
        except ConfigError as wrong:
            self.metrics.error(wrong)
            return wrong.problems
        if problems := [*config.start_problems(), *gateway_problems(config)]:
            return problems
        self._redactor.learn(secrets(config))
        old = self.runner.rules.config
        if (config.server.host, config.server.port) != (old.server.host, old.server.port):
            log.warning("reload_keeps_address", extra={"url": self._http.url})
        if config.store != old.store:
            return [f"{self._path}: store: another store needs a restart, not a reload"]
        self.runner.reload(config)
        return []

    def _standing(self) -> Standing:
        config, store = self.runner.rules.config, self.runner.store
        day, _ = month_of(store.now(), ZoneInfo(config.site.timezone))
        return standing(store, self._accounts(), since=day, budget=config.throttle.month or 0)

    def _accounts(self) -> Iterator[str]:
        return (gateway.account for gateway in self.runner.rules.config.gateways)

    def _parts(self) -> Parts:
        return Parts(
            rules=lambda: self.runner.rules,
            hand_in=self.runner.writer.hand_in,
            store=self.runner.store,
            metrics=self.metrics,
            reload=self.reload,
            readiness=self.runner.readiness,
            record=self._recorder.note,
        )


def gateway_problems(config: Config) -> list[str]:
    """Why a gateway could send nothing, as far as only its own library can tell."""
    found = flaws(config.gateways)
    return [f"{config.path}: gateways[{index}]: {text}" for index, text in found]


def spare_the_collector() -> None:
    """What is loaded by now stays: the garbage collector need not walk through it for ever.

    A batch makes thousands of short-lived rows, which at the usual threshold of 700 cost a fifth
    of judging (measured).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY, 10, 10)


def secrets(config: Config) -> Iterator[str]:
    """Every secret of the configuration, for the log's redactor only."""
    for _where, secret in start.secrets(config):
        yield secret.reveal()
    for gateway in config.gateways:
        yield from gateway.secrets()
