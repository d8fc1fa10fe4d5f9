"""What a rule compares with: the threshold in the PromQL that Prometheus puts into generatorURL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_plus

_NOISE = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`|#[^\n]*\n|\[[^\]]*\]')
_BRACES = re.compile(r"\{[^{}]*\}")
# bounded: with any number of digits, what only looks like a number took n² steps
_NUMBER = r"[-+]?(?:\d{1,18}\.?\d{0,18}|\.\d{1,18})(?:[eE][-+]?\d{1,3})?"
_COMPARED = re.compile(
    rf"(>=|<=|==|!=|>|<)\s*(?:bool\s+)?(\(?\s*{_NUMBER}(?:\s*[*/]\s*{_NUMBER})*\s*\)?)(?![\w.])"
)
_TERM = re.compile(rf"([*/]?)\s*({_NUMBER})")
_METRIC = re.compile(r"\b([a-zA-Z_:][a-zA-Z0-9_:]*_[a-zA-Z0-9_:]*)\b(?!\s*\()")
_JOINED = re.compile(r"\b(?:on|ignoring|by|without|group_left|group_right)\s*\([^()]*\)", re.I)
_HUNDRED = re.compile(r"\*\s*\(?\s*100(?:\.0+)?\b|(?<![\d.])100\s*(?:\*|-)")
_SET = re.compile(r"\b(?:and|or|unless|bool)\b", re.I)
_SCANNED = 4000
_OPERATORS = frozenset("(+-*/%^<>=!,") | {""}


@dataclass(frozen=True, slots=True)
class Rule:
    """`op` and `threshold` of the main comparison; `metrics` it reads; how it computes.

    `op` is "" where nothing is compared with a number. `percent`: multiplied by 100 (or 100 - x).
    """

    op: str = ""
    threshold: float = 0.0
    others: tuple[tuple[str, float], ...] = ()
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


@lru_cache(maxsize=2048)
def rule_of(generator_url: str) -> Rule:
    """The rule behind a generatorURL (`…/graph?g0.expr=…`); NO_RULE where there is none to see."""
    _, found, query = generator_url.partition("g0.expr=")
    if not found:
        return NO_RULE
    return read(unquote_plus(query.partition("&")[0][: 3 * _SCANNED]))


def read(expression: str) -> Rule:
    """The main comparison is the first outside of any function; the others are conditions."""
    bare = _BRACES.sub(" ", _NOISE.sub(" ", expression[:_SCANNED]))
    bare = " ".join(bare.split())  # runs of blanks would be looked through from each of them
    compared = _comparisons(bare) or [("", 0.0)]
    metrics = tuple(dict.fromkeys(_METRIC.findall(_JOINED.sub(" ", bare))))[:8]
    clock = bool(re.search(r"\btime\s*\(\s*\)", bare))
    return Rule(
        op=compared[0][0],
        threshold=compared[0][1],
        others=tuple(compared[1:4]),
        metrics=metrics,
        percent=bool(_HUNDRED.search(bare)),
        divides="/" in bare,
        rate=bool(re.search(r"\bi?rate\s*\(|\bderiv\s*\(", bare)),
        quantile="histogram_quantile" in bare,
        clock=clock,
        absent="absent" in bare,
        epoch=not clock and bool(metrics) and metrics[0].endswith(("_timestamp", "_time_seconds")),
    )


def _comparisons(bare: str) -> list[tuple[str, float]]:
    """Comparisons with a number in the order of the rule; none inside a function or aggregation.

    `count(up == 0) / count(up) > 0.1` compares with 0.1: what stands in a call is a filter.
    """
    calls = _call_depths(bare)
    found = []
    for match in _COMPARED.finditer(bare):
        value = _product(match[2])
        if value is not None and not calls[match.start()]:
            found.append((match[1], value))
    return found


def _call_depths(bare: str) -> list[int]:
    """For every character how many calls it is inside of; brackets that only group count 0."""
    depths: list[int] = []
    stack: list[bool] = []
    depth = 0
    before = ""
    for char in _SET.sub(lambda match: "+" * len(match[0]), bare):
        if char == "(":
            stack.append(before not in _OPERATORS)
            depth += stack[-1]
        elif char == ")" and stack:
            depth -= stack.pop()
        depths.append(depth)
        if not char.isspace():
            before = char
    return depths


def _product(text: str) -> float | None:
    value = 1.0
    for operator, number in _TERM.findall(text):
        factor = float(number)
        if operator == "/" and not factor:
            return None
        value = value / factor if operator == "/" else value * factor
    return value
