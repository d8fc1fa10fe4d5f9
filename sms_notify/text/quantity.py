"""A number with its unit: reading what templates print, writing three significant digits.

Wrong numbers are worse than none, so the suffix decides: humanize's `128.6m/s` is milli (0.129/s),
`14h 27m 41s` is one number, `2.2928131e+09` keeps its exponent.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from sms_notify.text import numeral

_TIME = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "millisecond": 1e-3,
    "milliseconds": 1e-3, "毫秒": 1e-3, "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1,
    "秒": 1, "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60, "分": 60, "分钟": 60,
    "h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600, "小时": 3600, "个小时": 3600,
    "d": 86400, "day": 86400, "days": 86400, "天": 86400, "日": 86400,
    "w": 604800, "week": 604800, "weeks": 604800, "周": 604800,
}  # fmt: skip
_SI = {
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "P": 1e15,
}
_BINARY = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50}
_BYTES = {"B": 1.0, "b": 1.0, "byte": 1.0, "bytes": 1.0, "Byte": 1.0, "Bytes": 1.0, "字节": 1.0} | {
    f"{prefix}{unit}": factor
    for prefix, factor in (
        ("K", 1e3), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("P", 1e15), *_BINARY.items()
    )
    for unit in ("B", "bytes")
}  # fmt: skip
_BITS = {
    "bps": 1.0, "Kbps": 1e3, "kbps": 1e3, "Mbps": 1e6, "Gbps": 1e9,
    "Kb/s": 1e3, "Mb/s": 1e6, "Gb/s": 1e9,
}  # fmt: skip
COUNTED = frozenset("个条次台人项份块名只行页笔组套件封户倍批轮起例")
"""Measure words: they stay behind their number, and compare like no unit."""

_PER = {"秒": "/s", "分": "/min", "分钟": "/min", "小时": "/h", "s": "/s"}
_PLAIN = {
    "%": "%", "％": "%", "‰": "‰", "°C": "℃", "℃": "℃", "C": "℃", "°": "°",
    "RPM": "rpm", "rpm": "rpm",
    "V": "V", "W": "W", "A": "A", "Hz": "Hz", "MHz": "MHz", "GHz": "GHz", "dBm": "dBm", "dB": "dB",
    "qps": "/s", "QPS": "/s", "rps": "/s", "tps": "/s", "TPS": "/s", "iops": "IOPS", "IOPS": "IOPS",
    "pps": "pps", "req/s": "/s", "ops/s": "/s", "msg/s": "/s", "msgs/s": "/s", "packets/s": "pps",
    "/s": "/s", "/sec": "/s", "/second": "/s", "/min": "/min", "/m": "/min", "/h": "/h",
    "percent": "%", "per second": "/s",
    **{f"{each}/{span}": rate for each in COUNTED for span, rate in _PER.items()},
    **{each: each for each in (*COUNTED, "个月")},
}  # fmt: skip
_UNITS: dict[str, tuple[float, str]] = {
    **{unit: (factor, "") for unit, factor in _SI.items()},
    **{unit: (factor, "B") for unit, factor in _BINARY.items()},
    **{unit: (factor, "s") for unit, factor in _TIME.items()},
    **{unit: (factor, "bit/s") for unit, factor in _BITS.items()},
    **{unit: (factor, "B") for unit, factor in _BYTES.items()},
    **{unit: (1.0, base) for unit, base in _PLAIN.items()},
}
"""What each unit is of its base unit; of two readings the later one holds (`m` is a minute)."""

_MYRIADS = {"百": 1e2, "千": 1e3, "万": 1e4, "亿": 1e8}
_ALL = {"%": 100.0, "‰": 1000.0, "": 1.0}
"""All of it: a number beside this one is never rounded to it."""

_WHOLE = ("1", "100")
"""How these are written: what is so written is looked at more closely."""

_SCALED = 599
"""Below it a number is written as it is in every unit, also after rounding."""

_MOST_DIGITS = 8
_NOISE = 1e-9
"""So far from a whole number floating point alone gets: 99.99999999999999 was computed from 100."""


class Quantity(NamedTuple):
    """A finite number in a base unit: `%`, `s`, `B`, `B/s`, `bit/s`, `/s`, `℃`, … or ""."""

    value: float
    unit: str = ""

    def within(self, unit: str) -> Quantity:
        """The same number, said to be in `unit`."""
        return self if unit == self.unit else Quantity(self.value, unit)


@lru_cache(maxsize=4096)
def read(number: str, unit: str, attached: bool) -> Quantity | None:
    """The quantity that `number` and the `unit` behind it say; None if that is not certain.

    `attached`: no blank between them. A bare `m` behind a decimal is humanize's milli; behind an
    integer it means minutes. Remembered: rules print the same limits and spans for ever.
    """
    value = numeral.value(number, unit, not unit or unit in COUNTED)
    if value is None:
        return None
    if not unit:
        return Quantity(value)
    if unit[0] in _MYRIADS:
        many = value * _MYRIADS[unit[0]]
        return _with_unit(many, unit[1:], False) if unit[1:] else Quantity(many)
    return _with_unit(value, unit, attached and "." in number)


def alike(one: str, other: str) -> bool:
    """True if numbers in these units compare: the same unit, or both only count."""
    return one == other or (counts(one) and counts(other))


def counts(unit: str) -> bool:
    """True if `unit` measures nothing: none at all, or a measure word."""
    return not unit or unit in COUNTED


def _with_unit(value: float, unit: str, humanized: bool) -> Quantity | None:
    if unit == "m" and humanized:
        return Quantity(value * 1e-3)
    known = _UNITS.get(unit)
    if known is None:
        return _rate(value, unit)
    factor, base = known
    return Quantity(value * factor, base)


def _rate(value: float, unit: str) -> Quantity | None:
    """`MB/s`, `Ki/s`, and humanize's `m/s`, `k/s` in front of a rate."""
    head, slash, tail = unit.partition("/")
    if not slash or tail not in ("s", "sec", "second"):
        return None
    if head in _BYTES or head in _BINARY:
        return Quantity(value * (_BYTES.get(head) or _BINARY[head]), "B/s")
    if head in _SI:
        return Quantity(value * _SI[head], "/s")
    return None


