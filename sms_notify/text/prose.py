"""Sentences instead of names: Zabbix triggers, log lines and Chinese summaries, made short.

What the subject already says is taken out, an aside in brackets goes before a word does, and spare
room takes one whole clause or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from sms_notify.text.glossary import WEAK
from sms_notify.text.measure import units
from sms_notify.text.names import Names, abbreviated, joined, strong
from sms_notify.text.parts import Form, Step

_ASIDE = re.compile(r"\s*[(（][^()（）]*[)）]")
_BRACKETS = re.compile(r"\[[^\[\]]*\]|【[^【】]*】")
_PRINTED = re.compile(r"\s*\b(?:VALUE|LABELS)\s*[=:].*$", re.DOTALL)
_LOG_HEAD = re.compile(
    r"(?:\s*(?:[\[<(]?(?:ERROR|ERR|WARN(?:ING)?|CRIT(?:ICAL)?|FATAL|ALERT|EMERG|INFO)[\]>)]?:?"
    r"|\[?\d{4}[-/]\d\d[-/]\d\d[T ]?|\[?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+\d{1,2}|\[[^\]\s]{1,40}\]"
    r"|[a-z][\w$]*(?:\.[\w$]+){2,}(?=\s*[-:])|-)(?=\s|$))+\s*"
)
"""Time, level, thread and logger at the head of a log line: the SMS has its own."""
_IDLE = re.compile(
    r"(?:[\s()（）:：=>＞<＜≥≤~约]|used|free|left|remaining|now|currently|current|value|is|at|only"
    r"|还剩|剩余|已用|使用率|当前|目前|现在|现为|值|达到?|仅|为)*",
    re.I,
)
"""Words of an aside that say nothing without their number."""
_EMPTY = re.compile(r"\s*[(（\[【]\s*(?:instance|host|主机|实例)?\s*[:：]?\s*[)）\]】]", re.I)
_URL = re.compile(r"https?://(?:\S+|\s*(?:/\S*)?)")
"""A link, and what is left of one whose host was taken out."""
_SITE = re.compile(r"https?://([^\s/?#]+[^\s?#]*)[^\s]*")
_LINK = re.compile(
    r"(?:\s*(?:\b(?:on|at|from|for|of|in|by|instance|host|node)|主机|实例|节点|在|到)\s*[:：]?)?\s*$"
)
_LOOKED_BACK = 24
_MOST_CLAUSES = 3
_AFTER = re.compile(r"(?::\d+)?[：:]?(?:\s*的)?")
_NAME_CHAR = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_EDGE = " \t,.;:!?-_|，。；：！？、"
# The class of what may end a clause stands first: so a search skips all else at once.
_CLAUSE = re.compile(
    r"[.;!?。；！？\n,，](?:(?<=[^,，])[.;!?。；！？\n]*(?=\s|$)|(?<=[；。！？，])|(?<=,)\s)"
)
_ENGLISH = re.compile(r"(?<![\w/.:@\-])[A-Za-z][A-Za-z']*(?![\w/@\-]|[.:]\w)", re.ASCII)
"""A word of its own: no part of a path, a host or a version."""
_RUN = re.compile(rf"{_ENGLISH.pattern}(?: {_ENGLISH.pattern})*", re.ASCII)
_PLEA = re.compile(
    r"[,，。;；!！]?\s*请(?:立即|尽快|及时|马上|注意)?(?:处理|检查|关注|查看|排查|确认)?[!！。.]?\s*$"
)
_HAN = re.compile("[一-鿿]")


def is_prose(name: str) -> bool:
    """A sentence rather than an identifier."""
    return " " in name.strip() or has_chinese(name)


def has_chinese(text: str) -> bool:
    return not text.isascii() and bool(_HAN.search(text))


def unprinted(text: str) -> str:
    """`text` without the VALUE and LABELS lines that rules print below their sentence."""
    return _PRINTED.sub("", text) if "VALUE" in text or "LABELS" in text else text


def line(text: str) -> str:
    """A log line without what every line of its log begins with."""
    head = _LOG_HEAD.match(text)
    return (text[head.end() :] if head else text) or text


def sites(text: str) -> str:
    """`text` with each link as the site and path that it names: a problem may be about it."""
    return _SITE.sub(lambda link: link[1].rstrip("/"), text) if "://" in text else text


def without(text: str, said: Iterable[str], links: bool = False) -> str:
    """`text` without what subject or name say already, and without the words that tie it in.

    Nor with links, which nobody opens from an SMS, unless `links` are wanted.
    """
    for word in said:
        if len(word) > 1 and word in text:
            text = _taken_out(text, word)
    if "://" in text and not links:
        text = _URL.sub("", text)
    if ")" in text or "）" in text or "]" in text or "】" in text:
        text = _EMPTY.sub("", text)
    if "请" in text:
        text = _PLEA.sub("", text)
    return " ".join(text.split()).strip(_EDGE)


def aside_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the aside in brackets begins and ends that says nothing but what stands from `start`
    to `end` (`(还剩 5天)`); without one, `start` and `end`."""
    for aside in _ASIDE.finditer(text):
        first, last = aside.span()
        if first <= start and end <= last and _IDLE.fullmatch(text[first:start] + text[end:last]):
            return first, last
    return start, end


