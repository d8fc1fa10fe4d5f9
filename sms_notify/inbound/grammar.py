"""What a reply asks for: a grammar of whole words, so that nothing acts by accident. Pure.

    reply := codes? verb? arg? | verb codes? arg?
    codes := 2-5 digits, several allowed: `12,13`, `12 13`, `全部`, `all`
    verb  := (none) acknowledges | a e m s w ? and the words of VERBS
    arg   := a duration with its unit: `30m`, `2h`, `2小时`

A bare number is always a code. Never raises, whatever arrives.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sms_notify.model import DAY, HOUR, MINUTE, Micros

LONGEST = 200
"""Characters of a reply that are read."""

MOST_CODES = 20


class Verb(StrEnum):
    """What one reply may ask for."""

    ack = "ack"
    escalate = "escalate"
    mute = "mute"
    status = "status"
    on_call = "on_call"
    help = "help"


class Unread(StrEnum):
    """What is no request: an operator's opt-out word, or nothing that the grammar says."""

    opt_out = "opt_out"
    unclear = "unclear"


@dataclass(frozen=True, slots=True)
class Request:
    """A reply, read. `codes` () and not `all`: it names none. `lasts`: how long to mute, in µs."""

    verb: Verb
    codes: tuple[int, ...] = ()
    all: bool = False
    lasts: Micros | None = None


VERBS: Mapping[str, Verb] = {
    word: verb
    for verb, words in {
        Verb.ack: "a ack ok 确认 收到 认领",
        Verb.escalate: "e esc 升级",
        Verb.mute: "m mute 静默",
        Verb.status: "s 状态",
        Verb.on_call: "w 值班 谁",
        Verb.help: "? h help 帮助",
    }.items()
    for word in words.split()
}
ALL = frozenset({"all", "全部"})
OPT_OUTS = frozenset(
    ["stop", "unsubscribe", "cancel", "end", "quit", "yes", "t", "td", "r", "n", "退订"]
)
"""Operators block a phone that sends one of these; so none of them is ever a verb."""

_UNITS: Mapping[str, Micros] = {
    "m": MINUTE, "min": MINUTE, "分": MINUTE, "分钟": MINUTE,
    "h": HOUR, "小时": HOUR, "时": HOUR,
    "d": DAY, "天": DAY,
}  # fmt: skip
_QUESTIONS = frozenset({Verb.on_call, Verb.status, Verb.help})
"""What may end in a question mark; behind a code that is a verb of its own."""
_WITHOUT_CODES = frozenset({Verb.on_call, Verb.help})

_QUOTES = re.compile("[\"'`´‘’“”„«»‹›「」『』【】《》]")
_ENDS = re.compile(r"[。.!,;:、…~|\s]")
_AS_ASKED = re.compile(r"回复?[\s:]*(?=[0-9])")
"""`回12确认`, as the texts ask for it."""
_BETWEEN = re.compile(r"[\s,;、]+")
_DURATION = re.compile(r"([0-9]{1,4})(min|m|h|d|分钟|分|小时|时|天)")
_NUMBER = re.compile(r"[0-9]+")
_CODE = re.compile(r"[1-9][0-9]{1,4}")
_CODE_MUTE = re.compile(r"[1-9][0-9]{1,4}m")
_WORDS = sorted(VERBS, key=len, reverse=True)


def normal(text: str) -> str:
    """`“１２Ａ”。` → `12a`: full width, case, quotes, and what stands at the end without being a
    word (punctuation, an emoji) make no difference; nor does what nobody sees."""
    said = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
    seen = "".join(filter(_is_seen, said)) if not said.isascii() else said.replace("\0", "")
    quoted = _QUOTES.sub(" ", seen).strip()
    end = len(quoted)
    while end and _ends(quoted[end - 1]):
        end -= 1
    return _AS_ASKED.sub("", quoted[:end], count=1) if quoted.startswith("回") else quoted[:end]


def _is_seen(char: str) -> bool:
    """Not of a zero width: joiners, variation selectors, marks of the byte order."""
    return unicodedata.category(char) not in ("Cf", "Mn", "Me") and char != "\0"


