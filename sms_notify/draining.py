"""Draining the spool: calls that Zabbix' alert script could not hand in while we were away."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sms_notify import spool
from sms_notify.errors import InputError
from sms_notify.intake import Accepted, Input, Rules, TellCall
from sms_notify.metrics import Metrics
from sms_notify.model import MINUTE, SECOND, Call, Micros
from sms_notify.sources import zabbix
from sms_notify.spool import Kept

log = logging.getLogger(__name__)

Judge = Callable[[Sequence[TellCall]], None]
"""Judges all of them and returns after COMMIT."""

EVERY: Micros = 2 * SECOND
"""So often the folder is looked at."""

AT_ONCE = 50
"""Calls in one transaction: as much as a webhook may have to wait for besides its own."""

OLD: Micros = 5 * MINUTE
"""An entry that waits longer while the service runs is a sign of trouble."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the spool and its call; `old`: the call is older than `delivery.expires`."""

    kept: Kept
    call: Call
    old: bool


class Stuck(OSError):
    """What was judged cannot be deleted: it will be judged again and again."""


class Draining:
    """Looks after the spool of the running service; a command leaves it alone."""

    def __init__(
        self,
        rules: Callable[[], Rules],
        hand_in: Callable[[Input], Future[Any]],
        metrics: Metrics,
    ) -> None:
        self._rules = rules
        self._hand_in = hand_in
        self._metrics = metrics
        self._next_at: Micros = 0
        self._error = ""

    def work(self, now: Micros) -> bool:
        """Drain a part of it, if it is time; whether the next part goes at once, when SMS had
        their turn.

        Raises StoreUnavailable; a folder that cannot be used is said once in the log.
        """
        if now < self._next_at <= now + EVERY:  # later: the clock was set back
            return False
        self._next_at = now + EVERY
        rules = self._rules()
        try:
            if drain(rules.config.server.spool, rules, now, self._judge):
                self._next_at = now
            self._error = ""
        except OSError as error:
            self._say_once(error)
        return self._next_at == now

    def _say_once(self, error: OSError) -> None:
        event = "stuck" if isinstance(error, Stuck) else "unusable"
        if event != self._error:
            if event == "stuck":
                log.error("spool_stuck", extra={"error": str(error)})
            else:
                log.error("spool_unusable", extra={"error": str(error)})
        self._error = event

    def _judge(self, calls: Sequence[TellCall]) -> None:
        futures = [self._hand_in(call) for call in calls]
        for call, future in zip(calls, futures, strict=True):
            self._count(call.call, future.result())

    def _count(self, call: Call, accepted: Accepted) -> None:
        """What came by the spool counts like what came by a call."""
        metrics = self._metrics
        metrics.alerts.labels(call.source).inc(len(call.alerts))
        metrics.judged(accepted.verdicts, len(accepted.messages), accepted.fallbacks)
        if accepted.unknown_receiver:
            metrics.receivers.labels(call.source).inc()
            known = {"source": call.source, "receiver": call.receiver}
            log.warning("unknown_receiver_root_told", extra=known)


def drain(folder: Path, rules: Rules, now: Micros, judge: Judge) -> int:
    """Judge the oldest that wait, and delete each entry after its COMMIT; how many.

    An entry that is deleted too late, because we died in between, is known by its key.
    Raises StoreUnavailable; OSError, and of these Stuck when everything was judged.
    """
    entries = list(_read(folder, rules, now))
    waiting = list(zip(entries, _as_told(entries), strict=True))
    stuck: list[str] = []
    for start in range(0, len(waiting), AT_ONCE):
        some = waiting[start : start + AT_ONCE]
        judge([TellCall(rules, call) for _entry, call in some])
        stuck += spool.remove(folder, [entry.kept for entry, _call in some])
    if stuck:
        raise Stuck(f"{len(stuck)} entries of {folder} cannot be deleted, the first is {stuck[0]}")
    return len(waiting)


def _read(folder: Path, rules: Rules, now: Micros) -> Iterator[Entry]:
    """The old ones first; what is no call is put aside on the way."""
    taken = spool.take(folder, now=now, expires=rules.config.delivery.expires)
    for some, old in ((taken.late, True), (taken.fresh, False)):
        for kept in some:
            call = _call(folder, rules, kept)
            if call is not None:
                yield Entry(kept, call, old)


def _as_told(entries: Sequence[Entry]) -> Iterator[Call]:
    """The calls, those `late` that are to be told in one digest instead of one by one.

    All that is said of an event goes the same way. It is late if any of it is old, or if it was
    all over by the time we hear of it: nobody is to be paged for what no longer burns.
    """
    events: dict[str, list[Entry]] = {}
    for entry in entries:
        events.setdefault(_event(entry.call), []).append(entry)
    late = {event for event, some in events.items() if _is_late(some)}
    for entry in entries:
        yield replace(entry.call, late=_event(entry.call) in late)


def _event(call: Call) -> str:
    return f"{call.receiver} {sorted(call.group.items())}"


def _is_late(some: Sequence[Entry]) -> bool:
    over = any(not alert.firing for entry in some for alert in entry.call.alerts)
    return any(entry.old for entry in some) or (over and len({e.call.key for e in some}) > 1)


def _call(folder: Path, rules: Rules, kept: Kept) -> Call | None:
    site = rules.config.site
    try:
        return zabbix.parse_args(
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


def spool_trouble(folder: Path, now: Micros) -> dict[str, str]:
    """What /-/ready says about the spool: nothing, or why it needs somebody's eye.

    It never makes the service unready: what calls directly is still taken, and who takes an
    unready service out of turn would make the spool grow faster.
    """
    try:
        state = spool.state(folder)
    except OSError as error:
        return {"spool": f"cannot be read: {error.strerror}"}
    if state.oldest_at is not None and state.oldest_at < now - OLD:
        return {"spool": f"{state.entries} calls wait, the oldest for over 5 minutes"}
    return {"spool": f"{state.bad} entries in bad/"} if state.bad else {}
