"""What the names in a step mean at a moment: people, teams and schedules share one namespace."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sms_notify.config.model import Config
from sms_notify.model import Micros
from sms_notify.oncall.schedule import on_call


def whom(config: Config, names: Sequence[str], at: Micros) -> tuple[str, ...]:
    """The people that `names` mean at `at`, each once, in the order in which they are named.

    () if that is nobody: an intended gap, a schedule that has not begun, a name that is gone since
    the last reload.
    """
    return tuple(dict.fromkeys(one for name in names for one in _meant(config, name, at)))


def _meant(config: Config, name: str, at: Micros) -> Sequence[str]:
    if name in config.people:
        return (name,)
    if name in config.teams:
        return config.teams[name]
    if name in config.schedules:
        return on_call(config.schedules[name], at, ZoneInfo(config.site.timezone))
    return ()
