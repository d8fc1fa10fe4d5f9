"""Draining the spool: calls that Zabbix' alert script could not hand in while we were away."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sms_notify import spool
from sms_notify.errors import InputError
from sms_notify.intake import Input, Rules, TellCall
from sms_notify.model import MINUTE, Call, Micros
from sms_notify.sources import zabbix
from sms_notify.spool import Kept

log = logging.getLogger(__name__)

Judge = Callable[[Sequence[Input]], None]
"""Judges all of them and returns after COMMIT."""

OLD: Micros = 5 * MINUTE
"""An entry that waits longer while the service runs is a sign of trouble."""


def drain(folder: Path, rules: Rules, now: Micros, judge: Judge) -> int:
    """Judge what waits, the oldest first, and delete each entry after its COMMIT; how many.

    An entry that is deleted too late, because we died in between, is known by its key. What is
    older than `delivery.expires` is told in one digest. Raises StoreUnavailable, OSError.
    """
    taken = spool.take(folder, now=now, expires=rules.config.delivery.expires)
    waiting = [(kept, True) for kept in taken.late] + [(kept, False) for kept in taken.fresh]
    read = [(kept, _call(folder, rules, kept, late)) for kept, late in waiting]
    good = [(kept, call) for kept, call in read if call is not None]
    judge([TellCall(rules, call) for _kept, call in good])
    stuck = spool.remove(folder, [kept for kept, _call in good])
    if stuck:
        log.error("spool_stuck", extra={"entries": len(stuck), "first": stuck[0]})
    return len(good) - len(stuck)


def _call(folder: Path, rules: Rules, kept: Kept, late: bool) -> Call | None:
    site = rules.config.site
    try:
        call = zabbix.parse_args(
            kept.sendto,
            kept.subject,
            kept.message,
            levels=site.levels,
            called_at=kept.called_at,
            timezone=site.timezone,
        )
    except InputError as error:
        log.error("spool_unreadable", extra={"why": str(error)})
        spool.set_aside(folder, kept)
        return None
    return replace(call, late=late)


def spool_trouble(folder: Path, now: Micros) -> dict[str, str]:
    """What /-/ready says about the spool: nothing, or why it needs somebody's eye."""
    try:
        state = spool.state(folder)
    except OSError as error:
        return {"spool": f"cannot be read: {error.strerror}"}
    if state.oldest_at is not None and state.oldest_at < now - OLD:
        return {"spool": f"{state.entries} calls wait, the oldest for over 5 minutes"}
    return {"spool": f"{state.bad} entries in bad/"} if state.bad else {}
