"""The one door of this room: what the rest of the program asks to put things into words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sms_notify.model import SECOND, Kind, Level, Micros
from sms_notify.text import subject as subjects
from sms_notify.text.charset import carry, clean
from sms_notify.text.fold import fold
from sms_notify.text.measure import cut, segments, units
from sms_notify.text.story import Digest, Story, Text, Wording

_LEVELS = {Level.critical: "严重", Level.warning: "警告", Level.info: "提示"}
_NEWS = {Kind.resolved: "恢复", Kind.escalated: "升级", Kind.reminder: "仍在"}


class Texts:
    """Renders stories, digests and notices; compiles every template once."""

    problems: tuple[str, ...] = ()

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._zone = ZoneInfo(wording.timezone)
        self._order = tuple(dict.fromkeys((*wording.subject, *subjects.ORDER)))

    def story(self, story: Story) -> Text:
        """The SMS of one incident: never longer than allowed, never raising."""
        name = story.alerts[0].name if story.alerts else ""
        told = [subjects.subject_of(alert, self._order) for alert in story.alerts]
        start = _NEWS.get(story.kind) or _LEVELS[story.level]
        end = f" {self._clock(story.at)}" + ("" if story.code is None else f" 回{story.code}确认")
        whom = self._whom([s.forms[0] for s in told if s.forms], len(told), story.more)
        return self._finish(f"{start} {clean(name)[:200]} {whom}".strip(), end)

    def digest(self, digest: Digest) -> Text:
        """The SMS of everything held back for one person."""
        total = sum(line.count for line in digest.lines)
        minutes = max(1, (digest.at - digest.since) // (60 * SECOND))
        names = " ".join(f"{clean(line.name)[:60]}x{line.count}" for line in digest.lines[:9])
        end = "" if digest.code is None else f" 回{digest.code}确认"
        return self._finish(f"{minutes}分钟{total}条:{names}", end)

    def notice(self, text: str) -> Text:
        """Plain text for an operator, fitted."""
        return self._finish(clean(text), "")

    def learn(self, names: Iterable[str]) -> None:
        """Names seen so far: shortened names stay unique among them."""

    def _whom(self, hosts: list[str], count: int, more: int) -> str:
        plus = f"+{more}" if more else ""
        if count == 1 and not more:
            return hosts[0] if hosts else ""
        return f"{count}台{plus} " + " ".join(group.text for group in fold(hosts))

    def _clock(self, at: Micros) -> str:
        return datetime.fromtimestamp(at / SECOND, UTC).astimezone(self._zone).strftime("%H:%M")

    def _finish(self, body: str, end: str) -> Text:
        wording = self._wording
        signature = f"【{wording.signature}】" if wording.signature else ""
        room = wording.max_units - units(signature) - units(end)
        body = cut(carry(clean(body), wording.charset), room)
        shown = signature if wording.signature_by == "us" else ""
        length = units(signature) + units(body + end)
        return Text(shown + body + end, length, segments(length))
