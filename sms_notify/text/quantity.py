"""A number with its unit: reading what templates print, writing three significant digits.

Wrong numbers are worse than none, so the suffix decides: humanize's `128.6m/s` is milli (0.129/s),
`14h 27m 41s` is one number, `2.2928131e+09` keeps its exponent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_TIME = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "millisecond": 1e-3,
    "milliseconds": 1e-3, "毫秒": 1e-3, "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1,
    "秒": 1, "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60, "分": 60, "分钟": 60,
    "h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600, "小时": 3600,
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
_PLAIN = {
    "%": "%", "％": "%", "‰": "‰", "°C": "℃", "℃": "℃", "C": "℃", "°": "°",
    "RPM": "rpm", "rpm": "rpm",
    "V": "V", "W": "W", "A": "A", "Hz": "Hz", "MHz": "MHz", "GHz": "GHz", "dBm": "dBm", "dB": "dB",
    "qps": "/s", "QPS": "/s", "rps": "/s", "tps": "/s", "TPS": "/s", "iops": "IOPS", "IOPS": "IOPS",
    "pps": "pps", "req/s": "/s", "ops/s": "/s", "msg/s": "/s", "msgs/s": "/s", "packets/s": "pps",
    "/s": "/s", "/sec": "/s", "/second": "/s", "/min": "/min", "/m": "/min", "/h": "/h",
    "percent": "%", "per second": "/s",
    "个": "", "条": "", "次": "", "台": "", "人": "", "项": "", "份": "", "块": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quantity:
    """A finite number in a base unit: `%`, `s`, `B`, `B/s`, `bit/s`, `/s`, `℃`, … or ""."""

    value: float
    unit: str = ""

    def times(self, factor: float, unit: str) -> Quantity:
        return Quantity(self.value * factor, unit)


def read(number: str, unit: str, attached: bool) -> Quantity | None:
    """The quantity that `number` and the `unit` behind it say; None if that is not certain.

    `attached`: no blank between them. A bare `m` behind a decimal is humanize's milli; behind an
    integer it means minutes.
    """
    try:
        value = float(number.replace(",", ""))
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    if not unit:
        return Quantity(value)
    return _with_unit(value, unit, attached and "." in number)


def _with_unit(value: float, unit: str, humanized: bool) -> Quantity | None:
    if unit in _PLAIN:
        return Quantity(value, _PLAIN[unit])
    if unit in _BYTES:
        return Quantity(value * _BYTES[unit], "B")
    if unit in _BITS:
        return Quantity(value * _BITS[unit], "bit/s")
    if unit == "m" and humanized:
        return Quantity(value * 1e-3)
    if unit in _TIME:
        return Quantity(value * _TIME[unit], "s")
    if unit in _BINARY:
        return Quantity(value * _BINARY[unit], "B")
    if unit in _SI:
        return Quantity(value * _SI[unit])
    return _rate(value, unit)


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
    """`93.4%`, `1.5GB`, `250ms`, `4d13h`, `12345`: short, and true to `digits` digits."""
    value, unit = quantity.value, quantity.unit
    if unit == "s":
        return _write_time(value, digits)
    if unit in ("B", "B/s", "bit/s"):
        return _write_scaled(value, digits, {"B": "B", "B/s": "B/s", "bit/s": "bps"}[unit])
    if abs(value) >= 100_000 and unit not in ("℃", "%"):
        return _write_scaled(value, digits, unit)
    return _plain(value, digits) + unit


def _write_scaled(value: float, digits: int, unit: str) -> str:
    thousand = "K" if unit.startswith("B") else "k"
    for factor, prefix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, thousand)):
        if abs(value) >= factor:
            return f"{_plain(value / factor, digits)}{prefix}{unit}"
    return _plain(value, digits) + unit


def _write_time(value: float, digits: int) -> str:
    size = abs(value)
    if size < 1e-3 and value:
        return f"{_plain(value * 1e6, digits)}us"
    if size < 1 and value:
        return f"{_plain(value * 1e3, digits)}ms"
    if size < 600:
        return f"{_plain(value, digits)}s"
    sign = "-" if value < 0 else ""
    if size >= 3 * 86400:
        return sign + _two_parts(round(size / 3600), 24, "d", "h")
    if size >= 3600:
        return sign + _two_parts(round(size / 60), 60, "h", "m")
    return sign + _two_parts(round(size), 60, "m", "s")


def _two_parts(whole: int, base: int, above: str, below: str) -> str:
    """`4d13h`, `27h16m`: within one percent of the span."""
    rest = f"{whole % base}{below}" if whole % base else ""
    return f"{whole // base}{above}{rest}"


def _plain(value: float, digits: int) -> str:
    """Integers whole, else `digits` significant digits without a bare exponent."""
    if value == int(value) and abs(value) < 1e5:
        return str(int(value))
    size = abs(value)
    if size >= 1e5 or size < 1e-4:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        return f"{_bare(mantissa)}e{int(exponent)}"
    places = max(0, digits - 1 - math.floor(math.log10(size)))
    return _bare(f"{value:.{places}f}")


def _bare(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number
