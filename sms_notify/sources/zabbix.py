"""Makes a Call of what Zabbix says about a problem: that it began, changed, or is over.

One Zabbix event is one alert, whatever is said of it: `fingerprint` and `Call.group` are its
EVENT.ID, so problem, updates and recovery meet in one incident per receiver (sendto).

*Updates* are firing news of the same event: `Call.key` differs, the fingerprint does not, and the
alert carries the annotations `update` (a short key, different for each update: news `update:K`),
`update_action`, `update_message`, `update_user`, `update_at`; `update_of` reads them. An update
that closes the problem ends the alert: many actions have no recovery operation.

*The same call twice* (Zabbix runs a script again after a restart) has the same `Call.key`. With an
EVENT.ID that is for ever. Without one only for an hour: tomorrow's same text is news. Such a key
ends in the ten minutes of `called_at`, and a call is known if its key or one of `Call.near_keys`,
those of 50 minutes before and after, is.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from sms_notify.model import MINUTE, Alert, Call, Level, Micros
from sms_notify.sources import bounds, zabbix_event, zabbix_form
from sms_notify.sources.levels import Levels
from sms_notify.sources.zabbix_event import Event, Phase, event
from sms_notify.sources.zabbix_form import Form

SOURCE = "zabbix"
KEY_STEP: Micros = 10 * MINUTE
NEAR = (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Update:
    """What somebody did to a problem in Zabbix, and when (None: the message does not say)."""

    key: str
    action: str
    message: str
    user: str
    acknowledged: bool
    unacknowledged: bool
    closed: bool
    at: Micros | None = None


def parse(
    body: bytes, *, content_type: str, levels: Levels, called_at: Micros, timezone: str
) -> Call:
    """The call in the body of a POST: a form or JSON with sendto, subject, message, called_at.

    `called_at` is now; `timezone` the IANA name of the zone in which the Zabbix server writes
    {EVENT.TIME}. Raises TooLarge, Malformed, EmptyInput.
    """
    form = zabbix_form.unwrap(body, content_type=content_type, called_at=called_at)
    return _call(form, levels, timezone, body)


def parse_args(
    sendto: str, subject: str, message: str, *, levels: Levels, called_at: Micros, timezone: str
) -> Call:
    """The same call from the three arguments of an alert script. Raises EmptyInput."""
    values = {"sendto": sendto, "subject": subject, "message": message}
    form = zabbix_form.form(values, called_at=called_at)
    body = json.dumps(values, ensure_ascii=True).encode()
    return _call(form, levels, timezone, body)


def update_of(alert: Alert) -> Update | None:
    """The update that this alert tells, None if it tells a beginning or an end."""
    said = alert.annotations
    if alert.source != SOURCE or "update" not in said:
        return None
    action = said.get("update_action", "")
    words = action.lower().replace(",", " ").split()
    return Update(
        key=said["update"],
        action=action,
        message=said.get("update_message", ""),
        user=said.get("update_user", ""),
        acknowledged="acknowledged" in words,
        unacknowledged="unacknowledged" in words,
        closed="closed" in words,
        at=zabbix_event.said_at(said.get("update_at", "")),
    )


def _call(form: Form, levels: Levels, timezone: str, body: bytes) -> Call:
    said = event(form, timezone)
    digest = _said_once(form, said)
    step = form.called_at // KEY_STEP
    one_off = not said.id and said.phase in (Phase.unknown, Phase.update)
    named = digest if one_off else _digest(form.sendto, said.name)
    fingerprint = said.id or named[:16]
    return Call(
        source=SOURCE,
        called_at=form.called_at,
        alerts=(_alert(said, fingerprint, digest[:16], levels),),
        group={"eventid": said.id} if said.id else {"zabbix": fingerprint},
        key=digest if said.id else f"{digest}@{step}",
        near_keys=() if said.id else tuple(f"{digest}@{step + near}" for near in NEAR),
        receiver=bounds.receiver(form.sendto),
        ends_itself=one_off,
        repeats=not one_off,
        body=body,
    )


def _alert(said: Event, fingerprint: str, update_key: str, levels: Levels) -> Alert:
    """The alert; without an event id (`occasion`) another message of that name is other news."""
    level, source_level = _level(said, levels)
    update = {"update": update_key} if said.phase is Phase.update else {}
    if not said.id and said.phase is not Phase.update:
        update["occasion"] = update_key
    return Alert(
        source=SOURCE,
        fingerprint=fingerprint,
        starts_at=said.starts_at,
        ended_at=said.ended_at,
        level=level,
        source_level=source_level,
        name=bounds.one_line(said.name, bounds.NAME),
        summary=bounds.one_line(said.summary, bounds.SUMMARY),
        labels=bounds.kept_labels(said.labels),
        annotations=bounds.kept_annotations(said.annotations | update),
    )


def _level(said: Event, levels: Levels) -> tuple[Level, str]:
    """A tag `level` that the configuration knows, else Zabbix' severity, else the default."""
    if tagged := said.labels.get("level"):
        level, word, known = levels.of({"level": tagged})
        if known:
            return level, word
    word = said.labels.get("severity", "")
    if said.severity is not None:
        return Level(said.severity // 2), word
    level, _, _ = levels.of({"severity": word} if word else {})
    return level, word


def _said_once(form: Form, said: Event) -> str:
    """The digest under which this call is known; see the module's text."""
    if not said.id:
        return _digest(form.sendto, form.subject, form.message)
    seen = said.fields.get
    update = [seen(f"update_{part}", "") for part in ("date", "time", "action", "message")]
    if said.phase is Phase.update and not (update[0] and update[1]):
        update.append(form.message)  # a template that does not date its updates
    return _digest(form.sendto, said.id, said.value, *update, seen("recovery_id", ""))


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
