"""Alert names, shorter and still telling which: the forms a name may take, longest first.

A shortened name must not be read as another alert's: every form is checked against the names the
store has seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from sms_notify.text.glossary import ABBREVIATIONS, CHINESE, POLAR, WEAK
from sms_notify.text.measure import units
from sms_notify.text.parts import Form, Step

SHORTEST = 12
"""Units a name keeps at least while words can still be dropped."""

_WORD = re.compile(
    r"K8s|IPv[46]|OSDs|PGs|PVs|NICs|DaemonSet|StatefulSet|ReplicaSet|CronJob|ConfigMap|CoreDNS"
    r"|MySQL|PostgreSQL|RabbitMQ|MongoDB|ClickHouse|vCPUs?|vSphere|eBPF|iLO|iDRAC"
    r"|[A-Z]+[0-9]*(?=[A-Z][a-z])|[A-Z]?[a-z]+[0-9]*|[A-Z]+[0-9]*|[0-9]+|[^\x00-\x7f]+"
)
_LIMIT = re.compile(r"\s*\(?[<>]=?\s*[\d.]+\s*%?\)?$")
_LONGEST_PHRASE = 4
_REMEMBERED = 4096
_MOST_NAMES = 20_000

Words = tuple[str, ...]


class Names:
    """The names seen, and how each may be shortened."""

    def __init__(self, glossary: Mapping[str, str], chinese: bool) -> None:
        own = {key.lower(): said for key, said in glossary.items()}
        self._chinese = {**(CHINESE if chinese else {}), **own}
        self._phrases = frozenset(len(key.split()) for key in self._chinese)
        self._taken: dict[str, str | None] = {}
        self._cores: dict[str, Words] = {}
        self._holding: dict[str, set[str]] = {}
        self._forms: dict[str, tuple[Form, ...]] = {}
        self._sentences: dict[tuple[str, bool], tuple[Form, ...]] = {}

    def knows(self, name: str) -> bool:
        return name in self._cores

    def learn(self, name: str) -> None:
        """Remember `name`; shortened names stay unique among those learned."""
        if name and not self.knows(name) and len(self._cores) < _MOST_NAMES:
            self._learn(name)
            self._forms.clear()

    def forms(self, name: str) -> tuple[Form, ...]:
        """What `name` (one word, CamelCase or with separators) may be written as."""
        found = self._forms.get(name)
        if found is None:
            if len(self._forms) >= _REMEMBERED:
                self._forms.clear()
            found = self._forms[name] = tuple(self._built(name))
        return found

    def sentence(
        self, key: tuple[str, bool], shorten: Callable[[], tuple[Form, ...]]
    ) -> tuple[Form, ...]:
        """What `shorten` makes of a sentence (may it become Chinese?): problems repeat."""
        found = self._sentences.get(key)
        if found is None:
            if len(self._sentences) >= _REMEMBERED:
                self._sentences.clear()
            found = self._sentences[key] = shorten()
        return found

    def chinese(self, words: Words) -> Words:
        """`words` with phrases, then words, in Chinese where the glossary has them."""
        said: list[str] = []
        at = 0
        while at < len(words):
            length = self._phrase_at(words, at)
            key = " ".join(words[at : at + (length or 1)]).lower()
            said.append(self._chinese.get(key, words[at]))
            at += length or 1
        return tuple(said)

    def _phrase_at(self, words: Words, at: int) -> int:
        """How many words from `at` on the longest known phrase takes; 0: none."""
        for length in range(min(_LONGEST_PHRASE, len(words) - at), 1, -1):
            known = length in self._phrases
            if known and " ".join(words[at : at + length]).lower() in self._chinese:
                return length
        return 0

    def _learn(self, name: str) -> None:
        core = self._core(split(bare(name)))
        self._cores[name] = core
        for word in core:
            self._holding.setdefault(word, set()).add(name)
        for text, _ in self._gentle(name):
            self._taken[text] = name if self._taken.get(text, name) == name else None

    def _core(self, words: Words) -> Words:
        return tuple(abbreviated(word) for word in self.chinese(strong(words)))

    def _gentle(self, name: str) -> list[tuple[str, Step]]:
        """Forms that lose no content: abbreviated, without weak words, in Chinese."""
        words = split(bare(name))
        short = tuple(abbreviated(word) for word in words)
        few = tuple(abbreviated(word) for word in strong(words))
        joint = _joint(name)
        return [
            (name, Step.whole),
            (bare(name), Step.abbreviated),
            (joined(short, joint), Step.abbreviated),
            (joined(few, joint), Step.weak),
            (joined(self._core(words), joint), Step.chinese),
        ]

    def _built(self, name: str) -> Iterable[Form]:
        shortest = units(name) + 1
        for text, step in self._gentle(name):
            length = units(text)
            if length < shortest and self._is_free(text, name):
                shortest = length
                yield Form(text, length, step)
        for text in self._with_words_dropped(name):
            length = units(text)
            if SHORTEST <= length < shortest:
                shortest = length
                yield Form(text, length, Step.words)

    def _is_free(self, text: str, name: str) -> bool:
        return self._taken.get(text, name) == name

    def _with_words_dropped(self, name: str) -> Iterable[str]:
        """Content words go, the longest first, while what stays still names only this alert."""
        words = list(self._core(split(bare(name))))
        joint = _joint(name)
        for word in sorted(droppable(words), key=units, reverse=True):
            fewer = list(words)
            fewer.remove(word)
            if self._names_only(tuple(fewer), name):
                words = fewer
                yield joined(tuple(words), joint)

    def _names_only(self, words: Words, name: str) -> bool:
        if not words:
            return False
        sets = [self._holding.get(word, set()) for word in words]
        others = min(sets, key=len) - {name}
        return not any(_subsequence(words, self._cores[other]) for other in others)


def bare(name: str) -> str:
    """`MysqlTooManyConnections(>80%)` without the threshold, which the value shows better."""
    return _LIMIT.sub("", name) or name


def split(name: str) -> Words:
    """`KubePodNotReady`, `mysql_too_many_connections` → words."""
    return tuple(_WORD.findall(name))


def strong(words: Words) -> Words:
    """`words` without weak ones.

    Not weak are the last word (`ThroughputIn`), the `of` of `out of`, and a word that makes a
    phrase of the glossary (`not in sync`).
    """
    kept = tuple(
        word
        for at, word in enumerate(words)
        if word.lower() not in WEAK or at == len(words) - 1 or _bound(words, at)
    )
    return kept or words


def _bound(words: Words, at: int) -> bool:
    """True inside `out of …`, `not in sync`, `too slow`: the phrase is translated as a whole."""
    lower = [word.lower() for word in words[max(0, at - 2) : at + 3]]
    text = " ".join(lower)
    if words[at].lower() == "of" and at and words[at - 1].lower() == "out":
        return True
    return any(f" {words[at].lower()} " in f" {p} " and p in text for p in _BOUND)


_BOUND = tuple(key for key in CHINESE if " " in key and any(word in WEAK for word in key.split()))


def abbreviated(word: str) -> str:
    """The usual abbreviation of one word, in the case in which the word is written."""
    short = ABBREVIATIONS.get(word.lower())
    if short is None or len(short) >= len(word):
        return word
    return short.lower() if word.islower() else short


def droppable(words: list[str]) -> list[str]:
    """Words that may go: never the first, the last noun, or one that turns the meaning."""
    inner = words[1:-1]
    if words and words[-1].lower() in POLAR and len(words) > 2:
        inner = words[1:-2]
    return [word for word in inner if word.lower() not in POLAR and not _turns(word)]


_NEGATIVE = re.compile("[未无不非失故错宕断满低高缺丢拒超]")


def _turns(word: str) -> bool:
    return not word.isascii() and bool(_NEGATIVE.search(word))


def _joint(name: str) -> str:
    """What stands between the words of `name`: nothing in CamelCase."""
    found = re.search(r"[A-Za-z0-9]([_\-. ])[A-Za-z0-9]", name)
    return found[1] if found else ""


def joined(words: Words, joint: str) -> str:
    """Words as one name: CamelCase or with their separator; Chinese needs none."""
    text = ""
    for word in words:
        if joint and text and word.isascii() and text[-1].isascii():
            text += joint + word
        else:
            text += word[0].upper() + word[1:] if text and not joint and word.isascii() else word
    return text


def _subsequence(few: Words, many: Words) -> bool:
    rest = iter(many)
    return all(word in rest for word in few)
