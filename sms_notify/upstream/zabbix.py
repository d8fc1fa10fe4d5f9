"""Zabbix' JSON-RPC API, 6.0 to 7.x: acknowledge events, and ask whether they still burn.

The token travels in the body up to 6.2 and in a header from 6.4 on; 7.2 refuses it in the body, and
some Apaches in front of 6.4 and 7.0 swallow the header. So the version is asked for once, and asked
again when an answer looks as if Zabbix had been upgraded. Every error comes with status 200.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

import orjson

from sms_notify.config.secret import MASK, Secret
from sms_notify.model import SECOND, Micros
from sms_notify.upstream.http import PATIENT, QUICK, Answered, Timeout, ask
from sms_notify.upstream.outcome import Came, Life, Looked, Sight, Told

LONGEST_MESSAGE = 2048
ACKNOWLEDGE_AND_SAY = 6
MOST_EVENTS = 1000
MOST_BODY = 8 * 1024 * 1024
MOST_DETAIL = 200

Version = tuple[int, int]
HEADER_SINCE: Version = (6, 4)
HEADER_ONLY_SINCE: Version = (7, 2)
CAMEL_CASE_SINCE: Version = (7, 0)

_TOKEN = re.compile(
    r"session terminated|not authorized|re-login|api token (expired|disabled)", re.I
)
_NOT_THERE = re.compile(r"no permissions", re.IGNORECASE)
_FINAL = {-32600, -32601, -32602}
"""Invalid request, method, parameters; -32500 may also be a database that is away."""


class ZabbixApi:
    """One Zabbix. Blocks, never raises, may be used by several threads."""

    def __init__(self, url: str, token: Secret) -> None:
        self._url = url
        self._token = token
        self._version: Version | None = None
        self._in_body = False
        self._numbers = itertools.count(1)

    def acknowledge(self, events: Sequence[str], message: str) -> Told:
        """Acknowledge events with a message; one that is acknowledged already only gets it."""
        said = message[:LONGEST_MESSAGE]
        for some in _some(events):
            params = {"eventids": some, "action": ACKNOWLEDGE_AND_SAY, "message": said}
            told, _result = self._call("event.acknowledge", params, PATIENT)
            if told.came is not Came.done:
                return told
        return Told(Came.done)

    def look(self, events: Sequence[str]) -> Looked:
        """Whether these events still burn; what Zabbix does not show this user is unknown."""
        found: dict[str, Sight] = {}
        for some in _some(events):
            told, result = self._events(some)
            if told.came is not Came.done:
                return Looked(told, found)
            ends = self._ends(result)
            found |= {event: _sight(row, ends) for event, row in result.items()}
        return Looked(Told(Came.done), found)

    def check(self) -> Told:
        """Can it be reached, and may this token see events?"""
        return self._call("event.get", {"output": ["eventid"], "limit": 1}, PATIENT)[0]

    def _events(self, some: Sequence[str]) -> tuple[Told, dict[str, dict[str, Any]]]:
        """With who acknowledged them, where this version names that as expected."""
        wanted = {"eventids": some, "output": ["eventid", "r_eventid", "suppressed"]}
        newer = self._version is not None and self._version >= CAMEL_CASE_SINCE
        updates = {"selectAcknowledges" if newer else "select_acknowledges": "extend"}
        told, result = self._call("event.get", wanted | updates, QUICK)
        if told.came is Came.refused and "unexpected parameter" in told.detail:
            told, result = self._call("event.get", wanted, QUICK)
        return told, _rows(result)

    def _ends(self, events: dict[str, dict[str, Any]]) -> dict[str, Micros]:
        """When the recoveries of these events were, by their own ids; fewer if it cannot say."""
        wanted = sorted({end for row in events.values() if (end := _recovery(row))})
        if not wanted:
            return {}
        params = {"eventids": wanted, "output": ["eventid", "clock"]}
        _told, result = self._call("event.get", params, QUICK)
        return {event: _seconds(row.get("clock")) for event, row in _rows(result).items()}

    # -- one call ------------------------------------------------------------------------------

    def _call(self, method: str, params: Any, timeout: Timeout) -> tuple[Told, Any]:
        """Once as the version that we know wants it; another way where that may have changed."""
        fresh = self._version is None
        told = self._learn(timeout) if fresh else Told(Came.done)
        if told.came is not Came.done:
            return told, None
        told, result = self._post(method, params, timeout, self._in_body)
        if told.reason not in ("token", "invalid"):
            return told, result
        if not fresh:
            before, again = self._version, self._learn(timeout)
            if again.came is Came.done and self._version != before:
                return self._post(method, params, timeout, self._in_body)
        if told.reason == "token" and self._may_be_swallowed():
            other, result = self._post(method, params, timeout, in_body=True)
            self._in_body = other.came is Came.done
            return other, result
        return told, result

    def _may_be_swallowed(self) -> bool:
        """A web server that keeps the header from PHP; these versions read the body as well."""
        version = self._version or HEADER_ONLY_SINCE
        return HEADER_SINCE <= version < HEADER_ONLY_SINCE and not self._in_body

    def _learn(self, timeout: Timeout) -> Told:
        """Ask for the version; without the token, which newer ones refuse here."""
        told, result = self._post("apiinfo.version", [], timeout, in_body=None)
        if told.came is not Came.done:
            return told
        numbers = re.match(r"(\d{1,3})\.(\d{1,3})", result) if isinstance(result, str) else None
        if numbers is None:
            return Told(Came.later, "not_zabbix", "no version in the answer: is the url right?")
        version = int(numbers[1]), int(numbers[2])
        if version != self._version:
            self._version, self._in_body = version, version < HEADER_SINCE
        return told

    def _post(
        self, method: str, params: Any, timeout: Timeout, in_body: bool | None
    ) -> tuple[Told, Any]:
        """`in_body`: where the token goes; None: nowhere."""
        content = {"jsonrpc": "2.0", "method": method, "params": params, "id": next(self._numbers)}
        headers = {"Content-Type": "application/json-rpc"}
        if in_body:
            content["auth"] = self._token.reveal()
        elif in_body is not None:
            headers["Authorization"] = f"Bearer {self._token.reveal()}"
        got = ask(
            "POST", self._url, headers=headers, body=orjson.dumps(content), timeout=timeout,
            most=MOST_BODY,
        )  # fmt: skip
        if not isinstance(got, Answered):
            return Told(Came.later, got.reason), None
        return self._meaning(got, content["id"])

    def _meaning(self, got: Answered, number: Any) -> tuple[Told, Any]:
        if got.status != 200:
            return _of_status(got.status), None
        try:
            said = orjson.loads(got.body)
        except orjson.JSONDecodeError:
            return Told(
                Came.later, "not_json", "no JSON: is the url that of api_jsonrpc.php?"
            ), None
        if isinstance(said, dict) and isinstance(said.get("error"), dict):
            return self._of_error(said["error"]), None
        if not isinstance(said, dict) or "result" not in said or said.get("id") != number:
            return Told(Came.later, "not_json", "an answer without a result"), None
        return Told(Came.done), said["result"]

    def _of_error(self, error: dict[str, Any]) -> Told:
        code, parts = error.get("code"), (error.get("message"), error.get("data"))
        text = " ".join(part for part in parts if isinstance(part, str))
        text = " ".join(text.replace(self._token.reveal() or MASK, MASK).split())[:MOST_DETAIL]
        if _TOKEN.search(text):
            return Told(Came.refused, "token", text)
        if _NOT_THERE.search(text):
            return Told(Came.refused, "no_permission", text)
        if code in _FINAL:
            return Told(Came.refused, "invalid", text)
        return Told(Came.later, "zabbix_error", text)


def _of_status(status: int) -> Told:
    passing = status >= 500 or status in (408, 425, 429)
    return Told(Came.later if passing else Came.refused, f"http_{status}")


def _some(events: Sequence[str]) -> list[list[str]]:
    listed = list(events)
    return [listed[at : at + MOST_EVENTS] for at in range(0, len(listed), MOST_EVENTS)]


def _rows(result: Any) -> dict[str, dict[str, Any]]:
    listed = result if isinstance(result, list) else []
    rows = [row for row in listed if isinstance(row, dict)]
    return {str(row["eventid"]): row for row in rows if "eventid" in row}


def _recovery(row: dict[str, Any]) -> str:
    recovery = str(row.get("r_eventid") or "0")
    return "" if recovery == "0" else recovery


def _seconds(text: Any) -> Micros:
    found = str(text)
    return int(found) * SECOND if found.isdecimal() and len(found) < 12 else 0


def _sight(row: dict[str, Any], ends: dict[str, Micros]) -> Sight:
    if recovery := _recovery(row):
        return Sight(Life.gone, ends.get(recovery) or None)
    life = Life.suppressed if str(row.get("suppressed")) == "1" else Life.burns
    by, at = _acknowledged(row.get("acknowledges"))
    return Sight(life, acked_by=by, acked_at=at)


ACKNOWLEDGED, TAKEN_BACK = 2, 16


def _acknowledged(updates: Any) -> tuple[str, Micros]:
    """Who acknowledged last, and when; nobody if it was taken back since."""
    last: tuple[str, Micros] = ("", 0)
    known = [row for row in updates if isinstance(row, dict)] if isinstance(updates, list) else []
    for row in sorted(known, key=lambda each: _seconds(each.get("clock"))):
        action = str(row.get("action"))
        did = int(action) if action.isdecimal() and len(action) < 9 else 0
        if did & TAKEN_BACK:
            last = ("", 0)
        elif did & ACKNOWLEDGED:
            last = _who(row), _seconds(row.get("clock"))
    return last


def _who(row: dict[str, Any]) -> str:
    """`李娜 (lina)` as Zabbix itself writes it; the login alone where there is no name."""
    name, surname, login = (str(row.get(key) or "") for key in ("name", "surname", "username"))
    full = " ".join(f"{name} {surname}".split())
    return (f"{full} ({login})" if full and login else full or login or "Zabbix")[:100]
