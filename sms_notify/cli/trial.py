"""`sms-notify test-sms`: one SMS to one phone, and what became of it."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sms_notify.cli.options import config_option, json_option, load_config, seconds
from sms_notify.cli.output import say, say_json
from sms_notify.cli.ownership import become_owner
from sms_notify.errors import UsageError
from sms_notify.model import MessageState, mask_phone

if TYPE_CHECKING:
    from sms_notify.config import Config
    from sms_notify.runner import Runner
    from sms_notify.store.shown import MessageShown

LOOK_EVERY = 0.2
SETTLES = 5.0
"""Seconds more for a request that is in the air at the end."""

_TEXTS = {"zh": "测试短信 {at}", "en": "test SMS {at}"}
_ENDED = frozenset({"delivered", "failed", "expired", "folded"})


@click.command("test-sms")
@click.argument("to", metavar="PERSON|PHONE")
@click.option(
    "--wait",
    default="60s",
    show_default=True,
    metavar="SPAN",
    callback=seconds(most=600),
    help="At most, until it has left and its delivery report has come; 90 is 90s.",
)
@json_option
@config_option
def command(to: str, wait: int, as_json: bool, config_path: Path | None) -> int:
    """Send one SMS now, through the store and the gateways like any other, and say what became
    of it: each step as it happens.

    PERSON is told on the first phone. It costs one SMS. Exit 0: the gateway took it, and no
    report says that it failed; 1: it did not arrive, or not in time.
    """
    config = load_config(config_path)
    person, phone = _whom(config, to)
    become_owner(config.store)
    from sms_notify.runner import Runner
    from sms_notify.store import open_store

    runner = Runner(config, store=open_store(config.store))
    runner.start()
    try:
        number = _hand_in(runner, config, person, phone)
        found = _follow(runner, config, number, wait, quiet=as_json)
    finally:
        runner.stop(SETTLES)
    if as_json:
        say_json(asdict(found))
    else:
        say(_verdict(config, found, wait))
    return 0 if found.state in ("delivered", "sent") else 1


def _whom(config: Config, to: str) -> tuple[str, str]:
    """The person and the phone; a number of nobody's goes under its masked self."""
    from sms_notify.config.phones import normalise

    if to in config.people:
        return to, config.people[to].phones[0]
    try:
        phone = normalise(to)
    except ValueError as wrong:
        known = ", ".join(config.people)
        raise UsageError(f"{wrong}; or name a person: {known}") from None
    owners = [name for name, person in config.people.items() if phone in person.phones]
    return (owners or [mask_phone(phone)])[0], phone


def _hand_in(runner: Runner, config: Config, person: str, phone: str) -> int:
    from zoneinfo import ZoneInfo

    from sms_notify.intake import Trial
    from sms_notify.store.reading import local_time

    at = local_time(runner.store.now(), ZoneInfo(config.site.timezone))[11:19]
    text = _TEXTS.get(config.site.language, _TEXTS["zh"]).format(at=at)
    tally = runner.writer.hand_in(Trial(runner.rules, person, phone, text)).result()
    number: int = tally.messages[0]
    return number


def _follow(runner: Runner, config: Config, number: int, wait: int, *, quiet: bool) -> MessageShown:
    """The message as it stands when nothing more can come, or the time is over."""
    from zoneinfo import ZoneInfo

    from sms_notify.store.reading import Reader

    reader = Reader(runner.store, ZoneInfo(config.site.timezone))
    end, told = time.monotonic() + wait, 0
    while True:
        [found] = reader.messages_by_id([number])
        for event in found.events[told:] if not quiet else ():
            say(f"{event.at[11:19]}  {event.what}  {event.detail}".rstrip())
        told = len(found.events)
        if _is_over(config, found) or time.monotonic() >= end:
            return found
        time.sleep(LOOK_EVERY)


def _is_over(config: Config, found: MessageShown) -> bool:
    return found.state in _ENDED or (found.state == "sent" and not _reports(config, found))


def _reports(config: Config, found: MessageShown) -> bool:
    return any(each.name == found.gateway and each.poll.reports > 0 for each in config.sms)


def _verdict(config: Config, found: MessageShown, wait: int) -> str:
    """One line that answers the question."""
    whom = found.person if found.person == found.phone else f"{found.person} {found.phone}"
    if found.state == MessageState.delivered:
        return f"delivered to {whom} through {found.gateway}"
    if found.state == MessageState.sent:
        no_report = f"no delivery report within {wait} s"
        why = no_report if _reports(config, found) else "it gives no delivery reports"
        return f"sent to {whom} through {found.gateway}; {why}"
    reason = f" ({found.reason})" if found.reason else ""
    if found.state == MessageState.failed:
        return f"failed{reason}: it did not reach {whom}"
    later = f"`sms-notify messages {found.id}` says what becomes of it"
    return f"{found.state}{reason} after {wait} s: it has not reached {whom} yet; {later}"
