"""Is the present step over? Pure: what left and when, what is held and why, how long to wait.

No SMS that has not left by now can have left earlier, so a step is looked at whenever its wait
could first be over; nobody has to say that a message left, and whatever later turns out about
it counts: a report, a balance, a second send.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sms_notify.delivery.overdue import Unproved, second_send
from sms_notify.model import PAGE_KINDS, Level, MessageState, Micros
from sms_notify.store.chains import Carrier

S = MessageState

UNANSWERED = "nobody answered in time"
NOT_REACHED = "no message of this step could be delivered"


@dataclass(frozen=True, slots=True)
class Terms:
    """`now`, and what the configuration says: the longest that held news counts as not told, and
    the level from which on an uncertain page is sent twice."""

    now: Micros
    digest_every: Micros
    resends: Level | None


@dataclass(frozen=True, slots=True)
class Held:
    """What is held for people of the present step: for how many, and the moments until which it is
    held by right (quiet hours, a mute)."""

    people: int = 0
    by_right: tuple[Micros, ...] = ()

    @property
    def for_room(self) -> int:
        """People whose news only waits for its turn."""
        return self.people - len(self.by_right)


@dataclass(frozen=True, slots=True)
class Present:
    """The step as it is: began when, waits how long (None: nothing comes after it), since when."""

    began: Micros
    wait: Micros | None
    waits_from: Micros | None
    muted_until: Micros | None = None
    rests_until: Micros | None = None
    carriers: Sequence[Carrier] = field(default=())
    held: Held = Held()


@dataclass(frozen=True, slots=True)
class Look:
    """`why` the next step is due, "" if it is not; else `again`: when to look (None: never).

    `rests_until`: nobody of the step may be told before.
    """

    why: str = ""
    waits_from: Micros | None = None
    again: Micros | None = None
    rests_until: Micros | None = None


def look(step: Present, terms: Terms) -> Look:
    """Is the next step due at `terms.now`?"""
    now = terms.now
    if step.muted_until is not None and step.muted_until > now:
        until = max(step.rests_until or 0, step.muted_until)
        return Look(waits_from=step.waits_from, again=step.muted_until, rests_until=until)
    if unreachable(step):
        return Look(why=NOT_REACHED)
    rests = _rests_until(step)
    since = step.waits_from if step.waits_from is not None else _since(step, terms, rests)
    if step.wait is None:
        return Look(waits_from=since)
    if since is None:  # exact, for what leaves from now on is waited for that long
        return Look(again=now + step.wait, rests_until=rests)
    if since + step.wait <= now:
        return Look(why=UNANSWERED, waits_from=since)
    return Look(waits_from=since, again=since + step.wait)


def unreachable(step: Present) -> bool:
    """Every message of the step has failed, and nothing else is on its way to anybody of it."""
    return bool(step.carriers) and not step.held.for_room and all(map(_lost, step.carriers))


def _rests_until(step: Present) -> Micros | None:
    """All of the step sleep by right until then, as far as was ever seen; None: they never did."""
    ends = [] if step.rests_until is None else [step.rests_until]
    if not step.carriers and step.held.by_right and not step.held.for_room:
        ends.append(min(step.held.by_right))
    return max(ends, default=None)


def _since(step: Present, terms: Terms, rests: Micros | None) -> Micros | None:
    """Since when an answer could come: the first SMS left, or has been held for long enough."""
    left = [at for each in step.carriers if (at := left_at(each, terms.resends)) is not None]
    latest = max(step.began, rests or 0) + terms.digest_every
    if latest <= terms.now:
        left.append(latest)
    return min(left, default=None)


def left_at(message: Carrier, resends: Level | None) -> Micros | None:
    """When it left, as far as can be known; None while it may still leave, and if it failed."""
    if message.state in (S.sent, S.delivered):
        return message.sent_at
    if message.state == S.uncertain and not may_leave_again(message, resends):
        return message.ended_at
    return None


def may_leave_again(message: Carrier, resends: Level | None) -> bool:
    """It is uncertain, and will be sent once more if no evidence comes."""
    if message.state != S.uncertain or message.check_at is None:
        return False
    page = message.kind in PAGE_KINDS
    one = Unproved(
        message.id, message.level, message.tries, message.resent, message.orphaned, page,
        message.outcome,
    )  # fmt: skip
    return second_send(one, resends) is not None


def on_its_way(message: Carrier, resends: Level | None) -> bool:
    """It has not left for the last time."""
    waits = message.state in (S.held, S.queued, S.sending)
    return waits or may_leave_again(message, resends)


def _lost(message: Carrier) -> bool:
    if message.state in (S.failed, S.expired):
        return True
    return message.doubted and message.state in (S.sent, S.uncertain)
