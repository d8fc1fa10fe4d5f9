"""Finds the Zabbix event in a message: which one, in which phase, how bad, since when, where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from sms_notify.model import DAY, HOUR, MINUTE, SECOND, Micros
from sms_notify.sources.zabbix_form import Form, moment
from sms_notify.sources.zabbix_message import Fields, read


class Phase(StrEnum):
    """What the call says of its event; unknown where nothing in it tells."""

    problem = "problem"
    update = "update"
    recovery = "recovery"
    unknown = "unknown"


@dataclass(frozen=True, slots=True)
class Event:
    """One call's view of one event. `severity` is Zabbix' 0 to 5, None if not said."""

    id: str
    value: str
    phase: Phase
    name: str
    summary: str
    severity: int | None
    starts_at: Micros
    ended_at: Micros | None
    labels: dict[str, str]
    annotations: dict[str, str]
    fields: Fields


SEVERITIES = ("not classified", "information", "warning", "average", "high", "disaster")
SEVERITIES_ZH = ("未分类", "信息", "警告", "一般严重", "严重", "灾难")
SEVERITY_OF: Mapping[str, int] = {
    **{str(number): number for number in range(6)},
    **{word: number for number, word in enumerate(SEVERITIES)},
    **{word: number for number, word in enumerate(SEVERITIES_ZH)},
    "一般": 3,
}

_SUBJECTS = {
    Phase.problem: r"problem|告警|报警|故障|问题",
    Phase.recovery: r"ok|resolved|recovery|recovered|恢复|已恢复|故障恢复|告警恢复|问题恢复|已解决",
    Phase.update: r"update|updated problem|更新|问题更新",
}
_SUBJECT = {
    phase: re.compile(rf"\s*(?:{words})(?: in [^:]{{1,40}})?\s*[:：]\s*", re.IGNORECASE)
    for phase, words in _SUBJECTS.items()
}
_ENDED = re.compile(r"ok\b|resolved|recover|closed|恢复|已恢复|已解决|正常", re.IGNORECASE)
_BEGAN = re.compile(r"problem|firing|告警|故障|异常|问题", re.IGNORECASE)
_CLOSED = re.compile(r"\bclosed\b", re.IGNORECASE)

LABELS = {
    "host": "host",
    "ip": "ip",
    "host_groups": "hostgroup",
    "trigger_id": "triggerid",
    "event_id": "eventid",
}
MOST_TAGS = 200
ANNOTATIONS = ("opdata", "text", "update_action", "update_message", "update_user")


def event(form: Form, timezone: str) -> Event:
    """The event of a call. `timezone` is the zone in which Zabbix wrote its dates."""
    fields = read(form.message)
    prefix, subject = _unprefixed(form.subject)
    phase = _phase(fields, prefix)
    severity = _severity(fields.get("severity", ""))
    ended_at = _ended_at(fields, phase, form.called_at, timezone)
    starts_at = _starts_at(fields, phase, ended_at or form.called_at, timezone)
    text = fields.get("text", "")
    summary = fields.get("opdata") or fields.get("item_value") or text
    return Event(
        id=_event_id(fields),
        value="0" if ended_at is not None else "1",
        phase=phase,
        name=fields.get("name") or subject or text or form.subject.strip() or form.message,
        summary=summary or subject,
        severity=severity,
        starts_at=starts_at,
        ended_at=None if ended_at is None else max(starts_at, ended_at),
        labels=_labels(fields, severity),
        annotations=_annotations(fields) | _updated_at(fields, timezone),
        fields=fields,
    )


def _unprefixed(subject: str) -> tuple[Phase, str]:
    """`Resolved in 5m 3s: disk full` → (recovery, `disk full`)."""
    for phase, prefix in _SUBJECT.items():
        if match := prefix.match(subject):
            return phase, subject[match.end() :].strip()
    return Phase.unknown, subject.strip()


def _phase(fields: Fields, prefix: Phase) -> Phase:
    """What the message says counts more than how its subject begins."""
    status = fields.get("status", "")
    if fields.get("update_status") == "1" or "update_action" in fields:
        return Phase.update
    if _number(fields.get("recovery_id", "")) or fields.get("event_value") == "0":
        return Phase.recovery
    if fields.get("event_value") == "1":
        return Phase.problem
    if _ENDED.match(status):
        return Phase.recovery
    if _BEGAN.match(status):
        return Phase.problem
    return prefix


def _ended_at(fields: Fields, phase: Phase, called_at: Micros, zone: str) -> Micros | None:
    """None while it burns. An update may tell of an event that is over, or be its end."""
    over = phase is Phase.recovery or bool(
        _number(fields.get("recovery_id", ""))
        or fields.get("event_value") == "0"
        or _CLOSED.search(fields.get("update_action", ""))
    )
    if not over:
        return None
    recovered = _when(fields, "recovery_", zone) or _local(fields.get("recovered", ""), zone)
    return recovered or _when(fields, "update_", zone) or called_at


def _starts_at(fields: Fields, phase: Phase, said_at: Micros, zone: str) -> Micros:
    """The event's own beginning, else the moment of the call less the age that it names.

    An update that tells neither began, for us, a day before: early enough to be the occurrence
    that is known already, and not a new one.
    """
    began = _when(fields, "", zone) or _local(fields.get("started", ""), zone)
    if began is not None:
        return began
    age = _span(fields.get("duration", ""))
    return said_at - (DAY if phase is Phase.update and not age else age)


def _when(fields: Fields, prefix: str, zone: str) -> Micros | None:
    seconds = moment(fields.get(f"{prefix}timestamp", ""), latest=_LAST)
    return seconds or _local(
        f"{fields.get(f'{prefix}date', '')} {fields.get(f'{prefix}time', '')}", zone
    )


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = 253_370_764_800_000_000  # 9999-01-01
_DATE = re.compile(r"(?<!\d)(\d{4})[.\-/](\d{1,2})[.\-/](\d{1,2})(?!\d)", re.ASCII)
_TIME = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2}):(\d{2})(?![\d:])", re.ASCII)


def _local(text: str, zone: str) -> Micros | None:
    """`13:26:22 on 2026.11.22`, in either order, in the server's zone."""
    date, time = _DATE.search(text), _TIME.search(text)
    if not (date and time):
        return None
    year, month, day = map(int, date.groups())
    if not 1971 <= year <= 9998:
        return None
    hour, minute, second = map(int, time.groups())
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=ZoneInfo(zone))
    except ValueError:
        return None
    return (local - _EPOCH) // timedelta(microseconds=1)


