"""Words that a gateway does not carry, written so that it does and a person still reads them.

`split` puts a `·` into the word (磁·盘满), one unit more; `stars` hides a character (磁*满), at no
cost. A word that was refused although it was split is starred from then on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from sms_notify.model import Kind, Level
from sms_notify.text.defaults import EN, ZH
from sms_notify.text.measure import units

SEPARATOR, STAR, OTHER_STAR = "·", "*", "×"
_BETWEEN = r"[\s·.,_-]*"
_SIGNATURE = re.compile(r"【[^【】]*】")
_CODE = re.compile(r" (?:回\d+确认|reply \d+)$")


class Rule(StrEnum):
    """How a word is written instead; in order of strength."""

    points = "split"
    stars = "stars"


def rewrite(text: str, words: Mapping[str, Rule], room: int) -> str:
    """`text` without any of `words`, whatever their case; at most `room` UTF-16 units, or no more
    than it has already. Where a word leaves no better way, it goes.

    A word under `stars` is also found where blanks or points stand between its characters.
    """
    patterns = {word: _pattern(word, rule) for word, rule in sorted(words.items()) if word.strip()}
    room = max(room, units(text))
    for _ in range(4 * len(text) + 4):  # each step leaves fewer words, or a shorter text
        found = next(_found(text, patterns), None)
        if found is None:
            return text
        word, place = found
        plain = place[0] if len(place[0]) == len(word) else word  # without what stood between
        ways = _ways(plain, words[word])
        made = [f"{text[: place.start()]}{way}{text[place.end() :]}" for way in ways]
        fewer = _count(text, patterns)
        good = [each for each in made if units(each) <= room and _count(each, patterns) < fewer]
        text = good[0] if good else text[: place.start()] + text[place.end() :]
    return text


def stronger(text: str, word: str, rule: Rule) -> Rule | None:
    """The rule, `rule` or a stronger one, that changes `word` in this text; None: it has none."""
    rules = list(Rule)[list(Rule).index(rule) :]
    return next((each for each in rules if _pattern(word, each).search(text)), None)


def without_content(text: str, kind: str, level: Level, count: int, language: str) -> str:
    """The text that goes when the alert itself cannot be worded: how many, and where to look.

    The signature and the code of `text` stay.
    """
    signature, code = _SIGNATURE.match(text), _CODE.search(text)
    body = (_english if language == "en" else _chinese)(kind == Kind.resolved, level, count)
    return (signature[0] if signature else "") + body + (code[0] if code else "")


def _chinese(over: bool, level: Level, count: int) -> str:
    what = "恢复" if over else ZH.levels[level]
    return f"{what}告警{count}条,内容被拦截,请登录查看"


def _english(over: bool, level: Level, count: int) -> str:
    what = "OK" if over else EN.levels[level]
    return f"{what} alerts: {count}, text refused by the gateway, please log in"


def _pattern(word: str, rule: Rule) -> re.Pattern[str]:
    joint = _BETWEEN if rule is Rule.stars else ""
    return re.compile(joint.join(map(re.escape, word.strip())), re.IGNORECASE)


def _found(
    text: str, patterns: Mapping[str, re.Pattern[str]]
) -> Iterator[tuple[str, re.Match[str]]]:
    return ((word, place) for word, pattern in patterns.items() if (place := pattern.search(text)))


def _count(text: str, patterns: Mapping[str, re.Pattern[str]]) -> int:
    """How often any of them stands in the text, overlaps included."""
    places = range(len(text))
    return sum(1 for pattern in patterns.values() for at in places if pattern.match(text, at))


def _ways(word: str, rule: Rule) -> Iterator[str]:
    """Other ways to write it, the most readable first."""
    middle = len(word) // 2
    if rule is Rule.points and len(word) > 1:
        yield f"{word[:middle]}{SEPARATOR}{word[middle:]}"
    for star in (STAR, OTHER_STAR):
        yield f"{word[:middle]}{star}{word[middle + 1 :]}"
