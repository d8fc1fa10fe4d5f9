"""What a rule compares with: the threshold in the PromQL that Prometheus puts into generatorURL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_plus

_NOISE = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`|#[^\n]*\n|\[[^\]]*\]')
_BRACES = re.compile(r"\{[^{}]*\}")
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_COMPARED = re.compile(
    rf"(>=|<=|==|!=|>|<)\s*(?:bool\s+)?(\(?\s*{_NUMBER}(?:\s*[*/]\s*{_NUMBER})*\s*\)?)(?![\w.])"
)
_TERM = re.compile(rf"([*/]?)\s*({_NUMBER})")
_METRIC = re.compile(r"\b([a-zA-Z_:][a-zA-Z0-9_:]*_[a-zA-Z0-9_:]*)\b(?!\s*\()")
_JOINED = re.compile(r"\b(?:on|ignoring|by|without|group_left|group_right)\s*\([^()]*\)", re.I)
_HUNDRED = re.compile(r"\*\s*\(?\s*100(?:\.0+)?\b|(?<![\d.])100\s*(?:\*|-)")
_SCANNED = 4000


@dataclass(frozen=True, slots=True)
class Rule:
    """`op` and `threshold` of the main comparison; `metrics` it reads; how it computes.

    `op` is "" where nothing is compared with a number. `percent`: multiplied by 100 (or 100 - x).
    """

    op: str = ""
    threshold: float = 0.0
    metrics: tuple[str, ...] = ()
    percent: bool = False
    divides: bool = False
    rate: bool = False
    quantile: bool = False
    clock: bool = False
    absent: bool = False
    epoch: bool = False
    """Compares a moment, not a span: its value is a date that nobody can read."""


NO_RULE = Rule()


@lru_cache(maxsize=8192)
def rule_of(generator_url: str) -> Rule:
    """The rule behind a generatorURL (`…/graph?g0.expr=…`); NO_RULE where there is none to see."""
    _, found, query = generator_url.partition("g0.expr=")
    if not found:
        return NO_RULE
    return read(unquote_plus(query.partition("&")[0][: 3 * _SCANNED]))


def read(expression: str) -> Rule:
    """The main comparison: the least nested, of those the first (the rest are conditions)."""
    bare = _BRACES.sub(" ", _NOISE.sub(" ", expression[:_SCANNED]))
    op, threshold = _main_comparison(bare)
    metrics = tuple(dict.fromkeys(_METRIC.findall(_JOINED.sub(" ", bare))))[:8]
    clock = bool(re.search(r"\btime\s*\(\s*\)", bare))
    return Rule(
        op=op,
        threshold=threshold,
        metrics=metrics,
        percent=bool(_HUNDRED.search(bare)),
        divides="/" in bare,
        rate=bool(re.search(r"\bi?rate\s*\(|\bderiv\s*\(", bare)),
        quantile="histogram_quantile" in bare,
        clock=clock,
        absent="absent" in bare,
        epoch=not clock and bool(metrics) and metrics[0].endswith(("_timestamp", "_time_seconds")),
    )


def _main_comparison(bare: str) -> tuple[str, float]:
    best: tuple[int, str, float] | None = None
    depth = at = 0
    for match in _COMPARED.finditer(bare):
        depth += bare.count("(", at, match.start()) - bare.count(")", at, match.start())
        at = match.start()
        if best is None or depth < best[0]:
            value = _product(match[2])
            if value is not None:
                best = (depth, match[1], value)
    return (best[1], best[2]) if best else ("", 0.0)


def _product(text: str) -> float | None:
    value = 1.0
    for operator, number in _TERM.findall(text):
        factor = float(number)
        if operator == "/" and not factor:
            return None
        value = value / factor if operator == "/" else value * factor
    return value
