"""Sample alerts, so that `check` shows how every text will look and how long it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sms_notify.model import MINUTE, PAGE_KINDS, Alert, Kind, Level, Micros

if TYPE_CHECKING:
    from sms_notify.intake import Rules
    from sms_notify.text import Digest, Story, Text

COUNTS = (1, 20)
STORIES = tuple(kind for kind in Kind if kind in (PAGE_KINDS | {Kind.resolved}) - {Kind.digest})


def sample_alerts(count: int, now: Micros) -> tuple[Alert, ...]:
    """So many alerts as a machine room has them: numbered hosts, a mount point, a value."""
    return tuple(
        Alert(
            source="alertmanager",
            fingerprint=f"sample-{number}",
            starts_at=now - MINUTE,
            ended_at=None,
            level=Level.critical,
            source_level="critical",
            name="MySQL主从延迟",
            summary=f"db-{number:02d} 主从延迟 312s",
            labels={
                "alertname": "MySQL主从延迟",
                "instance": f"db-{number:02d}:9104",
                "job": "mysql",
                "severity": "critical",
            },
            annotations={"summary": f"db-{number:02d} 主从延迟 312s", "value": "312s"},
        )
        for number in range(1, count + 1)
    )


def sample_texts(rules: Rules, now: Micros) -> list[dict[str, Any]]:
    """Every kind of text for one alert and for many, with its length."""
    stories = [story for story in sample_stories(rules, now) if story.remark is None]
    digest = sample_digest(rules, now)
    return [
        *(_shown(story.kind, rules.texts.story(story)) for story in stories),
        _shown(Kind.digest, rules.texts.digest(digest)),
    ]


def sample_stories(rules: Rules, now: Micros) -> list[Story]:
    """Every kind of story about one alert and about many; the last tells a remark."""
    from sms_notify.text import Remark, Story

    code = rules.hint(12)
    stories = [
        Story(kind, Level.critical, sample_alerts(count, now), firing=count, at=now, code=code)
        for kind in STORIES
        for count in COUNTS
    ]
    return [*stories, replace(stories[0], remark=Remark(by="张伟", said="已重启复制线程"))]


def sample_digest(rules: Rules, now: Micros) -> Digest:
    """What was held back for five minutes."""
    from sms_notify.text import Digest, DigestLine

    lines = (
        DigestLine("磁盘将满", Level.critical, 21, sample_alerts(3, now)),
        DigestLine("主机失联", Level.warning, 9, sample_alerts(2, now)),
    )
    return Digest(now - 5 * MINUTE, now, lines, ended=3, code=rules.hint(13))


def _shown(kind: Kind, text: Text) -> dict[str, Any]:
    return {
        "kind": kind.value,
        "text": text.text,
        "units": text.units,
        "segments": text.segments,
        "fallback": text.fallback,
    }
