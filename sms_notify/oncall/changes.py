"""When the meaning of names changes: for handovers to page the newcomer, and for looking ahead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from sms_notify.config.model import Config
from sms_notify.config.schedules import Override
from sms_notify.model import Micros
from sms_notify.oncall.names import in_line, those_of, whom
from sms_notify.oncall.rota import rota
from sms_notify.oncall.schedule import segments


def next_change(
    config: Config,
    names: Sequence[str],
    at: Micros,
    until: Micros,
    overrides: Sequence[Override] = (),
) -> Micros | None:
    """The first moment in (at, until) at which `names` mean other people than at `at`, if any."""
    now = whom(config, names, at, overrides)
    for edge in edges(config, names, at, until, overrides):
        if edge > at and whom(config, names, edge, overrides) != now:
            return edge
    return None


def edges(
    config: Config,
    names: Iterable[str],
    start: Micros,
    end: Micros,
    overrides: Sequence[Override] = (),
) -> list[Micros]:
    """The moments in [start, end), with `start`, between which no name changes its meaning."""
    found = {start}
    for name in {in_line(name)[0] for name in names} & config.schedules.keys():
        of = rota(config.schedules[name], ZoneInfo(config.site.timezone))
        given = those_of(config, name, overrides)
        found.update(begins for begins, _, _ in segments(of, start, end, given))
    return sorted(found)
