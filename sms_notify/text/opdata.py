"""The value of a Zabbix problem: its operational data or item value, against the trigger's name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sms_notify.model import Alert
from sms_notify.text.figures import Figure, blank, figures
from sms_notify.text.quantity import Quantity, alike
from sms_notify.text.stated import Value, crossed

_OPDATA = 160
NO_MEASURE = ("", "0", "1")
"""Item values that say only that something is, or is not."""
_MAPPED = re.compile(r"(?<=[A-Za-z一-鿿])\s*\(\d+\)")
_UPTIME = re.compile(r"(?:(\d+) days?,? )?(\d+):(\d\d):(\d\d)")


def value_of_problem(alert: Alert, found: Sequence[Figure]) -> Value | None:
    """Operational data or item value: the number in the unit of the trigger's threshold."""
    if alert.source != "zabbix":
        return None
    limits = [figure for figure in found if figure.role == "threshold"]
    numbers: list[Quantity] = []
    for told in ("opdata", "value"):
        text = alert.annotations.get(told, "")[:_OPDATA]
        found_here = _zabbix_numbers(blank(text, alert.labels.values()))
        if text and not found_here:
            break
        numbers += found_here
    for limit in limits:
        for number in numbers:
            if _fits(number, limit):
                return _beside(number, limit)
    return Value(_in_unit_of(numbers[0], found)) if numbers else None


def _in_unit_of(number: Quantity, found: Sequence[Figure]) -> Quantity:
    """An item value without unit, in the unit that the problem's name gives the same number."""
    same = (f.quantity for f in found if f.quantity.unit and f.quantity.value == number.value)
    return number if number.unit else next(same, number)


def _zabbix_numbers(text: str) -> list[Quantity]:
    """The numbers of `text`; of an uptime (`1 day, 00:01:13`) the seconds; of a mapping none."""
    bare = without_mapping(text).strip()
    if bare in NO_MEASURE:
        return []
    uptime = _UPTIME.fullmatch(bare)
    if uptime:
        days, hours, minutes, seconds = (float(part or 0) for part in uptime.groups())
        return [Quantity(((days * 24 + hours) * 60 + minutes) * 60 + seconds, "s")]
    return [figure.quantity for figure in figures(bare)]


def _fits(number: Quantity, limit: Figure) -> bool:
    """In the unit of the threshold, and beyond it."""
    same = alike(number.unit, limit.quantity.unit)
    return bool(same and limit.op and crossed(limit.op, number, limit.quantity))


def _beside(number: Quantity, limit: Figure) -> Value:
    unit = number.unit or limit.quantity.unit
    op = crossed(limit.op, number, limit.quantity)
    return Value(number.within(unit), op, limit.quantity)


def without_mapping(text: str) -> str:
    """Zabbix' value mapping: of `Down (2)` the word counts, not the number."""
    return _MAPPED.sub("", text) if "(" in text else text
