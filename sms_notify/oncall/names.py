"""What the names in a step mean at a moment: people, teams and schedules share one namespace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from sms_notify.config.model import Config
from sms_notify.model import Micros
from sms_notify.oncall.schedule import on_call


def whom(config: Config, names: Sequence[str], at: Micros) -> tuple[str, ...]:
    """The people that `names` mean at `at`, each once, in the order in which they are named.

    () if that is nobody: an intended gap, a schedule that has not begun, a name that is gone since
    the last reload.
    """
    return tuple(dict.fromkeys(_people(config, names, at, frozenset())))


def _people(
    config: Config, names: Sequence[str], at: Micros, within: frozenset[str]
) -> Iterator[str]:
    for name in names:
        if name in config.people:
            yield name
        elif name not in within:
            yield from _people(config, _members(config, name, at), at, within | {name})


def _members(config: Config, name: str, at: Micros) -> Sequence[str]:
    if name in config.teams:
        return config.teams[name]
    if name in config.schedules:
        return on_call(config.schedules[name], at, ZoneInfo(config.site.timezone))
    return ()
