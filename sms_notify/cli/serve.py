"""`sms-notify serve`: the service, until SIGTERM."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sms_notify.cli.options import config_option, find_config
from sms_notify.errors import ConfigError

if TYPE_CHECKING:
    from sms_notify.cli.service import Service

STOPS = {signal.SIGTERM, signal.SIGINT}
SIGNALS = STOPS | {signal.SIGHUP}


@click.command("serve")
@click.option("--dry-run", is_flag=True, help="Judge and store everything, send nothing.")
@config_option
def command(dry_run: bool, config_path: Path | None) -> int:
    """Run the service: take alerts over HTTP, send SMS, wait for answers.

    SIGHUP reads the configuration again; SIGTERM stops when what is on its way has left.
    """
    # before any thread is there: only this one is to get these signals
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    return _serve(find_config(config_path), dry_run)


def _serve(path: Path, dry_run: bool) -> int:
    import logging

    from sms_notify import logs
    from sms_notify.cli.ownership import become_owner
    from sms_notify.cli.service import Service, gateway_problems, secrets
    from sms_notify.config import load
    from sms_notify.runner import memory
    from sms_notify.server.http import Http
    from sms_notify.store import open_store
    from sms_notify.store.durability import worries

    config = load(path)
    if problems := [*config.start_problems(), *gateway_problems(config)]:
        raise ConfigError(problems)
    redactor = logs.set_up(secrets(config))
    _many_files()
    memory.few_arenas()
    http = Http(config.server.host, config.server.port)
    become_owner(config.store)
    store = open_store(config.store)
    log = logging.getLogger(__name__)
    for worry in worries(store):
        log.warning("store_not_durable", extra={"why": worry})
    service = Service(path, config, store, http, redactor, dry_run=dry_run)
    service.start(died=lambda: os.kill(os.getpid(), signal.SIGTERM))
    try:
        return _until_told(service)
    finally:
        service.stop()


def _until_told(service: Service) -> int:
    """Wait for signals; SIGHUP reloads."""
    import logging

    log = logging.getLogger(__name__)
    while True:
        got = signal.sigwait(SIGNALS)
        if got in STOPS:
            return 0
        problems = service.reload()
        service.metrics.reloaded.set(not problems)
        for problem in problems:
            log.error("reload_refused", extra={"problem": problem})
        if not problems:
            log.info("reloaded")


def _many_files() -> None:
    """Each connection is a file; the usual soft limit of 1,024 is lower than one storm."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
