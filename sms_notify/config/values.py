"""From the text of one scalar to its typed value; each says what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from difflib import get_close_matches

from sms_notify.config.durations import format_duration, parse_duration
from sms_notify.config.model import Window
from sms_notify.config.schedules import Every, Handoff
from sms_notify.model import DAY, MINUTE, Level, Micros

LIMIT = 70
LEAST_TEXT = 40

WEEKDAYS: dict[str, int] = {
    word: day
    for day, words in enumerate(
        (
            "mon monday 周一 星期一",
            "tue tuesday 周二 星期二",
            "wed wednesday 周三 星期三",
            "thu thursday 周四 星期四",
            "fri friday 周五 星期五",
            "sat saturday 周六 星期六",
            "sun sunday 周日 星期日 周天 星期天",
        )
    )
    for word in words.split()
}
_SHANGHAI_TIME = ("beijing", "peking", "guangzhou", "shenzhen")
"""What people write for China's time; the tz database knows its cities by other names."""
_SHORTEST_WINDOW = MINUTE
_LONGEST_WINDOW = 7 * DAY


def did_you_mean(word: str, known: list[str]) -> str:
    """`; did you mean "x"?`, or "" when nothing is near. Case does not count."""
    folded = {name.casefold(): name for name in reversed(known)}
    near = get_close_matches(word.casefold(), list(folded), 1, 0.5)
    return f'; did you mean "{folded[near[0]]}"?' if near else ""


def choice(*words: str) -> Callable[[str], str]:
    """One of these words, in any case."""

    def read(text: str) -> str:
        if text.strip().lower() in words:
            return text.strip().lower()
        near = did_you_mean(text, list(words))
        raise ValueError(f'"{text}" is not one of {", ".join(words)}{near}')

    return read


def not_empty(text: str) -> str:
    """Any text but none."""
    if not text.strip():
        raise ValueError("is empty; write a value or take the key out")
    return text


def short_name(text: str) -> str:
    """A name that fits into an SMS and a metric label."""
    if not text.strip() or text != text.strip() or not text.isprintable():
        raise ValueError("has blanks around it or unprintable characters; write a plain name")
    if len(text) > 64:
        raise ValueError("is longer than 64 characters; shorten it")
    return text


def level(text: str) -> Level:
    return Level[choice("critical", "warning", "info")(text)]


def level_or_never(text: str) -> Level | None:
    word = choice("critical", "warning", "never")(text)
    return None if word == "never" else Level[word]


def yes_or_no(text: str) -> bool:
    words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    if text.strip().lower() not in words:
        raise ValueError(f'"{text}" is neither true nor false; write one of them')
    return words[text.strip().lower()]


