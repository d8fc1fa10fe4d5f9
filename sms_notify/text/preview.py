"""What `sms-notify text` and `check` show: every text with its length, what gave way, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sms_notify.model import Alert, Kind, Micros
from sms_notify.text.measure import segments
from sms_notify.text.story import Story, Text
from sms_notify.text.texts import Texts

SAMPLE_CODE = 12


@dataclass(frozen=True, slots=True)
class Row:
    """One text as a table or JSON shows it.

    `origin` is where the alerts came from (a file, a line of it); `shed` what gave way, in order;
    `fallback` why the operator's template was not used; `over` units above one SMS.
    """

    origin: str
    kind: str
    text: str
    units: int
    segments: int
    shed: tuple[str, ...]
    fallback: str

    @property
    def over(self) -> int:
        return max(0, self.units - 70)


@dataclass(frozen=True, slots=True)
class Change:
    """The same news under two settings."""

    before: Row
    after: Row

    def columns(self) -> dict[str, object]:
        """The row for a table or as a JSON object."""
        return {
            "origin": self.before.origin,
            "kind": self.before.kind,
            "before": self.before.text,
            "before_units": self.before.units,
            "after": self.after.text,
            "after_units": self.after.units,
            "shed": list(self.after.shed),
            "fallback": self.after.fallback,
        }


def stories(
    alerts: Sequence[Alert], at: Micros, *, more: int = 0, receiver: str = "", code: bool = True
) -> Iterator[Story]:
    """What one call would be told as: its firing alerts as a page, its ended ones as resolved."""
    firing = tuple(alert for alert in alerts if alert.firing)
    ended = tuple(alert for alert in alerts if not alert.firing)
    shown = SAMPLE_CODE if code else None
    if firing:
        worst = max(alert.level for alert in firing)
        count = len(firing) + more
        yield Story(Kind.first, worst, firing, more, count, at, shown, receiver)
    if ended:
        worst = max(alert.level for alert in ended)
        yield Story(Kind.resolved, worst, ended, 0 if firing else more, 0, at, None, receiver)


def rows(texts: Texts, told: Iterable[tuple[str, Story]]) -> list[Row]:
    """The texts of stories, each with its origin; names are learned before the first is told."""
    listed = list(told)
    texts.learn(alert.name for _, story in listed for alert in story.alerts)
    return [row(origin, story.kind, texts.story(story)) for origin, story in listed]


def row(origin: str, kind: Kind, text: Text) -> Row:
    return Row(origin, kind.value, text.text, text.units, text.segments, text.shed, text.fallback)


def compare(before: Texts, after: Texts, told: Iterable[tuple[str, Story]]) -> list[Change]:
    """Every text under both settings, in the order of the stories."""
    listed = list(told)
    pairs = zip(rows(before, listed), rows(after, listed), strict=True)
    return [Change(one, other) for one, other in pairs]


def summary(shown: Sequence[Row]) -> dict[str, int]:
    """The last line of the table: texts, billed SMS, texts that gave something up, fallbacks."""
    return {
        "texts": len(shown),
        "segments": sum(segments(one.units) for one in shown),
        "shortened": sum(bool(one.shed) for one in shown),
        "over_70": sum(one.over > 0 for one in shown),
        "fallbacks": sum(bool(one.fallback) for one in shown),
    }