def _ends(char: str) -> bool:
    return bool(_ENDS.match(char)) or unicodedata.category(char) in ("So", "Sk")


def read(text: str) -> Request | Unread:
    """What the reply asks for; nothing but what the grammar says."""
    said = normal(text)
    if said in OPT_OUTS:
        return Unread.opt_out
    words = [word for word in _BETWEEN.split(said) if word]
    if not words or len(words) > MOST_CODES + 2 or len(text) > LONGEST:
        return Unread.unclear
    parts: list[Part] = []
    for word in words:
        parts += _parts(word, parts)
    return _read(parts)


Part = int | Verb | tuple[Micros] | frozenset[str] | None
"""A code, a verb, a duration, ALL; None: no word of the grammar."""


def _parts(word: str, before: list[Part]) -> Iterator[Part]:
    """One word without blanks; a code and a verb may touch: `12a`, `12确认`, `确认12`.

    `12m` as the first word is code 12 and the verb; after a verb it is twelve minutes.
    """
    lasts = _lasts(word)
    if word in ALL:
        yield ALL
    elif word in VERBS:
        yield VERBS[word]
    elif VERBS.get(word.rstrip("?")) in _QUESTIONS:
        yield VERBS[word.rstrip("?")]
    elif _NUMBER.fullmatch(word):
        yield _code(word)
    elif lasts is not None and (before or not _CODE_MUTE.fullmatch(word)):
        yield lasts
    else:
        yield from _joined(word)


def _code(word: str) -> int | None:
    return int(word) if _CODE.fullmatch(word) else None


def _lasts(word: str) -> tuple[Micros] | None:
    found = _DURATION.fullmatch(word)
    return (int(found[1]) * _UNITS[found[2]],) if found and int(found[1]) else None


def _joined(word: str) -> Iterator[Part]:
    digits = _NUMBER.match(word)
    if digits:
        yield _code(digits[0])
        yield from _after(word[digits.end() :])
        return
    for every in ALL:
        if word.startswith(every):
            yield ALL
            yield from _after(word[len(every) :])
            return
    for start in _WORDS:
        rest = word[len(start) :]
        if word.startswith(start) and (rest in ALL or _NUMBER.fullmatch(rest) or _lasts(rest)):
            yield VERBS[start]
            yield ALL if rest in ALL else _lasts(rest) or _code(rest)
            return
    yield None


def _after(rest: str) -> Iterator[Part]:
    """What touches codes: a verb, or a verb and its duration (`12m2h`, `12静默2小时`)."""
    if rest in VERBS:
        yield VERBS[rest]
        return
    for start in _WORDS:
        lasts = _lasts(rest[len(start) :]) if rest.startswith(start) else None
        if lasts is not None:
            yield VERBS[start]
            yield lasts
            return
    yield None


def _read(parts: list[Part]) -> Request | Unread:
    """The order counts: codes verb? arg?, or verb codes? arg?."""
    verb: Verb | None = None
    codes: list[int] = []
    everything, lasts, ended = False, None, False
    for index, part in enumerate(parts):
        if part is None or lasts is not None:
            return Unread.unclear
        if isinstance(part, Verb):
            if verb is not None:
                return Unread.unclear
            verb, ended = part, index > 0
        elif isinstance(part, tuple):
            lasts = part[0]
        elif ended:
            return Unread.unclear
        elif isinstance(part, int):
            codes.append(part)
        else:
            everything = True
    return _meant(verb or Verb.ack, codes, everything, lasts)


def _meant(
    verb: Verb, codes: list[int], everything: bool, lasts: Micros | None
) -> Request | Unread:
    named = bool(codes) or everything
    if codes and everything:
        return Unread.unclear
    if lasts is not None and verb is not Verb.mute:
        return Request(Verb.help)  # refused with the help text: 2h alone is no code either
    if named and verb in _WITHOUT_CODES:
        return Request(verb) if verb is Verb.help else Unread.unclear
    return Request(verb, tuple(dict.fromkeys(codes)), everything, lasts)
