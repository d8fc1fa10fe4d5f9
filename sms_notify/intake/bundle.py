"""What waits for one person, sorted by what is to be done with it, and put into words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sms_notify.intake.ledger import Ledger
from sms_notify.intake.rules import Rules
from sms_notify.intake.telling import LATE
from sms_notify.model import Alert, Kind, Level, Micros, Verdict
from sms_notify.store.facts import Incident, Unsent, Waiting
from sms_notify.text import Digest, DigestLine, Remark, Story, Text


@dataclass(slots=True)
class Sorted:
    """What waits for a person, by what is to be done with it."""

    live: list[Waiting] = field(default_factory=list)
    ends: list[Waiting] = field(default_factory=list)  # the end of something they were told of
    unheard: list[Waiting] = field(default_factory=list)  # over before it was told
    acked: list[Waiting] = field(default_factory=list)
    moot: list[Waiting] = field(default_factory=list)  # said by other news that is here
    flapped: list[Waiting] = field(default_factory=list)  # came and went: that was told before

    @property
    def worth_telling(self) -> bool:
        """Something burns, or ended as promised, or was critical and held against our will."""
        critical = any(
            each.level is Level.critical and each.telling.hold_until is None
            for each in self.unheard
        )
        return bool(self.live or self.ends or critical)

    @property
    def level(self) -> Level:
        """The worst of what still burns."""
        return max((each.level for each in self.live), default=Level.info)

    @property
    def late(self) -> bool:
        """All of it came late, because this service was down."""
        return all(each.telling.reason == LATE for each in self.all)

    @property
    def all(self) -> list[Waiting]:
        return [*self.live, *self.ends, *self.unheard, *self.moot]


def sort(waiting: Iterable[Waiting], unsent: Iterable[Unsent] = ()) -> Sorted:
    """Each piece of news on its heap.

    No news of its own is the end of something whose first page is still among `unsent`, and an
    update of something that is over, or of which there is other news.
    """
    found = Sorted()
    never_heard = {each.incident for each in unsent if each.kind == Kind.first}
    for each in waiting:
        if _about(each) == "end":
            heap = found.moot if each.telling.incident in never_heard else found.ends
            heap.append(each)
        elif each.ended and each.telling.verdict == Verdict.flapping:
            found.flapped.append(each)
        elif each.ended:
            found.unheard.append(each)
        elif each.acked:
            found.acked.append(each)
        else:
            found.live.append(each)
    _spare_updates(found)
    return found


def _about(waiting: Waiting) -> str:
    return waiting.telling.news.split(":")[0]


_SPARE = frozenset({"update", "repeat", "remind", "handoff", "step"})
"""News that says nothing where there is other news of the same incident."""


def _spare_updates(found: Sorted) -> None:
    """An incident is counted once however often it was to be told again while it was held."""
    known = {each.telling.incident for each in found.all if _about(each) not in _SPARE}
    spare: list[Waiting] = []
    for heap in (found.live, found.unheard):
        kept: list[Waiting] = []
        for each in heap:
            incident = each.telling.incident
            again = _about(each) in _SPARE and incident in known
            over = _about(each) == "update" and each.ended
            (spare if again or over else kept).append(each)
            if not over:
                known.add(incident)
        heap[:] = kept
    found.moot += spare


def worded(
    ledger: Ledger, rules: Rules, heaps: Sorted, only: int | None, since: Micros, number: int
) -> tuple[Text, Kind]:
    """A digest; where all of it is about one incident (`only`), a text like any other.

    `since`: when the oldest of it was decided; `number`: the message that it will be.
    """
    incident = ledger.incident(only) if only else None
    if incident is None or (heaps.live and (heaps.late or heaps.ends)):
        return rules.texts.digest(_digest(ledger, rules, heaps, since, number)), Kind.digest
    heap = heaps.live or heaps.ends
    known = {each.sample: ledger.alert(each.sample or 0) for each in heap}
    alerts = tuple(alert for alert in known.values() if alert)
    kind = _kind_of(heap)
    story = Story(
        kind=kind,
        level=heaps.level if heaps.live else incident.level,
        alerts=alerts,
        more=0 if kind is Kind.update else max(0, len(heap) - len(alerts)),
        firing=incident.firing,
        at=_moment_of(kind, heap, alerts, incident, ledger.now),
        code=rules.hint(incident.code) if heaps.live else None,
        receiver=incident.receiver,
        remark=Remark() if kind is Kind.update else None,
    )
    return rules.texts.story(story), kind


def _moment_of(
    kind: Kind, heap: Sequence[Waiting], alerts: Sequence[Alert], incident: Incident, now: Micros
) -> Micros:
    """The moment such a text shows: since when it fires; when it ended, as its source says, or as
    we heard where only some of its alerts are at hand; when an update was made."""
    ends = [alert.ended_at for alert in alerts if alert.ended_at is not None]
    if kind is Kind.resolved and ends and len(ends) == incident.members:
        return max(ends)
    if kind in (Kind.update, Kind.resolved):
        return heap[-1].telling.at
    return min((alert.starts_at for alert in alerts), default=now)


def _digest(ledger: Ledger, rules: Rules, heaps: Sorted, since: Micros, number: int) -> Digest:
    """With a code of its own, which means all of it that is open when somebody answers."""
    code = ledger.give_message_code(number) if heaps.live and rules.hints else None
    shown = heaps.live or [*heaps.unheard, *heaps.ends]
    return Digest(
        since=since,
        at=ledger.now,
        lines=tuple(_lines(ledger, shown)),
        ended=len(heaps.ends) + len(heaps.unheard),
        code=code,
        outage=len(heaps.all) - len(heaps.moot) if heaps.late else 0,
    )


def _lines(ledger: Ledger, heap: Sequence[Waiting]) -> list[DigestLine]:
    """By name and level, the worst and most frequent first."""
    found: dict[tuple[str, Level], list[Waiting]] = {}
    for each in heap:
        found.setdefault((each.name, each.level), []).append(each)
    lines = []
    for (name, level), some in found.items():
        alerts = [ledger.alert(each.sample or 0) for each in some]
        shown = tuple(alert for alert in alerts if alert)
        lines.append(DigestLine(name=name, level=level, count=len(some), alerts=shown))
    return sorted(lines, key=lambda line: (-line.level, -line.count, line.name))


def _kind_of(heap: Sequence[Waiting]) -> Kind:
    """What a message is that carries this news alone."""
    known = {
        "end": Kind.resolved,
        "repeat": Kind.repeat,
        "step": Kind.escalated,
        "remind": Kind.reminder,
        "handoff": Kind.handoff,
        "update": Kind.update,
    }
    return known.get(_about(heap[0]), Kind.first)
