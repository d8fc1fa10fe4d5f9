"""What waits for one person, asked again whether it may be told now: holds that begin or go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sms_notify.config import Person
from sms_notify.intake.holding import Hold, Holding
from sms_notify.intake.ledger import Ledger
from sms_notify.intake.rules import Rules
from sms_notify.model import Level, Micros, Verdict
from sms_notify.store.facts import Waiting


def waits_since(each: Waiting) -> Micros:
    """Since when it waits for room: not while it was not to be told."""
    return max(each.telling.at, each.telling.hold_until or 0)


def excepts(person: Person) -> bool:
    """Do labels decide what pierces their quiet hours?"""
    return person.quiet is not None and bool(person.quiet.except_)


def keep_back(
    ledger: Ledger, rules: Rules, person: str, held: Iterable[Waiting], inside: Iterable[Waiting]
) -> set[tuple[int, str]]:
    """Hold what is not to be told before a moment that is still to come; returns which, as
    (incident, news).

    `held` is asked piece by piece, what is in a message (`inside`) with all of that message: it
    was decided as one.
    """
    holding = Holding(ledger, rules)
    heaps: dict[int | tuple[int, str], list[Waiting]] = {}
    for each in held:
        if _asks(each):
            heaps[key_of(each)] = [each]
    for each in inside:
        if _asks(each):
            heaps.setdefault(each.telling.message or 0, []).append(each)
    kept: set[tuple[int, str]] = set()
    for heap in heaps.values():
        hold = _hold_of(ledger, holding, person, heap)
        if hold is not None:
            _keep(ledger, person, heap, hold)
            kept |= {key_of(each) for each in heap}
    return kept


def key_of(each: Waiting) -> tuple[int, str]:
    """Which piece of news of this person it is."""
    return each.telling.incident, each.telling.news


def _asks(each: Waiting) -> bool:
    """What is over or somebody's is settled anyway."""
    return _is_end(each) or not (each.ended or each.acked)


def _is_end(each: Waiting) -> bool:
    return each.telling.news.split(":")[0] == "end"


def _hold_of(ledger: Ledger, holding: Holding, person: str, heap: Sequence[Waiting]) -> Hold | None:
    """None where any of it may be told: the rest of its message goes with it.

    What all of it has in common is worked out once: a digest may be of many thousands.
    """
    level = max((one.level for one in heap), default=Level.info)
    known = [ledger.alert(one.sample or 0) for one in heap]
    pierces = holding.pierces(person, level, [alert for alert in known if alert is not None])
    asked: dict[tuple[int, bool, bool], Hold] = {}
    for each in heap:
        about = each.telling.incident, _is_end(each), each.telling.news == "end"
        if about not in asked:
            incident = ledger.incident(each.telling.incident)
            hold = incident and holding.of_one(
                incident, person, pierces=pierces, ends=about[1], whole=about[2]
            )
            if hold is None:
                return None
            asked[about] = hold
    return max(asked.values(), key=lambda hold: hold.until)


def _keep(ledger: Ledger, person: str, heap: Sequence[Waiting], hold: Hold) -> None:
    for each in heap:
        flaps = each.telling.verdict == Verdict.flapping
        verdict = Verdict.flapping if flaps else hold.verdict
        ledger.retell(
            each.telling, verdict=verdict, reason=hold.reason, message=None, hold_until=hold.until
        )
    ledger.note_held(person, hold.until)
