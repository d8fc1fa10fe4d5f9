"""Reads a text as a woken person would and says what of the alert is in it.

It knows the alert and common abbreviations and translations, not how the text was made: numbers are
read back with their units, words of the name are looked for as they are, shortened or in Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote_plus

from sms_notify.model import Level
from sms_notify.text.glossary import CHINESE, WEAK
from tests.text.samples import Sample

SIGNATURE = "【星云运维】"
LEVELS = {Level.critical: "严重", Level.warning: "警告", Level.info: "提示"}

_NUMBER = re.compile(
    r"(?<![\w.\-/:@])(?P<clock>\d+[dhm]\d+[hms])|(?<![\w.\-/:@])(?P<n>-?\d+(?:\.\d+)?(?:e-?\d+)?)"
    r"(?P<u>ms|us|s|h|d|m|%|[KMGTPk]?B(?:/s)?|[kMG]?bps|[kMGTP]|℃|/s)?(?![\w.])"
)
_FACTORS = {
    "ms": 1e-3, "us": 1e-6, "s": 1, "m": 60, "h": 3600, "d": 86400, "K": 1e3, "k": 1e3,
    "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
}  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\x00-\x7f]+")


@dataclass(frozen=True)
class Score:
    """What one text says. None: the alert has nothing of the kind."""

    fits: bool
    level: bool
    time: bool
    code: bool
    subject: bool | None
    replica: bool | None
    words_lost: tuple[str, ...]
    value: bool | None
    unit_or_threshold: bool | None
    wrong: tuple[str, ...]
    torn: tuple[str, ...]

    @property
    def core(self) -> bool:
        always = self.fits and self.level and self.time and self.code
        return always and self.subject is not False and not self.words_lost and not self.torn

    @property
    def full(self) -> bool:
        return self.core and bool(self.unit_or_threshold)


def score(sample: Sample, text: str, time: str) -> Score:
    body = text.removeprefix(SIGNATURE)
    hint = re.search(r" (\d\d:\d\d) 回12确认$", body)
    middle = body[: hint.start()] if hint else body
    level = LEVELS[sample.alert.level]
    said = middle.removeprefix(level).strip()
    numbers = list(_read(_without_names(said, sample)))
    found = [one for one in numbers if _is_value(one, sample)] if sample.stated else []
    return Score(
        fits=len(text.encode("utf-16-le")) // 2 <= 70,
        level=middle.startswith(level),
        time=bool(hint and hint[1] == time),
        code=bool(hint),
        subject=sample.unique in said if sample.unique else None,
        replica=sample.replica in said if sample.replica else None,
        words_lost=tuple(_lost(sample.alert.name, said, sample)),
        value=bool(found) if sample.stated else None,
        unit_or_threshold=any(u or op for _, u, op in found) if sample.stated else None,
        wrong=tuple(f"{n}{u}" for n, u, op in numbers if not _is_held(n, u, sample)),
        torn=tuple(_torn(said, sample)),
    )


Number = tuple[float, str, str]
"""value in base units, unit ("%" or a physical unit), threshold operator behind or before it"""


def _read(said: str) -> Iterable[Number]:
    for match in _NUMBER.finditer(said):
        after = said[match.end() : match.end() + 1]
        before = said[match.start() - 1 : match.start()]
        op = after if after in tuple("<>≥≤~") and after else before if before in "<>≥≤~" else ""
        if match["clock"]:
            parts = re.findall(r"(\d+)([dhms])", match["clock"])
            yield sum(float(n) * _FACTORS[u] for n, u in parts), "clock", op
        else:
            unit = match["u"] or ""
            yield (
                float(match["n"])
                * _FACTORS.get(
                    unit.removesuffix("/s").rstrip("B").removesuffix("bps") or unit, 1.0
                ),
                unit,
                op,
            )


def _is_value(number: Number, sample: Sample) -> bool:
    value, (shown, unit, _) = sample.fired or 0.0, number
    factors = {"%": (1, 100), "clock": (1, 86400, 3600, 60), "d": (1, 86400), "h": (1, 3600)}
    scales = {"MB": 1e6, "ms": 1e-3, "Mbps": 1e6, "m": 60, "d": 86400}
    wanted = [value * factor for factor in factors.get(unit, (1, 86400))]
    wanted.append(value * scales.get(sample.unit, 1))
    slack = 0.05 if unit == "clock" else 0.012
    return any(abs(shown - want) <= slack * max(abs(want), 1e-9) for want in wanted)


def _is_held(number: float, unit: str, sample: Sample) -> bool:
    """The value, or any number that stands in the alert or its rule, in some scale."""
    if sample.fired is not None and _is_value((number, unit, ""), sample):
        return True
    alert = sample.alert
    held = " ".join([alert.name, *alert.annotations.values(), *alert.labels.values()])
    numbers = [
        float(n) for n in re.findall(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+", unquote_plus(held))
    ]
    few = numbers[-12:]
    products = [x for a in few for b in few for x in ((a * b, a / b) if b else (a * b,))]
    scales = (1, 100, 60, 3600, 86400, 1e-3, 1e3, 1e6, 1e9, 2**10, 2**20, 2**30)
    return any(
        abs(number - n * scale) <= 0.006 * max(abs(number), 1e-9)
        for n in numbers + products for scale in scales
    )  # fmt: skip


def _without_names(said: str, sample: Sample) -> str:
    """Names hold digits that are no numbers; what the alert calls itself is taken out."""
    labels = sample.alert.labels
    pod = f"{sample.unique}-{sample.replica}"
    for name in sorted([pod, sample.unique, *labels.values()], key=len, reverse=True):
        if len(name) > 1:
            said = said.replace(name, " ")
    return said


def _lost(name: str, said: str, sample: Sample) -> Iterable[str]:
    """Content words of the name that are not in the text, in no usual form."""
    if sample.alert.source == "zabbix" or re.search("[一-鿿]", name):
        return
    said_lower = said.lower()
    words = [w.lower() for w in _WORD.findall(name)]
    for place, word in enumerate(words):
        if word in WEAK or len(word) < 2 or word in ("kubernetes", "postgresql", "rabbitmq"):
            continue
        if not (_subsequence_in(word, said_lower) or _in_chinese(words, place, said)):
            yield word


def _subsequence_in(word: str, said: str) -> bool:
    """The word, its stem, or an abbreviation that starts like it and keeps its letters' order."""
    if word[:4] in said:
        return True
    return any(
        len(token) >= 2 and token[0] == word[0] and _subsequence(token, word)
        for token in _pieces(said)
    )


def _pieces(said: str) -> list[str]:
    runs = re.findall(r"[a-z0-9]+", said)
    return [run[a : a + n] for run in runs for a in range(len(run)) for n in range(2, 9)]


def _subsequence(few: str, many: str) -> bool:
    rest = iter(many)
    return all(char in rest for char in few)


def _in_chinese(words: list[str], place: int, said: str) -> bool:
    for length in (4, 3, 2, 1):
        for start in range(max(0, place - length + 1), place + 1):
            chinese = CHINESE.get(" ".join(words[start : start + length]))
            if chinese and chinese in said:
                return True
    return False


def _torn(said: str, sample: Sample) -> Iterable[str]:
    """Tokens with digits, dots or dashes that are neither whole nor a whole part of the alert."""
    if "…" in said:
        yield "…"
    alert = sample.alert
    whole = " ".join([alert.name, *alert.annotations.values(), *alert.labels.values()])
    for token in re.findall(r"(?<![\w.~<>-])[A-Za-z]\w*[-.][\w.-]*\d[\w.-]*", said):
        parts = token.rsplit("-", 1)
        if token not in whole and not all(part in whole for part in parts):
            yield token
