"""Alertmanager's API v2: silence what somebody takes care of, and see whether it still burns."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import orjson

from sms_notify.config.secret import Secret
from sms_notify.model import SECOND, Micros
from sms_notify.upstream.http import PATIENT, QUICK, Answered, Timeout, ask
from sms_notify.upstream.matchers import Matcher
from sms_notify.upstream.outcome import Came, Life, Sight, Told

MOST_BODY = 64 * 1024 * 1024
MOST_DETAIL = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARKED = 256
"""Characters of a comment in which our mark is looked for."""


@dataclass(frozen=True, slots=True)
class Held:
    """All alerts that Alertmanager has now, silenced or not, by fingerprint.

    `since`: when it was started. It forgets its alerts then, and hears of them again as Prometheus
    repeats them: what it has not heard of since says nothing.
    """

    told: Told
    alerts: Mapping[str, Sight] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    since: Micros = 0

    def sight(self, fingerprint: str, last_seen: Micros, now: Micros) -> Sight:
        """One alert, of which Alertmanager last told us at `last_seen`."""
        found = self.alerts.get(fingerprint)
        if found is not None:
            return found
        knew = self.since < last_seen or self.since + KNOWS_ALL_AFTER < now
        return Sight(Life.gone if knew else Life.unknown)


KNOWS_ALL_AFTER: Micros = 300 * SECOND
"""After its start; Prometheus tells again every minute, whatever it says of the interval."""


class AlertmanagerApi:
    """One Alertmanager (of a pair: any). Blocks, never raises, may be used by several threads."""

    def __init__(self, url: str, token: Secret, user: str, password: Secret) -> None:
        """`token` and `user` may be empty: then none is sent."""
        self._url = url.rstrip("/")
        self._secrets = [each.reveal() for each in (token, password) if each]
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token.reveal()}"
        elif user:
            both = f"{user}:{password.reveal()}".encode()
            self._headers["Authorization"] = f"Basic {base64.b64encode(both).decode()}"
            self._secrets.append(base64.b64encode(both).decode())

    def held(self, timeout: Timeout = QUICK) -> Held:
        """Everything that it has now."""
        told, status = self._call("GET", "/api/v2/status", timeout=timeout)
        if told.came is not Came.done:
            return Held(told)
        since = _moment(status.get("uptime")) if isinstance(status, dict) else None
        every = "/api/v2/alerts?active=true&silenced=true&inhibited=true&unprocessed=true"
        told, listed = self._call("GET", every, timeout=timeout)
        if told.came is not Came.done:
            return Held(told)
        if since is None or not isinstance(listed, list):
            return Held(Told(Came.later, "not_alertmanager", "is the url right?"))
        rows = [row for row in listed if isinstance(row, dict)]
        named = {str(row.get("fingerprint")): row for row in rows}
        return Held(
            told,
            {name: _sight(row) for name, row in named.items()},
            {name: _texts(row.get("labels")) for name, row in named.items()},
            since,
        )

    def silences(self, mark: str) -> Told:
        """The ids of the silences in force whose comment holds `mark`."""
        told, listed = self._call("GET", "/api/v2/silences", timeout=PATIENT)
        if told.came is not Came.done:
            return told
        if not isinstance(listed, list):
            return Told(Came.later, "not_alertmanager", "is the url right?")
        ours = [row for row in listed if isinstance(row, dict) and _is_marked(row, mark)]
        return Told(Came.done, ids=tuple(sorted(str(row.get("id")) for row in ours)))

    def silence(
        self, matchers: Sequence[Matcher], now: Micros, until: Micros, by: str, comment: str
    ) -> Told:
        """Make one silence; its id is in `ids`."""
        content = {
            "matchers": list(matchers),
            "startsAt": _written(now),
            "endsAt": _written(until),
            "createdBy": by,
            "comment": comment,
        }
        told, made = self._call("POST", "/api/v2/silences", orjson.dumps(content))
        if told.came is not Came.done:
            return told
        number = made.get("silenceID") if isinstance(made, dict) else None
        if not isinstance(number, str) or not number:
            return Told(Came.later, "not_alertmanager", "no silenceID in the answer")
        return Told(Came.done, ids=(number,))

    def expire(self, silence: str) -> Told:
        """End one silence; one that is over or unknown needs nothing more."""
        told, _said = self._call("DELETE", f"/api/v2/silence/{quote(silence, safe='')}")
        over = told.reason == "http_404" or (
            told.reason == "http_500" and re.search("already expired|not found", told.detail)
        )
        return Told(Came.done) if over else told

    def check(self) -> Told:
        """Can it be reached, and does it let us in?"""
        return self.held(PATIENT).told

    def _call(
        self, method: str, path: str, body: bytes | None = None, timeout: Timeout = PATIENT
    ) -> tuple[Told, Any]:
        got = ask(
            method, self._url + path, headers=self._headers, body=body, timeout=timeout,
            most=MOST_BODY,
        )  # fmt: skip
        if not isinstance(got, Answered):
            return Told(Came.later, got.reason), None
        if got.status != 200:
            return self._refused(got), None
        try:
            return Told(Came.done), orjson.loads(got.body) if got.body.strip() else None
        except orjson.JSONDecodeError:
            return Told(Came.later, "not_json", "no JSON: is the url right?"), None

    def _refused(self, got: Answered) -> Told:
        passing = got.status >= 500 or got.status in (408, 425, 429)
        text = got.body[:4096].decode("utf-8", "replace")
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        came = Came.later if passing else Came.refused
        reason = "token" if got.status in (401, 403) else f"http_{got.status}"
        return Told(came, reason, text[:MOST_DETAIL])


def _is_marked(row: Mapping[str, Any], mark: str) -> bool:
    status, comment = row.get("status"), row.get("comment")
    state = status.get("state") if isinstance(status, dict) else None
    return (
        state in ("active", "pending") and isinstance(comment, str) and (mark in comment[:_MARKED])
    )


def _sight(row: Mapping[str, Any]) -> Sight:
    status = row.get("status")
    if not isinstance(status, dict) or status.get("state") != "suppressed":
        return Sight(Life.burns)
    silences, inhibitors = status.get("silencedBy"), status.get("inhibitedBy")
    by = [str(each) for each in silences] if isinstance(silences, list) else []
    others = [f"inhibited:{each}" for each in inhibitors] if isinstance(inhibitors, list) else []
    return Sight(Life.suppressed, by=(*by, *others))


def _texts(labels: Any) -> dict[str, str]:
    if not isinstance(labels, dict):
        return {}
    return {name: value for name, value in labels.items() if isinstance(value, str)}


def _moment(text: Any) -> Micros | None:
    try:
        return (datetime.fromisoformat(str(text)) - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, TypeError):
        return None


def _written(at: Micros) -> str:
    return (_EPOCH + timedelta(microseconds=at)).isoformat(timespec="milliseconds")
