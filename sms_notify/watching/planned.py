"""What is to be said later: kept, taken back, and told when it is due, each of these once.

A planned text is judged when it is due: its route, who is on call and every limit are those of that
moment. Keeping, taking back and telling take turns at the judging lock, so one of two that race
finds what the other did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sms_notify.errors import InputError, Malformed
from sms_notify.intake import Accepted, Ledger, Rules, TellCall
from sms_notify.model import Bad, Call, Micros
from sms_notify.sources import later, line
from sms_notify.store import Store
from sms_notify.store import planned as rows
from sms_notify.store.facts import Keys
from sms_notify.store.planned import Plan
from sms_notify.store.reading import local_time

MOST_WAITING = 10_000
"""No more than this wait at a time: a script gone wild does not fill the months ahead."""


class Came(StrEnum):
    """What keeping came to."""

    kept = "kept"
    known = "known"
    past = "past"
    full = "full"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is said of a plan that was taken."""

    planned: int
    due_at: str
    state: str
    repeated_call: bool


def kept(store: Store, wanted: later.Later, came: Came, zone: ZoneInfo) -> Kept:
    """After Keep was judged: its number. Raises Malformed where it was not taken."""
    with store.reading() as tx:
        found = rows.by_key(tx, {wanted.key}).get(wanted.key)
    due_at = local_time(wanted.due_at, zone)
    if found is None and came is Came.past:
        now = local_time(store.now(), zone)
        raise Malformed(f"at: {due_at} is in the past: here it is {now}; leave at out to send now")
    if found is None:
        text = f"{MOST_WAITING} texts wait already; `sms-notify later list` shows them"
        raise Malformed(f"at: not kept, {text}")
    return Kept(found.id, local_time(found.due_at, zone), found.state, came is Came.known)


class Keep:
    """The Input of a text for later; the same call again is the same plan."""

    alerts = 1

    def __init__(self, wanted: later.Later) -> None:
        self.wanted = wanted

    def wants(self, now: Micros) -> Keys:
        return Keys(asked={rows.by_key: {self.wanted.key}, rows.waiting: {""}})

    def judge(self, ledger: Ledger, now: Micros) -> Came:
        wanted, known = self.wanted, ledger.facts.answers[rows.by_key]
        if wanted.key in known:
            return Came.known
        if wanted.due_at <= now and not wanted.span:
            return Came.past
        waiting = ledger.facts.answers[rows.waiting]
        if waiting["waiting"] >= MOST_WAITING:
            return Came.full
        ledger.put(waiting, "waiting", waiting["waiting"] + 1)
        plan = Plan(0, wanted.key, wanted.due_at, now, wanted.call, "waiting", None)
        ledger.put(known, wanted.key, plan)
        ledger.write(rows.KEEP, key=plan.key, due=plan.due_at, now=now, call=plan.call)
        return Came.kept


class Cancel:
    """The Input that takes one back; answers what it was before, None if it is not known."""

    alerts = 1

    def __init__(self, number: int) -> None:
        self.number = number

    def wants(self, now: Micros) -> Keys:
        return Keys(asked={rows.by_id: {self.number}})

    def judge(self, ledger: Ledger, now: Micros) -> Plan | None:
        plan: Plan | None = ledger.facts.answers[rows.by_id].get(self.number)
        if plan is not None and plan.state == "waiting":
            _end(ledger, plan, "cancelled")
        return plan


@dataclass(frozen=True, slots=True)
class TellPlanned:
    """The Input for one that is due. `inner` stands for its own call where that is to be told as
    unreadable."""

    rules: Rules
    plan: Plan
    inner: TellCall

    @property
    def alerts(self) -> int:
        return self.inner.alerts

    def wants(self, now: Micros) -> Keys:
        keys = self.inner.wants(now)
        keys.asked[rows.by_id] = {self.plan.id}
        return keys

    def parts(self) -> Sequence[TellPlanned]:
        return []

    def as_bad(self, problem: str) -> TellPlanned:
        return replace(self, inner=self.inner.as_bad(problem))

    def judge(self, ledger: Ledger, now: Micros) -> Any:
        """What telling came to; None where it was told or taken back meanwhile."""
        stored: Plan | None = ledger.facts.answers[rows.by_id].get(self.plan.id)
        if stored is None or stored.state != "waiting":
            return None
        accepted: Accepted = self.inner.judge(ledger, now)
        _end(ledger, stored, "done")
        return accepted


def tell_planned(rules: Rules, plan: Plan) -> TellPlanned:
    """The Input for a plan; a call that can no longer be read is told as that."""
    try:
        call = later.told(plan.call, levels=rules.config.site.levels, due_at=plan.due_at)
    except InputError as wrong:
        bad = (Bad("planned", str(wrong)),)
        call = Call(line.SOURCE, plan.due_at, (), {}, key=plan.key, bad=bad)
    return TellPlanned(rules, plan, TellCall(rules, call))


def _end(ledger: Ledger, plan: Plan, state: str) -> None:
    ledger.write(rows.END, of_id=plan.id, to_state=state, now=ledger.now)
    ended = replace(plan, state=state, ended_at=ledger.now)
    ledger.put(ledger.facts.answers[rows.by_id], plan.id, ended)
