"""Reads recorded payloads: one file, a folder of them, lines of JSON, or plain text.

What `server.record` kept says when it came, by which path and as what: it is read as it was then.
"""

from __future__ import annotations

import base64
import binascii
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from sms_notify.config import Config
from sms_notify.errors import InputError, UsageError
from sms_notify.model import Call, Micros
from sms_notify.sources import alertmanager, line, zabbix
from sms_notify.sources.bounds import BODY

LINES = ".jsonl"
"""How a file of records ends, which is read line by line, however large."""
ENDINGS = (".json", LINES, ".txt")
WHOLE = 64 * 1024 * 1024
"""Bytes of another file, or of standard input, that are read."""
RECORD = b'{"at":'
"""How a line of sms_notify.recorded begins."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One payload: where it came from, and its call; or what is wrong with it."""

    origin: str
    call: Call | None
    problem: str = ""
    at: Micros | None = None
    """When it came, where the record says so."""


def recorded(config: Config, name: str, now: Micros) -> Iterator[Recorded]:
    """Every payload of a file, of a folder (by name), or of standard input (`-`).

    Raises UsageError if there is nothing to read.
    """
    if name == "-":
        yield from _of_bytes(config, "-", sys.stdin.buffer.read(WHOLE + 1), now)
        return
    path = Path(name)
    if not path.is_dir():
        yield from _of_file(config, path.name, path, now)
        return
    files = sorted(each for each in path.rglob("*") if each.suffix in ENDINGS and each.is_file())
    if not files:
        raise UsageError(f"{name}: no file here ends in {', '.join(ENDINGS)}")
    for file in files:
        yield from _of_file(config, str(file.relative_to(path)), file, now)


def _of_file(config: Config, origin: str, path: Path, now: Micros) -> Iterator[Recorded]:
    try:
        with path.open("rb") as file:
            if path.suffix == LINES:
                yield from _of_lines(config, origin, file, now)
            else:
                yield from _of_bytes(config, origin, file.read(WHOLE + 1), now)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; give a payload file, a folder or -") from None


def _of_bytes(config: Config, origin: str, body: bytes, now: Micros) -> Iterator[Recorded]:
    if len(body) > WHOLE:
        large = f"is larger than {WHOLE // 1024**2} MiB; write a payload a line into FILE{LINES}"
        yield Recorded(origin, None, large)
        return
    try:
        whole = orjson.loads(body)
    except orjson.JSONDecodeError:
        yield from _of_lines(config, origin, body.splitlines(), now)
        return
    values = whole if isinstance(whole, list) else [whole]
    for number, value in enumerate(values, 1):
        where = origin if len(values) == 1 else f"{origin}[{number}]"
        yield _of_value(config, where, value, now)


def _of_lines(
    config: Config, origin: str, lines: Iterable[bytes], now: Micros
) -> Iterator[Recorded]:
    for number, text in enumerate(lines, 1):
        if text.strip():
            yield _of_line(config, f"{origin}:{number}", text.rstrip(b"\r\n"), now)


def _of_line(config: Config, origin: str, text: bytes, now: Micros) -> Recorded:
    try:
        return _of_value(config, origin, orjson.loads(text), now)
    except orjson.JSONDecodeError:
        if text.startswith(RECORD):
            return Recorded(origin, None, "is cut off")
        body = orjson.dumps({"text": text.decode("utf-8", "replace"), "call_id": origin})
        return _parsed(origin, lambda: _line(config, body, now))


def _of_value(config: Config, origin: str, value: Any, now: Micros) -> Recorded:
    """A payload, or a record that holds one under `payload` or `body`."""
    if isinstance(value, dict) and isinstance(value.get("at"), int) and "path" in value:
        return _of_record(config, origin, value)
    while isinstance(value, dict) and not (value.keys() & {"alerts", "sendto", "text", "argv"}):
        inner = value.get("payload", value.get("body"))
        if not isinstance(inner, dict):
            return Recorded(origin, None, "holds no payload of Alertmanager, Zabbix or a line")
        value = inner
    if not isinstance(value, dict):
        return Recorded(origin, None, "is not an object")
    return _parsed(origin, lambda: _call(config, value, now))


def _of_record(config: Config, origin: str, record: dict[str, Any]) -> Recorded:
    """A line of sms_notify.recorded."""
    at: Micros = record["at"]
    try:
        body = base64.b64decode(record["raw"]) if "raw" in record else None
    except (binascii.Error, TypeError, ValueError):
        return Recorded(origin, None, "raw: is not base64")
    found = _parsed(origin, lambda: _as_it_came(config, record, body, at))
    return replace(found, at=at)


def _as_it_came(config: Config, record: dict[str, Any], body: bytes | None, at: Micros) -> Call:
    raw = orjson.dumps(record.get("payload")) if body is None else body
    site, kind = config.site, str(record.get("content_type", ""))
    path = str(record["path"]).strip("/")
    if path == "zabbix":
        return zabbix.parse(
            raw, content_type=kind, levels=site.levels, called_at=at, timezone=site.timezone
        )
    if path == "line":
        return line.parse_http(raw, levels=site.levels, called_at=at)
    receiver = path.partition("/")[2] or None
    return alertmanager.parse(raw, levels=site.levels, called_at=at, receiver=receiver)


def _call(config: Config, value: dict[str, Any], now: Micros) -> Call:
    levels, zone = config.site.levels, config.site.timezone
    if "alerts" in value:
        return alertmanager.parse(orjson.dumps(value), levels=levels, called_at=now)
    if "argv" in value:
        sendto, subject, message = ([str(each) for each in value["argv"]] + [""] * 4)[1:4]
        return zabbix.parse_args(
            sendto, subject, message, levels=levels, called_at=now, timezone=zone
        )
    body = orjson.dumps(value)
    if "sendto" in value:
        kind = "application/json"
        return zabbix.parse(body, content_type=kind, levels=levels, called_at=now, timezone=zone)
    return _line(config, body, now)


def _line(config: Config, body: bytes, now: Micros) -> Call:
    return line.parse_http(body[:BODY], levels=config.site.levels, called_at=now)


def _parsed(origin: str, parse: Any) -> Recorded:
    try:
        call: Call = parse()
    except InputError as error:
        return Recorded(origin, None, str(error))
    return Recorded(origin, call)
