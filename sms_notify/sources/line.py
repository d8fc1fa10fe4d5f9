"""Makes one alert of a text: what a shell pipe, a cron job or a script has to say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sms_notify.errors import EmptyInput, Malformed
from sms_notify.model import MINUTE, Alert, Call, Micros, occurrence_fingerprint
from sms_notify.sources import bounds, moments
from sms_notify.sources.encoding import decoded
from sms_notify.sources.json_body import a_kind, path, read_object
from sms_notify.sources.levels import Levels
from sms_notify.sources.pipe import TEXT, bounded, lines, read_bounded

__all__ = ["TEXT", "lines", "parse", "parse_http", "read_bounded"]

SOURCE = "line"
EMPTY = "nothing arrived on standard input"

_NAME = 40
_LAST_LINE = 300
_KEY = 200
_MOST_DROPPED = 10**15
_TERMINAL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]|[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_STAMP = re.compile(
    r"\[?(?:\d{4}[-/.]\d\d[-/.]\d\d|[A-Z][a-z]{2} +\d{1,2})[T ,]+\d\d:\d\d(?::\d\d)?"
    r"(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?[\s:,-]*",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class _Said:
    """A text and everything that was said about it, checked."""

    text: str
    call_id: str
    level: str = ""
    key: str = ""
    resolved: bool = False
    to: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    dropped: int = 0
    allow_empty: bool = False


def parse(
    data: bytes,
    *,
    levels: Levels,
    called_at: Micros,
    level: str | None,
    key: str | None,
    resolved: bool,
    to: str | None,
    labels: Mapping[str, str],
    call_id: str,
    dropped: int = 0,
    allow_empty: bool = False,
) -> Call:
    """One alert of `data`, text in any encoding of which at most 64 KiB are kept.

    `dropped` counts bytes that the caller did not keep; `call_id` is new for each call and makes
    its retry the same call. With `key` the alert lasts until a call with the same key is
    `resolved`; without, it is an event. The caller adds a `host` label. Raises EmptyInput unless
    `allow_empty`, and Malformed for `resolved` without a key.
    """
    kept, rest = bounded(data)
    said = _Said(
        text=decoded(kept),
        call_id=call_id,
        level=level or "",
        key=key or "",
        resolved=resolved,
        to=to or "",
        labels=labels,
        dropped=dropped + rest,
        allow_empty=allow_empty,
    )
    return _call(said, levels, called_at, data)


def parse_http(body: bytes, *, levels: Levels, called_at: Micros) -> Call:
    """The same from a JSON object {text, level, key, resolved, to, labels, call_id, called_at,
    dropped, allow_empty}; only `text` is needed.

    `called_at` in the body (microseconds, or a time as in RFC 3339) counts unless it lies in the
    future. Without a `call_id` a retry is a call of its own. Raises TooLarge, Malformed and
    EmptyInput.
    """
    document = read_object(body)
    return _call(_said(document, body, called_at), levels, _called_at(document, called_at), body)


def lasting(body: bytes, called_at: Micros) -> dict[str, Any]:
    """Of that object what `parse_http` reads, bounded and with its id: a call that is told later
    and then parsed. Raises as `parse_http`."""
    said = _said(read_object(body), body, called_at)
    kept = {name: getattr(said, name) for name in said.__slots__}
    return kept | {"labels": _all_labels(said), "level": said.level}


def _said(document: Mapping[str, Any], body: bytes, called_at: Micros) -> _Said:
    if "text" not in document:
        raise Malformed("text: missing")
    kept, rest = bounded(_text(document, "text").encode())
    given_id = _text(document, "call_id").strip()
    return _Said(
        text=kept.decode("utf-8", "replace"),
        call_id=given_id or _own_id(body, called_at),
        level=_text(document, "level"),
        key=_text(document, "key"),
        resolved=_flag(document, "resolved"),
        to=_text(document, "to"),
        labels=_labels(document),
        dropped=_count(document, "dropped") + rest,
        allow_empty=_flag(document, "allow_empty"),
    )


def _call(said: _Said, levels: Levels, called_at: Micros, body: bytes) -> Call:
    key = bounds.storable(said.key.strip())
    if said.resolved and not key:
        raise Malformed("resolved: needs a key; without one an alert is an event and has no end")
    call_id = _short(bounds.storable(said.call_id))
    group = {"key": _short(key)} if key else {"call": call_id}
    return Call(
        source=SOURCE,
        called_at=called_at,
        alerts=(_alert(said, group, levels, called_at),),
        group=group,
        key=call_id,
        receiver=bounds.receiver(said.to),
        ends_itself=not key,
        repeats=bool(key),
        body=body,
    )


def _alert(said: _Said, group: Mapping[str, str], levels: Levels, called_at: Micros) -> Alert:
    rows = _rows(said.text)
    if not rows and not said.allow_empty and not said.resolved:
        raise EmptyInput(f"{EMPTY}; if that is worth an SMS, say so with --allow-empty")
    labels = _all_labels(said)
    level, source_level, _ = levels.of(labels)
    return Alert(
        source=SOURCE,
        fingerprint=occurrence_fingerprint(group),
        starts_at=called_at,
        ended_at=called_at if said.resolved else None,
        level=level,
        source_level=source_level,
        name=bounds.one_line(labels.get("alertname", ""), bounds.NAME) or _name(rows),
        summary=_summary(rows),
        labels=labels,
        annotations=_annotations(rows, said.dropped),
        wordless=said.resolved and not rows and not labels.get("alertname"),
    )


def _rows(text: str) -> list[str]:
    """The lines that are not blank, without colours and other signs for a terminal."""
    plain = _TERMINAL.sub("", bounds.storable(text.replace("\x00", "\n")))
    return [row.strip() for row in plain.splitlines() if row.strip()]


def _all_labels(said: _Said) -> dict[str, str]:
    texts = {bounds.storable(name): bounds.storable(text) for name, text in said.labels.items()}
    if word := bounds.storable(said.level.strip()):
        texts["level"] = word
    return bounds.kept_labels(texts)


def _name(rows: list[str]) -> str:
    """The beginning of the first line, without the time that a log puts before it."""
    if not rows:
        return "empty input"
    first = bounds.one_line(rows[0], bounds.SUMMARY)
    first = _STAMP.sub("", first, count=1) if _STAMP.match(first) else first
    if len(first) <= _NAME:
        return first or bounds.cut(rows[0], _NAME)
    border = first.rfind(" ", _NAME // 2, _NAME)
    return first[: border if border > 0 else _NAME - 1] + "…"


def _summary(rows: list[str]) -> str:
    """All lines in one; of a long text the beginning and the last line."""
    if not rows:
        return EMPTY
    whole = " ".join("; ".join(rows).split())
    if len(whole) <= bounds.SUMMARY:
        return whole
    if len(rows) == 1:
        return bounds.cut(whole, bounds.SUMMARY)
    last = bounds.one_line(rows[-1], _LAST_LINE)
    return f"{bounds.cut(whole, bounds.SUMMARY - len(last) - 1)} {last}"


def _annotations(rows: list[str], dropped: int) -> dict[str, str]:
    texts = {"text": "\n".join(rows)[:TEXT]}
    if len(rows) > 1:
        texts["last_line"] = bounds.one_line(rows[-1], bounds.SUMMARY)
    if dropped > 0:
        texts["dropped_bytes"] = str(dropped)
    return texts


def _short(text: str) -> str:
    """`text` as part of a key in the store; what is too long ends in its digest."""
    if len(text) <= _KEY:
        return text
    return f"{text[: _KEY - 65]}…{hashlib.sha256(text.encode()).hexdigest()}"


def _own_id(body: bytes, called_at: Micros) -> str:
    return hashlib.sha256(called_at.to_bytes(8, "big", signed=True) + body).hexdigest()


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"{name}: {a_kind(value)}, expected a text")
    return value


def _flag(document: Mapping[str, Any], name: str) -> bool:
    value = document.get(name)
    if value is not None and type(value) is not bool:
        raise Malformed(f"{name}: {a_kind(value)}, expected true or false")
    return bool(value)


def _count(document: Mapping[str, Any], name: str) -> int:
    value = document.get(name)
    if value is None:
        return 0
    if type(value) is not int or value < 0:
        raise Malformed(f"{name}: {a_kind(value)}, expected a count of bytes")
    return min(value, _MOST_DROPPED)


def _labels(document: Mapping[str, Any]) -> dict[str, str]:
    value = document.get("labels")
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"labels: {a_kind(value)}, expected an object")
    for name, text in value.items():
        if not isinstance(text, str):
            raise Malformed(f"{path('labels', name)}: {a_kind(text)}, expected a text")
    return value


def _called_at(document: Mapping[str, Any], ours: Micros) -> Micros:
    """When the call was made, as its sender says: a call may have waited. Never in the future."""
    value = document.get("called_at")
    if isinstance(value, str):
        try:
            value = moments.rfc3339(value)
        except ValueError as wrong:
            raise Malformed(f"called_at: {wrong}") from wrong
    if value is None:
        return ours
    if type(value) is not int:
        raise Malformed(f"called_at: {a_kind(value)}, expected microseconds since 1970 UTC")
    return value if 0 < value <= ours + MINUTE else ours
