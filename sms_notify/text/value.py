"""How bad it is: the number an alert states, its unit, and the threshold it crossed.

Order of trust: the VALUE line (with the unit of the number nearest to it in the prose), Zabbix'
operational data and item value, the number that the prose says is current. A threshold is shown
only where the value does cross it: anything else would be two numbers that contradict each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from sms_notify.model import Alert
from sms_notify.text import numeral
from sms_notify.text.expression import NO_RULE, Rule, rule_of
from sms_notify.text.figures import UNITS, Figure, blank, figures
from sms_notify.text.opdata import NO_MEASURE, value_of_problem, without_mapping
from sms_notify.text.quantity import Quantity, alike, counts
from sms_notify.text.stated import HOLDS, Value, crossed

RULE_ANNOTATION = "generatorURL"
"""Where a source keeps Alertmanager's generatorURL: the only place that tells the threshold."""

VALUES_ANNOTATION = "__value_string__"
"""What each query and expression of a Grafana rule came to: `[ var='A' labels={…} value=93.4 ]`."""
_VALUES = re.compile(r"\bvalue=(\S{1,40}) \]")

# A search is quick where the first character alone shows that nothing begins here: so the class of
# it stands first, and that it begins a word is looked at afterwards.
_LINE = re.compile(
    rf"[Vv](?<!\w.)(?i:alues?\s*(?:is\s*)?[=:：]+\s*(?P<value>{numeral.PATTERN})"
    rf"(?![A-Za-z0-9_%]|\.\d|[ \u00a0]?(?:{UNITS})(?![A-Za-z0-9_])))"
)
_LABELS = re.compile(
    r"[LlMm](?:(?<=[Ll])(?<!\w.)(?i:abels?\s*[=:：]\s*(?:map\[|\{|\n))|(?<=[Mm])(?i:ap\[))"
)
_SCALES = (1.0, 60.0, 3600.0, 86400.0, 1e-3, 1e-6, 1e3, 1e6, 1e9, 2.0**10, 2.0**20, 2.0**30)
_WORD_BEFORE = re.compile(
    r"(?:(?P<han>[一-鿿]{2})|(?P<word>[a-z]{4,}))(?:\s*(?:is|was|of|为|是|达到?|约))?[\s:：=]*$"
)
_LOOKED_BACK = 24
_SUMMARY, _DESCRIPTION = 200, 480
_MOST_FIGURES = 12


def value_of(alert: Alert) -> Value | None:
    """The value of `alert`, None where it states none (or only that something is up or down)."""
    if alert.source == "line":
        return None
    rule = rule_of(alert.annotations.get(RULE_ANNOTATION, ""))
    prose = _prose(alert)
    line = _LINE.search(prose) if "alue" in prose or "VALUE" in prose else None
    said = blank(prose[: line.start()] if line else prose, alert.labels.values())
    found = tuple(islice(figures(said), _MOST_FIGURES))
    rule = _meant(rule, found)
    if line:
        stated = numeral.value(line["value"], "", True)
        return None if stated is None else _stated(stated, found, rule)
    measured = _Named(alert.name.lower(), said.lower())
    return (
        value_of_problem(alert, found)
        or _said(found, rule, measured)
        or _of_grafana(alert, found, rule)
    )


def _of_grafana(alert: Alert, found: Sequence[Figure], rule: Rule) -> Value | None:
    """The one number that Grafana's queries came to; 0 and 1 are what its conditions come to."""
    text = alert.annotations.get(VALUES_ANNOTATION, "")
    if not text:
        return None
    told = {numeral.value(value, "", True) for value in _VALUES.findall(text)} - {0.0, 1.0}
    stated = told.pop() if len(told) == 1 else None
    return None if stated is None else _stated(stated, found, rule)


def _meant(rule: Rule, found: Sequence[Figure]) -> Rule:
    """Of several comparisons the one whose number the prose repeats; else the first."""
    if not rule.others:
        return rule
    for op, threshold in ((rule.op, rule.threshold), *rule.others):
        if any(fig.role == "threshold" and _scale(fig.quantity, threshold) for fig in found):
            return replace(rule, op=op, threshold=threshold)
    return rule