def number(least: int, most: int) -> Callable[[str], int]:
    """A whole number within bounds, both included."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f'"{text}" is not a whole number from {least} to {most}')
        return int(text)

    return read


def span(least: str, most: str) -> Callable[[str], Micros]:
    """A duration within bounds, both included and written as durations."""
    low, high = parse_duration(least), parse_duration(most)

    def read(text: str) -> Micros:
        found = parse_duration(text)
        if not low <= found <= high:
            raise ValueError(f'"{text}" is out of bounds; write {least} to {most}')
        return found

    return read


def span_or_never(least: str, most: str) -> Callable[[str], Micros]:
    """A duration within bounds, or 0."""
    bounded = span(least, most)
    return lambda text: 0 if text == "0" else bounded(text)


def timezone(text: str) -> str:
    """A zone of the tz database. One that cannot be found is an error, never UTC."""
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = did_you_mean(text, sorted(zoneinfo.available_timezones()))
        if text.casefold().endswith(_SHANGHAI_TIME):
            near = did_you_mean("Asia/Shanghai", ["Asia/Shanghai"])
        hint = near or "; write one such as Asia/Shanghai"
        raise ValueError(f'unknown time zone "{text}"{hint}') from None
    return text


def signature(text: str) -> str:
    """Without 【】, and short enough to leave 40 of the 70 units for the text."""
    if re.search(r"[【】\[\]]", text):
        raise ValueError("write the signature without its brackets; they are added")
    if any(ord(char) < 32 for char in text):
        raise ValueError("a signature is one line")
    units = len(text.encode("utf-16-le")) // 2 + len("【】")
    if units > LIMIT - LEAST_TEXT:
        most = LIMIT - LEAST_TEXT - len("【】")
        raise ValueError(
            f"takes {units} of the {LIMIT} units of an SMS; keep it to {most} characters"
        )
    return text.strip()


def listen(text: str) -> tuple[str, int]:
    """`127.0.0.1:9097`, `[::1]:9097`, `:9097` for every address; port 0 = any free one."""
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9.\-]*):([0-9]{1,5})", text.strip())
    if found is None or int(found[2]) > 65535:
        raise ValueError(f'"{text}" is not an address and a port; write 127.0.0.1:9097')
    return found[1].strip("[]") or "0.0.0.0", int(found[2])  # noqa: S104 - asked for by `:9097`


def window(text: str) -> Window:
    """`5/15m`: at most five in any fifteen minutes."""
    found = re.fullmatch(r"\s*([0-9]{1,6})\s*/\s*(\S+)\s*", text)
    if found is None:
        raise ValueError(f'"{text}" is not a window; write count/time, e.g. 5/15m')
    count, length = int(found[1]), parse_duration(found[2])
    if count < 1:
        raise ValueError("a window of 0 would let nothing out; write at least 1/1m")
    if not _SHORTEST_WINDOW <= length <= _LONGEST_WINDOW:
        raise ValueError(f"a window of {format_duration(length)} is out of bounds; write 1m to 7d")
    return Window(count, length)


def every(text: str) -> Every:
    """`1w`, `12h`, `3d`, `1mo`, `1workday`: how long one turn is."""
    found = re.fullmatch(r"([0-9]{1,4})(mo|h|d|workday|w)", text.strip().lower())
    if found is None or int(found[1]) < 1:
        text = f'"{text}" is not a turn; write a count and h, d, w, mo or workday, e.g. 1w'
        raise ValueError(text)
    return Every(int(found[1]), found[2])


def handoff(text: str) -> Handoff:
    """`Mon 10:00`, `周一 10:00`, `10:00`, or `31 10:00` for a day of the month."""
    found = re.fullmatch(r"(?:(\S+)\s+)?([0-9]{1,2}):([0-9]{2})", text.strip())
    if found is None or int(found[2]) > 23 or int(found[3]) > 59:
        raise ValueError(f'"{text}" is not a handoff; write Mon 10:00, 10:00 or 1 10:00')
    weekday, monthday = _day(found[1]) if found[1] else (None, None)
    return Handoff(weekday, monthday, int(found[2]), int(found[3]))


def occasion(text: str) -> Handoff:
    """The same for something that comes back: every week, every day or every month."""
    try:
        return handoff(text)
    except ValueError as wrong:
        if "handoff" not in str(wrong):
            raise
        raise ValueError(f'"{text}" is not a time; write Mon 09:30, 09:30 or 1 09:30') from None


def _day(word: str) -> tuple[int | None, int | None]:
    if word.lower() in WEEKDAYS:
        return WEEKDAYS[word.lower()], None
    if re.fullmatch(r"[0-9]{1,2}", word) and 1 <= int(word) <= 31:
        return None, int(word)
    near = did_you_mean(word, ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
    raise ValueError(f'"{word}" is neither a weekday nor a day of the month 1 to 31{near}')


def day(text: str) -> date:
    """`2026-01-05`."""
    try:
        found = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        found = None
    if found is None or not 1990 <= found.year <= 2100:
        raise ValueError(f'"{text}" is not a day; write it as 2026-01-05')
    return found
