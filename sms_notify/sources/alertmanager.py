"""Reads the webhook of Prometheus Alertmanager (version "4"; Grafana's has the same shape)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic asks for it before Python 3.12

from sms_notify.config.model import LEVEL_LABELS
from sms_notify.errors import Malformed
from sms_notify.model import Alert, Bad, Call, Micros
from sms_notify.sources import bounds, moments
from sms_notify.sources.json_body import a_kind, path, read_object
from sms_notify.sources.levels import Levels

SOURCE = "alertmanager"
GENERATOR_URL = "generatorURL"
"""The annotation that keeps the link to the rule, whose expression a text reads."""
GRAFANA_VALUES = "__value_string__"
"""The annotation in which Grafana tells an Alertmanager what its rule measured; its own webhook has
the same text as `valueString`."""
_GRAFANAS_OWN = {"DatasourceNoData": "NoData", "DatasourceError": "Error"}
"""Names under which Grafana says that a rule could not be asked; `rulename` says which."""


class _Alert(TypedDict):
    """One alert of the body; keys that are not listed are ignored."""

    labels: dict[str, str]
    startsAt: str
    status: NotRequired[str | None]
    annotations: NotRequired[dict[str, str] | None]
    endsAt: NotRequired[str | None]
    fingerprint: NotRequired[str | None]
    generatorURL: NotRequired[Any]  # a comfort, not a reason to refuse an alert
    valueString: NotRequired[Any]


_ALERTS = TypeAdapter(list[_Alert])
_ALERT = TypeAdapter(_Alert)
_MOST_TRUNCATED = 1_000_000_000


class _Wrong(ValueError):
    """One part of the body cannot be used; `where` is its path."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem


def parse(body: bytes, *, levels: Levels, called_at: Micros, receiver: str | None = None) -> Call:
    """One webhook call: its good alerts, and the others as Bad, each with its path and problem.

    An alert fires or has ended as its own `status` says, never as the group's. Version, groupKey
    and keys of newer versions (`notification_reason`) are not asked for. Raises TooLarge, and
    Malformed when no alert of the body can be used.
    """
    document = read_object(body)
    alerts, bad = _alerts(_list_of_alerts(document), levels, called_at)
    if not alerts:
        raise Malformed(_why_nothing(bad))
    return Call(
        source=SOURCE,
        called_at=called_at,
        alerts=tuple(alerts),
        group=_group(document.get("groupLabels"), bad),
        receiver=bounds.receiver(receiver or ""),
        truncated=_truncated(document.get("truncatedAlerts"), bad),
        bad=tuple(bad),
        body=body,
    )


def _list_of_alerts(document: Mapping[str, Any]) -> list[Any]:
    raw = document.get("alerts")
    if not isinstance(raw, list):
        found = a_kind(raw) if "alerts" in document else "nothing"
        raise Malformed(f"alerts: {found}, expected a list: is this an Alertmanager webhook?")
    if not raw:
        raise Malformed("alerts: the list is empty")
    return raw


def _alerts(raw: Sequence[Any], levels: Levels, called_at: Micros) -> tuple[list[Alert], list[Bad]]:
    """All alerts in one validation (a third of the time); one by one only if that fails."""
    try:
        checked: Sequence[Any] = _ALERTS.validate_python(raw)
        refused: dict[int, _Wrong] = {}
    except ValidationError:
        checked, refused = _one_by_one(raw)
    alerts: list[Alert] = []
    bad: list[Bad] = []
    for index, fields in enumerate(checked):
        try:
            if index in refused:
                raise refused[index]
            alerts.append(_alert(fields, index, levels, called_at))
        except _Wrong as wrong:
            bad.append(_bad(raw[index], wrong, levels))
    return alerts, bad


def _one_by_one(raw: Sequence[Any]) -> tuple[list[_Alert | None], dict[int, _Wrong]]:
    checked: list[_Alert | None] = []
    refused: dict[int, _Wrong] = {}
    for index, fields in enumerate(raw):
        try:
            checked.append(_ALERT.validate_python(fields))
        except ValidationError as invalid:
            checked.append(None)
            refused[index] = _first_problem(invalid, index)
    return checked, refused


def _first_problem(invalid: ValidationError, index: int) -> _Wrong:
    """The first problem, without the value that pydantic would repeat."""
    first = invalid.errors(include_url=False, include_input=True, include_context=False)[0]
    if first["type"] == "missing":
        return _Wrong(path("alerts", index, *first["loc"]), "missing")
    expected = {"dict_type": "an object", "string_type": "a text"}.get(first["type"], "it valid")
    problem = f"{a_kind(first['input'])}, expected {expected}"
    return _Wrong(path("alerts", index, *first["loc"]), problem)