def _prose(alert: Alert) -> str:
    annotations = alert.annotations
    description = annotations.get("description") or annotations.get("message") or ""
    summary = annotations.get("summary") or (alert.summary if not description else "")
    text = f"{summary[:_SUMMARY]}\n{description[:_DESCRIPTION]}"
    if alert.source == "zabbix":
        measured = without_mapping(text)
        text = f"{alert.name[:_SUMMARY]}\n{'' if measured.strip() in NO_MEASURE else measured}"
    labels = _LABELS.search(text) if "map[" in text or "abel" in text or "ABEL" in text else None
    return text[: labels.start()] if labels else text


def _stated(value: float, found: Sequence[Figure], rule: Rule) -> Value | None:
    """The VALUE line, in the unit of the number nearest to it."""
    if _only_state(value, rule, found):
        return None
    for figure in found:
        near = figure.quantity
        if figure.role == "window" or not near.unit:
            continue
        if near.unit == "%" and _near(near.value, value * 100) and rule.threshold <= 1.5:
            return _against(Quantity(value * 100, "%"), found, rule)
        if _near(near.value, value) and not _is_limit(figure, rule):
            return _against(Quantity(value, near.unit), found, rule)
    return _in_unit_of_limit(value, found, rule)


def _only_state(value: float, rule: Rule, found: Sequence[Figure]) -> bool:
    """Up or down, absent or present: a 0 or 1 that measures nothing."""
    if rule.absent or (rule.epoch and value > 1e9):
        return True
    if rule is NO_RULE:
        return value in (0, 1) and not any(figure.role == "threshold" for figure in found)
    return value in (0, 1) and rule.op in ("", "==", "!=")


def _near(one: float, other: float) -> bool:
    apart = abs(one - other)
    return apart <= 0.006 * abs(one) or apart <= 0.006 * abs(other) or apart <= 0.006 * 1e-9


def _is_limit(figure: Figure, rule: Rule) -> bool:
    if figure.role == "threshold":
        return True
    value = figure.quantity.value
    return rule.op in HOLDS and (
        value == rule.threshold
        or (figure.quantity.unit == "%" and _near(value, rule.threshold * 100))
    )


def _in_unit_of_limit(value: float, found: Sequence[Figure], rule: Rule) -> Value:
    """The unit that the prose gives to the threshold is the unit of the value.

    `> 80%` beside `… > 80` makes 93.4 a percentage, beside `… > 0.80` it makes 0.934 one.
    """
    if rule is NO_RULE:
        return _by_prose_alone(value, found)
    for figure in found:
        scaled = _scale(figure.quantity, rule.threshold) if figure.quantity.unit else 0.0
        if scaled and rule.op:
            return _against(Quantity(value * scaled, figure.quantity.unit), found, rule)
    unit = "%" if rule.percent and 1 <= rule.threshold <= 100 else _suffix_unit(rule)
    return _against(Quantity(value, unit), found, rule)


def _scale(said: Quantity, limit: float) -> float:
    """What the rule's threshold is multiplied with to give the number said; 0: unrelated."""
    if not limit or not said.value:
        return 0.0
    if said.unit == "%":
        return 1.0 if _near(said.value, limit) else 100.0 if _near(said.value, limit * 100) else 0.0
    if said.unit not in ("s", "B", "B/s", "bit/s"):
        return 1.0 if said.value == limit else 0.0
    for scale in _SCALES:
        if _near(said.value, limit * scale):
            return scale
    return 0.0


def _by_prose_alone(value: float, found: Sequence[Figure]) -> Value:
    """Without the rule a ratio and a percentage cannot be told apart below 1: then no unit."""
    for figure in found:
        limit = figure.quantity
        if figure.role != "threshold" or not figure.op:
            continue
        op = crossed(figure.op, Quantity(value), limit)
        if op and (counts(limit.unit) or (limit.unit == "%" and value > 1)):
            return Value(Quantity(value, limit.unit), op, limit)
    return Value(Quantity(value))


