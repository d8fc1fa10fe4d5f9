"""`sms-notify replay`: what recorded calls would lead to under one configuration or two."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sms_notify.cli.options import config_option, find_config, json_option, load_config, span
from sms_notify.cli.output import complain, say, say_json
from sms_notify.errors import ConfigError, UsageError
from sms_notify.model import Micros

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sms_notify.cli.replaying import Came, Lived
    from sms_notify.config import Config
    from sms_notify.store.told import ToldBy

SHOWN = 200
"""Lines of a difference that are printed; JSON holds all."""


@click.command("replay")
@click.argument("what", metavar="FOLDER|FILE|-")
@click.option(
    "--against",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OTHER.yaml",
    help="Compare with this one; else with the configuration found without --config, if any.",
)
@click.option("--after", default="1h", metavar="SPAN", show_default=True, callback=span,
              help="Live on so long after the last call.")  # fmt: skip
@json_option
@config_option
def command(
    what: str, against: Path | None, after: Micros, as_json: bool, config_path: Path | None
) -> int:
    """Live recorded calls (server.record) through under a configuration; nothing is sent.

    With `--config NEW.yaml` the difference to the present configuration is shown: which SMS would
    be gone, which would be new, and how many each person gets.
    """
    from sms_notify.cli.replaying import lived

    config, other = load_config(config_path, secrets=False), _other(config_path, against)
    now = time.time_ns() // 1000
    after_calls, unread = _calls(config, what, now)
    if not after_calls:
        raise UsageError("; ".join([f"{what}: no call could be read", *unread[:3]]))
    result = lived(config, after_calls, after)
    before = lived(other, _calls(other, what, now)[0], after) if other else None
    _say(config, before, result, len(after_calls), as_json)
    for problem in unread:
        complain(problem)
    return 0


def _other(given: Path | None, against: Path | None) -> Config | None:
    """The configuration to compare with: named, or the one in use where another is tried."""
    if against is not None:
        return load_config(against, secrets=False)
    if given is None:
        return None
    try:
        found = find_config(None)
    except ConfigError:
        return None
    return None if found.resolve() == given.resolve() else load_config(found, secrets=False)


def _calls(config: Config, what: str, now: int) -> tuple[list[Came], list[str]]:
    """Every call in the order of time; those that do not say when they came, a second apart."""
    from sms_notify.cli.payloads import recorded
    from sms_notify.cli.replaying import Came, in_order
    from sms_notify.model import SECOND

    calls, unread = [], []
    for number, each in enumerate(recorded(config, what, now)):
        if each.call is None:
            unread.append(f"{each.origin}: {each.problem}")
        else:
            calls.append(Came(each.at if each.at is not None else now + number * SECOND, each.call))
    return in_order(calls), unread


def _say(config: Config, before: Lived | None, after: Lived, calls: int, as_json: bool) -> None:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(config.site.timezone)
    gone, new = _difference(before.messages if before else (), after.messages)
    if as_json:
        said: dict[str, Any] = {"calls": calls, "after": _sums(after)}
        if before is not None:
            said |= {"before": _sums(before), "gone": [_row(one, zone) for one in gone]}
        say_json(said | {"new": [_row(one, zone) for one in new]})
        return
    for sign, some in (("-", gone), ("+", new)):
        for one in some[:SHOWN]:
            row = _row(one, zone)
            say(f"{sign if before else ' '} {row['at']} {row['person']} {row['kind']}: {one.text}")
        if len(some) > SHOWN:
            say(f"{sign} … {len(some) - SHOWN} more; --json shows all")
    say(f"{calls} calls")
    if before is not None:
        say(f"before: {_sum_line(before)}")
    say(f"{'after: ' if before else ''}{_sum_line(after)}")
    if before is not None and not gone and not new:
        say("no difference")


def _difference(
    before: Iterable[ToldBy], after: Iterable[ToldBy]
) -> tuple[list[ToldBy], list[ToldBy]]:
    """Only in the one, only in the other; the same text at the same time is no difference."""
    had, has = Counter(before), Counter(after)
    return list((had - has).elements()), list((has - had).elements())


def _sums(lived: Lived) -> dict[str, Any]:
    return {
        "messages": len(lived.messages),
        "segments": lived.segments,
        "by_person": lived.by_person(),
        "verdicts": lived.verdicts,
    }


def _sum_line(lived: Lived) -> str:
    people = ", ".join(f"{name} {number}" for name, number in lived.by_person().items())
    verdicts = ", ".join(f"{name} {number}" for name, number in lived.verdicts.items())
    return f"{len(lived.messages)} SMS ({people or 'nobody'}); decided: {verdicts or 'nothing'}"


def _row(one: ToldBy, zone: ZoneInfo) -> dict[str, Any]:
    from sms_notify.store.reading import local_time

    at = "held" if one.at is None else local_time(one.at, zone)
    return {"at": at, "person": one.person, "kind": one.kind, "text": one.text}
