"""Digest texts: counts by name, the worst first, and how many of them are critical."""

from __future__ import annotations

from collections import Counter

from sms_notify.model import DAY, HOUR, MINUTE, Level
from sms_notify.text.defaults import Language
from sms_notify.text.measure import units
from sms_notify.text.parts import Form, Part
from sms_notify.text.several import several_names
from sms_notify.text.speech import Speech
from sms_notify.text.story import Digest


def span(digest: Digest, words: Language) -> str:
    """`5分钟37条:`: how long news was held, and how much of it."""
    length = max(digest.at - digest.since, MINUTE)
    total = sum(line.count for line in digest.lines)
    if not total and not digest.outage:
        return ""  # only ends: `已恢复3` says it all
    if digest.outage:
        return words.outage.format(digest.outage)
    if length < 2 * HOUR:
        said = words.minutes.format(-(-length // MINUTE))
    elif length < 2 * DAY:
        said = words.hours.format(length // HOUR)
    else:
        said = words.days.format(length // DAY)
    return said + words.news.format(total)


def lines(digest: Digest, speech: Speech) -> Part:
    """`磁盘满x21 主机失联x9 其他7 严重9`: the worst first; shorter forms name fewer."""
    forms = several_names(_counts(digest), speech)
    end = _end(digest, speech.language)
    return Part(
        tuple(Form(form.text + end, form.units + units(end), form.step) for form in forms),
        may_cut=True,
    )


def _counts(digest: Digest) -> list[tuple[str, int]]:
    """Each name once, with all that it counts at any level, where its worst level puts it."""
    worst: dict[str, Level] = {}
    counts: Counter[str] = Counter()
    for line in digest.lines:
        worst[line.name] = max(line.level, worst.get(line.name, line.level))
        counts[line.name] += line.count
    return sorted(counts.items(), key=lambda each: (-worst[each[0]], -each[1], each[0]))


def _end(digest: Digest, words: Language) -> str:
    critical = sum(line.count for line in digest.lines if line.level == Level.critical)
    said = f" {words.levels[Level.critical]}{critical}" if critical else ""
    return said + (f" {words.ended.format(digest.ended)}" if digest.ended else "")