def duration(parts: list[tuple[str, str]]) -> Quantity:
    """`[("14", "h"), ("27", "m")]` → 52020 s."""
    return Quantity(sum(float(number) * _TIME[unit] for number, unit in parts), "s")


def write(quantity: Quantity, digits: int = 3) -> str:
    """`93.4%`, `1.5GB`, `250ms`, `4d13h`, `12345`: short, and true to `digits` (3 or more) digits.

    Of two numbers in one unit the larger is never written as less: texts that differ stand in the
    relation of their numbers. 99.9995% is written out, for 100% says something else.
    """
    value, unit = quantity
    if 1 <= value < _SCALED:  # most are: there is nothing to scale
        text = f"{value:.{digits}g}"
        if text not in _WHOLE:
            return text + ("bps" if unit == "bit/s" else unit)
    value = _shown(quantity, digits)
    if unit == "s":
        return _write_time(value)
    if unit in ("B", "B/s", "bit/s"):
        return _write_scaled(value, {"B": "B", "B/s": "B/s", "bit/s": "bps"}[unit])
    if abs(value) >= 100_000 and unit not in ("℃", "%"):
        return _write_scaled(value, unit)
    return _plain(value) + unit


def exact(quantity: Quantity) -> str:
    """`86390s`, `89.9512345%`: all digits, in the base unit."""
    return f"{quantity.value:.12g}{'bps' if quantity.unit == 'bit/s' else quantity.unit}"


def _shown(quantity: Quantity, digits: int) -> float:
    """The number that is written: rounded, but never to all of it where some is missing."""
    value, unit = quantity.value, quantity.unit
    whole = _ALL.get(unit)
    if whole is None:
        return _rounded(value, unit, digits)
    if abs(value - whole) <= _NOISE * whole:
        return whole
    for more in range(digits, _MOST_DIGITS):
        shown = _rounded(value, unit, more)
        if shown != whole:
            return shown
    least = whole * 10.0 ** (1 - _MOST_DIGITS)
    return whole + math.copysign(least, value - whole)


def _rounded(value: float, unit: str, digits: int) -> float:
    """To `digits` significant digits; what is written out stays whole before the point."""
    size = abs(value)
    if not size:
        return value
    places = digits - 1 - math.floor(math.log10(size))
    if unit == "s" or (size < 1e5 and unit not in ("B", "B/s", "bit/s")):
        places = 0 if value == int(value) else max(0, places)
    return round(value, places)


def _write_scaled(value: float, unit: str) -> str:
    thousand = "K" if unit.startswith("B") else "k"
    for factor, prefix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, thousand)):
        if abs(value) >= factor:
            return f"{_plain(value / factor)}{prefix}{unit}"
    return _plain(value) + unit


def _write_time(value: float) -> str:
    """Seconds up to ten minutes, then two parts; rounded first, so that 3599.9 s is one hour."""
    size = abs(value)
    if size < 1e-3 and value:
        return f"{_plain(value * 1e6)}us"
    if size < 1 and value:
        return f"{_plain(value * 1e3)}ms"
    if size < 600:
        return f"{_plain(value)}s"
    sign = "-" if value < 0 else ""
    if round(size) < 3600:
        return sign + _two_parts(round(size), 60, "m", "s")
    if round(size / 60) < 3 * 24 * 60:
        return sign + _two_parts(round(size / 60), 60, "h", "m")
    return sign + _two_parts(round(size / 3600), 24, "d", "h")


def _two_parts(whole: int, base: int, above: str, below: str) -> str:
    """`4d13h`, `27h16m`: within one percent of the span."""
    rest = f"{whole % base}{below}" if whole % base else ""
    return f"{whole // base}{above}{rest}"


def _plain(value: float) -> str:
    """A rounded number without the noise of floating point and without a bare exponent."""
    if value == int(value) and abs(value) < 1e5:
        return str(int(value))
    size = abs(value)
    if size >= 1e5 or size < 1e-4:
        mantissa, _, exponent = f"{value:.{_MOST_DIGITS - 1}e}".partition("e")
        return f"{_bare(mantissa)}e{int(exponent)}"
    places = max(0, _MOST_DIGITS - 1 - math.floor(math.log10(size)))
    return _bare(f"{value:.{places}f}")


def _bare(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number
