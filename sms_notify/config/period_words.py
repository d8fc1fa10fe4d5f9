"""From the words of one period to days and minutes; Alertmanager's words and Zabbix' digits."""

from __future__ import annotations

import re
from collections.abc import Callable

from sms_notify.config.intervals import DAY_MINUTES
from sms_notify.config.values import WEEKDAYS, did_you_mean

MONTHS: dict[str, int] = {
    word: month
    for month, words in enumerate(
        (
            "january jan 1月 一月",
            "february feb 2月 二月",
            "march mar 3月 三月",
            "april apr 4月 四月",
            "may 5月 五月",
            "june jun 6月 六月",
            "july jul 7月 七月",
            "august aug 8月 八月",
            "september sep 9月 九月",
            "october oct 10月 十月",
            "november nov 11月 十一月",
            "december dec 12月 十二月",
        ),
        1,
    )
    for word in words.split()
} | {str(month): month for month in range(1, 13)}

KINDS = ("workday", "restday")
"""Days by the calendar of `global.holidays`."""

_NAMED_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_ZABBIX_TIME = re.compile(r"([0-9]{1,2}:[0-9]{2})-([0-9]{1,2}:[0-9]{2})")


def clock(text: str) -> int:
    """`08:30` → 510 minutes; `24:00` is the end of the day."""
    found = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", text.strip())
    minutes = int(found[1]) * 60 + int(found[2]) if found else -1
    if found is None or int(found[2]) > 59 or not 0 <= minutes <= DAY_MINUTES:
        raise ValueError(f'"{text}" is not a time of day; write 00:00 to 24:00')
    return minutes


def weekdays(text: str) -> frozenset[int | str]:
    """`monday:friday` → 0 to 4; `workday` and `restday` as they are."""
    if text.strip().lower() in KINDS:
        return frozenset({text.strip().lower()})
    return frozenset(day % 7 for day in _ring(text, _weekday, 7))


def months(text: str) -> frozenset[int]:
    """`may:august`, `1:3`, `december`."""
    return frozenset((month - 1) % 12 + 1 for month in _ring(text, _month, 12))


def years(text: str) -> tuple[int, int]:
    """`2026` or `2026:2028`, both included."""
    first, last = _ends(text, _year)
    if last < first:
        raise ValueError(f'"{text}" ends before it starts; write the earlier year first')
    return first, last


def monthdays(text: str) -> tuple[int, int]:
    """`1:5`, `-3:-1` from the end of the month, `15:-1`; as Alertmanager takes them."""
    first, last = _ends(text, _monthday)
    if first < 0 < last:
        raise ValueError(f'"{text}" goes from the end of the month to a day counted from its start')
    if (first < 0) == (last < 0) and last < first:
        raise ValueError(f'"{text}" ends before it starts; write the earlier day first')
    return first, last


def one_line(text: str) -> dict[str, object]:
    """Zabbix' `1-5,09:00-18:00` in the words of Alertmanager; `workday` alone is the whole day.

    Raises ValueError that says what to write instead.
    """
    days, comma, times = (part.strip() for part in text.partition(","))
    words: dict[str, object] = {"weekdays": [_line_days(days)], "location": "Local"}
    if comma:
        found = _ZABBIX_TIME.fullmatch(times.replace(" ", ""))
        if found is None:
            raise ValueError(f'"{times}" is not a span of time; write it as 09:00-18:00')
        words["times"] = [{"start_time": found[1], "end_time": found[2]}]
    return words


def _line_days(text: str) -> str:
    """`1-5` → `monday:friday`."""
    if text.lower() in KINDS:
        return text.lower()
    first, dash, last = (part.strip() for part in text.partition("-"))
    try:
        ends = [_line_day(first), _line_day(last if dash else first)]
    except KeyError:
        near = did_you_mean(text, list(KINDS))
        hint = near or "; write 1-5 (Monday 1 to Sunday 7), workday or restday"
        raise ValueError(f'"{text}" names no days{hint}') from None
    return ":".join(_NAMED_DAYS[day] for day in ends)


def _line_day(text: str) -> int:
    return int(text) - 1 if re.fullmatch("[1-7]", text) else WEEKDAYS[text.lower()]


def _ring(text: str, read: Callable[[str], int], size: int) -> range:
    """From the first to the last, around the end of the ring if need be."""
    first, last = _ends(text, read)
    return range(first, last + 1 if last >= first else last + size + 1)


def _ends(text: str, read: Callable[[str], int]) -> tuple[int, int]:
    first, colon, last = text.partition(":")
    return read(first), read(last if colon else first)


def _weekday(text: str) -> int:
    day = WEEKDAYS.get(text.strip().lower())
    if day is None:
        near = did_you_mean(text, [*_NAMED_DAYS, *KINDS])
        hint = near or "; write monday to sunday, workday or restday"
        raise ValueError(f'"{text}" is not a weekday{hint}')
    return day


def _month(text: str) -> int:
    month = MONTHS.get(text.strip().lower())
    if month is None:
        named = [word for word in MONTHS if len(word) > 3 and word.isascii()]
        hint = did_you_mean(text, named) or "; write january to december, or 1 to 12"
        raise ValueError(f'"{text}" is not a month{hint}')
    return month


def _year(text: str) -> int:
    if not re.fullmatch(r"[0-9]{4}", text.strip()):
        raise ValueError(f'"{text}" is not a year; write it as 2026')
    return int(text)


def _monthday(text: str) -> int:
    found = re.fullmatch(r"-?[0-9]{1,2}", text.strip())
    if found is None or not 1 <= abs(int(text)) <= 31:
        raise ValueError(f'"{text}" is not a day of the month; write 1 to 31, or -1 for the last')
    return int(text)