def _suffix_unit(rule: Rule) -> str:
    """The unit that Prometheus' naming convention gives a metric (`_bytes`, `_seconds`)."""
    if rule.divides or not rule.metrics:
        return ""
    metric = re.sub(r"(?:_total|_sum|_bucket|_count)$", "", rule.metrics[0])
    if metric.endswith("_bytes"):
        return "B/s" if rule.rate else "B"
    if metric.endswith("_celsius"):
        return "℃"
    if rule.rate and not rule.quantile:
        return "" if metric.endswith("_seconds") else "/s"
    if metric.endswith(("_seconds", "_sec")) or rule.clock:
        return "s"
    return "%" if metric.endswith(("_percent", "_percentage")) else ""


class _Named(NamedTuple):
    """Which numbers of `prose` are of what the alert's `name` says (`延迟 250ms` of 网络延迟)."""

    name: str
    prose: str

    def rank(self, figure: Figure) -> tuple[int, bool, bool]:
        """How likely it is the value; of equals the one that is so named, then the percentage."""
        return figure.sure, self._has(figure), figure.quantity.unit == "%"

    def _has(self, figure: Figure) -> bool:
        word = _WORD_BEFORE.search(self.prose, max(0, figure.start - _LOOKED_BACK), figure.start)
        return word is not None and (word["han"] or word["word"]) in self.name


def _said(found: Sequence[Figure], rule: Rule, measured: _Named) -> Value | None:
    """The number that the prose gives as the value; its likeliest candidate, if any is likely."""
    state = rule.op in ("==", "!=")
    candidates = [
        figure
        for figure in found
        if figure.role == "value" and figure.sure and not _is_limit(figure, rule)
        if not (state and counts(figure.quantity.unit))
    ]
    if not candidates or rule.absent:
        return None
    best = candidates[0]
    if len(candidates) > 1:
        best = max(candidates, key=measured.rank)
    constant = rule is not NO_RULE and not (rule.op or rule.metrics)
    if constant and best.quantity.value in (0, 1) and counts(best.quantity.unit):
        return None  # vector(1): a rule that always fires
    return _against(best.quantity, found, rule)


def _against(said: Quantity, found: Sequence[Figure], rule: Rule) -> Value:
    """`said` with the threshold it crosses: the rule's, in the same unit; else the prose's."""
    compared = [
        (op, limit) for op, limit in ((rule.op, rule.threshold), *rule.others) if op in HOLDS
    ]
    for op, threshold in compared:
        limit = _limit_in(said, found, rule, threshold)
        if limit is not None and HOLDS[op](said.value, limit.value):
            return Value(said, op, limit)
    if compared:
        return Value(said)
    for figure in found:
        limit = figure.quantity
        fits = figure.role == "threshold" and figure.op and alike(limit.unit, said.unit)
        op = crossed(figure.op, said, limit) if fits else ""
        if op:
            return Value(said, op, limit)
    return Value(said)


def _limit_in(
    said: Quantity, found: Sequence[Figure], rule: Rule, threshold: float
) -> Quantity | None:
    """One `threshold` of the rule in the unit of the number said, where both can be compared."""
    for figure in found:
        scale = _scale(figure.quantity, threshold) if figure.quantity.unit == said.unit else 0.0
        if scale:
            return Quantity(threshold * scale, said.unit)
    if said.unit != "%":
        counted = rule.divides and counts(said.unit) and said.value == int(said.value) > 1
        # a count beside a rule about a ratio: the two cannot be compared
        ratio = counted and 0 < abs(threshold) <= 1
        return None if ratio else Quantity(threshold, said.unit)
    if rule.percent or abs(threshold) > 1.5:
        return Quantity(threshold, "%")
    return Quantity(threshold * 100, "%") if rule.divides else None