def _alert(fields: _Alert, index: int, levels: Levels, called_at: Micros) -> Alert:
    labels = fields["labels"]
    given = fields.get("fingerprint") or ""
    if not labels and not given:
        raise _Wrong(path("alerts", index, "labels"), "empty, and there is no fingerprint")
    starts_at = _starts_at(fields["startsAt"], index)
    annotations = bounds.kept_annotations(_annotations(fields))
    kept = bounds.kept_labels(labels)
    level, source_level, _ = levels.of(kept)
    summary = _summary(annotations)
    return Alert(
        source=SOURCE,
        fingerprint=bounds.fingerprint(given, labels),
        starts_at=starts_at,
        ended_at=_ended_at(fields, index, starts_at, called_at),
        level=level,
        source_level=source_level,
        name=_name(kept, summary),
        summary=summary,
        labels=kept,
        annotations=annotations,
    )


def _starts_at(text: str, index: int) -> Micros:
    moment = _moment(text, index, "startsAt")
    if moment < 0:
        # taken as it is, it would be older than every end: a late copy for ever, told to nobody
        raise _Wrong(path("alerts", index, "startsAt"), "a time before 1970")
    return moment


def _ended_at(fields: _Alert, index: int, starts_at: Micros, called_at: Micros) -> Micros | None:
    """The source's own end; the call's time where an ended alert has none; None while firing."""
    status, text = fields.get("status"), fields.get("endsAt")
    if status == "firing" or (status is None and not text):
        return None
    if status not in ("resolved", None):
        raise _Wrong(path("alerts", index, "status"), 'neither "firing" nor "resolved"')
    moment = _moment(text, index, "endsAt") if text else -1
    if moment < 0:
        return max(called_at, starts_at) if status else None
    if status is None and moment > called_at:
        return None
    return max(moment, starts_at)


def _moment(text: str, index: int, key: str) -> Micros:
    try:
        return moments.rfc3339(text)
    except ValueError as wrong:
        raise _Wrong(path("alerts", index, key), str(wrong)) from wrong


def _annotations(fields: _Alert) -> Mapping[str, str]:
    """The annotations, with what stands beside them and tells the threshold and the value."""
    annotations = fields.get("annotations") or {}
    beside = {GENERATOR_URL: fields.get("generatorURL"), GRAFANA_VALUES: fields.get("valueString")}
    told = {name: text for name, text in beside.items() if isinstance(text, str) and text}
    return {**told, **annotations} if told else annotations


def _summary(annotations: Mapping[str, str]) -> str:
    for name in ("summary", "description", "message"):
        if text := bounds.one_line(annotations.get(name, ""), bounds.SUMMARY):
            return text
    return ""


def _name(labels: Mapping[str, str], summary: str) -> str:
    """The alertname; without one the first words of the summary."""
    given = labels.get("alertname", "")
    if given in _GRAFANAS_OWN and (rule := labels.get("rulename", "").strip()):
        given = f"{rule} {_GRAFANAS_OWN[given]}"
    name = bounds.one_line(given, bounds.NAME)
    return name or " ".join(summary.split()[:4])[: bounds.NAME] or "alert"


def _group(raw: Any, bad: list[Bad]) -> dict[str, str]:
    """groupLabels as far as they can be read; what cannot is told like a bad alert."""
    texts = _texts(raw)
    if raw is not None and (not isinstance(raw, dict) or len(texts) < len(raw)):
        bad.append(Bad("groupLabels", "expected an object whose values are texts"))
    return bounds.kept_labels(texts)


def _truncated(raw: Any, bad: list[Bad]) -> int:
    if raw is None:
        return 0
    if type(raw) is not int or raw < 0:
        bad.append(Bad("truncatedAlerts", f"{a_kind(raw)}, expected a count"))
        return 0
    return min(raw, _MOST_TRUNCATED)


def _texts(raw: Any) -> dict[str, str]:
    """The entries of a JSON object whose values are texts; nothing if it is no object."""
    if not isinstance(raw, dict):
        return {}
    return {name: value for name, value in raw.items() if isinstance(value, str)}


def _bad(raw: Any, wrong: _Wrong, levels: Levels) -> Bad:
    """What can still be said of an alert that cannot be used: its name and level."""
    labels = bounds.kept_labels(_texts(raw.get("labels") if isinstance(raw, dict) else None))
    level = levels.of(labels)[0] if any(name in labels for name in LEVEL_LABELS) else None
    name = bounds.one_line(labels.get("alertname", ""), bounds.NAME)
    return Bad(wrong.where, wrong.problem, name, level)


def _why_nothing(bad: Sequence[Bad]) -> str:
    shown = "; ".join(f"{one.where}: {one.problem}" for one in bad[:3])
    return shown if len(bad) <= 3 else f"{shown}; and {len(bad) - 3} more"