def _taken_out(text: str, word: str) -> str:
    """`text` without `word` where it stands as a name of its own (no part of a longer one)."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if text[at - 1 : at] in _NAME_CHAR or text[end : end + 1] in _NAME_CHAR:
            at = text.find(word, end)
            continue
        after = _AFTER.match(text, end)
        start = at - _link(text[max(0, at - _LOOKED_BACK - 1) : at])
        text = f"{text[:start]} {text[after.end() if after else end :]}"
        at = text.find(word, start)
    return text


@lru_cache(maxsize=4096)
def _link(before: str) -> int:
    """How many characters at the end tie in what follows. Remembered: the rules' own words."""
    found = _LINK.search(before, max(0, len(before) - _LOOKED_BACK))
    return len(before) - found.start() if found else 0


def forms(sentence: str, names: Names, chinese: bool) -> tuple[Form, ...]:
    """What a sentence may be written as, longest first."""
    return names.sentence(
        (sentence, chinese), lambda: tuple(_shrinking(sentence, _written(sentence, names, chinese)))
    )


def _shrinking(sentence: str, written: Iterable[tuple[str, Step]]) -> Iterator[Form]:
    shortest = units(sentence) + 1
    for text, step in written:
        length = units(text)
        if text and length < shortest:
            shortest = length
            yield Form(text, length, step)


def _written(sentence: str, names: Names, chinese: bool) -> Iterator[tuple[str, Step]]:
    yield sentence, Step.whole
    bare = _ASIDE.sub("", sentence).strip(_EDGE) or sentence
    yield bare, Step.abbreviated
    yield _abbreviated(bare), Step.abbreviated
    brief = _abbreviated(_strong(bare))
    yield brief, Step.weak
    if chinese:
        yield _in_chinese(_strong(bare), names), Step.chinese
        for fewer in _with_less(bare):
            yield _abbreviated(_strong(fewer)), Step.words
            yield _in_chinese(_strong(fewer), names), Step.words


def _with_less(sentence: str) -> Iterator[str]:
    """Without what stands in brackets, without the middle of `Component: thing: problem`, and
    then its first clause."""
    if _BRACKETS.search(sentence):
        yield " ".join(_BRACKETS.sub(" ", sentence).split())
    segments = sentence.split(": ")
    if len(segments) > 2:
        yield f"{segments[0]}: {segments[-1]}"
    yield next(iter(clauses(sentence)), sentence)


def _abbreviated(text: str) -> str:
    return _ENGLISH.sub(lambda match: abbreviated(match[0]), text)


def _strong(text: str) -> str:
    kept = strong(tuple(text.split(" ")))
    return " ".join(kept) if len(kept) > 1 else text


def _in_chinese(text: str, names: Names) -> str:
    """Runs of English words go through the glossary; the rest stays as it is."""
    return _RUN.sub(lambda match: _run_in_chinese(match[0], names), text)


def _run_in_chinese(run: str, names: Names) -> str:
    said = names.chinese(tuple(run.split(" ")))
    return joined(tuple(abbreviated(word) for word in said if word), " ")


def clauses(text: str) -> list[str]:
    """The clauses of `text`, in order, without the marks between them."""
    return [part.strip(_EDGE) for part in _CLAUSE.split(text) if part and part.strip(_EDGE)]


def fresh_clause(text: str, told: str, room: int) -> str:
    """The first clause of `text` in at most `room` units that has no number and says what `told`
    does not; "" where there is none."""
    for clause in clauses(text)[:_MOST_CLAUSES]:
        if units(clause) <= room and not _has_digit(clause) and news(clause, told):
            return clause
    return ""


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def news(clause: str, told: str) -> bool:
    """True if `clause` says something that `told` (name and subject) does not.

    English by words (half of the content must be new), Chinese by characters.
    """
    if has_chinese(clause):
        said = _HAN.findall(clause)
        fresh = [char for char in said if char not in told]
        return len(fresh) >= 3 and 2 * len(fresh) >= len(said)
    known = told.lower()
    words = [w for w in _ENGLISH.findall(clause.lower()) if w not in WEAK and len(w) > 2]
    fresh = [word for word in words if word[:4] not in known]
    return len(fresh) >= 2 and 2 * len(fresh) >= len(words)