_UNITS = {"y": 365 * DAY, "M": 30 * DAY, "d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND}


def _span(text: str) -> Micros:
    """`1d 2h 3m`, as Zabbix writes {EVENT.AGE} and {EVENT.DURATION}; 0 if it says nothing."""
    parts = re.findall(r"(?<!\d)(\d{1,4})\s*([yMdhms])\b", text, re.ASCII)
    return sum(int(count) * _UNITS[unit] for count, unit in parts)


def _severity(word: str) -> int | None:
    return SEVERITY_OF.get(" ".join(word.lower().split()))


def _number(text: str) -> str:
    return text if re.fullmatch(r"[1-9][0-9]{0,19}", text) else ""


def _event_id(fields: Fields) -> str:
    return _number(fields.get("event_id", ""))


def _labels(fields: Fields, severity: int | None) -> dict[str, str]:
    """Ours first; a tag of the same name is kept as `tag_NAME`. Severity by its English name."""
    ours = {label: fields[field] for field, label in LABELS.items() if field in fields}
    if severity is not None:
        ours |= {"severity": SEVERITIES[severity], "nseverity": str(severity)}
    elif "severity" in fields:
        ours["severity"] = fields["severity"]
    ours = {name: " ".join(value.split()) for name, value in ours.items()}
    reserved = {*LABELS.values(), "severity", "nseverity"}
    tags = _tags(fields.get("tags", ""))
    return {f"tag_{tag}" if tag in reserved else tag: tags[tag] for tag in tags} | ours


def _tags(text: str) -> dict[str, str]:
    """{EVENT.TAGSJSON} → name: value; a name that is there twice has both values, comma between."""
    try:
        listed: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    tags: dict[str, str] = {}
    for entry in listed[:MOST_TAGS] if isinstance(listed, list) else ():
        match entry:
            case {"tag": str(name), "value": str(value)} if name:
                tags[name] = f"{tags[name]},{value}" if name in tags else value
    return tags


def _annotations(fields: Fields) -> dict[str, str]:
    said = {name: fields[name] for name in ANNOTATIONS if name in fields}
    if "item_value" in fields:
        said["value"] = fields["item_value"]
    return said


def _updated_at(fields: Fields, zone: str) -> dict[str, str]:
    """The moment of an update as text, for `said_at`."""
    at = _when(fields, "update_", zone)
    return {} if at is None else {"update_at": str(_EPOCH + timedelta(microseconds=at))}


def said_at(text: str) -> Micros | None:
    """The moment in an annotation `update_at`; None where none is written."""
    try:
        return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, TypeError):
        return None
