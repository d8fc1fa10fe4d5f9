"""Asks a running server over HTTP, with the standard library only: start-up time is the cost."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sms_notify.errors import ConfigError, UsageError

TIMEOUT = 10.0
"""Seconds without an answer after which the store is asked instead."""

LONGEST_ANSWER = 4 * 1024 * 1024
_USER = re.compile(r"//[^/?#]*@")
_LONG_NUMBER = re.compile(r"\d{7,}")


class Away(Exception):
    """The server did not take the call, and somebody else may: refused, 5xx, no answer in time."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server to ask: its base address and the token, if it needs one."""

    url: str
    token: str | None = None

    def post(self, path: str, body: bytes, content_type: str) -> dict[str, Any]:
        """What the server accepted. Raises Away, and UsageError for what no retry can mend."""
        status, answer = self._asked("POST", path, body, content_type)
        if status == 202:
            return _accepted(answer)
        raise self._not_done(status, answer)

    def call(self, method: str, path: str, body: bytes = b"") -> Any:
        """What the API answers, read. Raises like `post`."""
        status, answer = self._asked(method, path, body, "application/json")
        if 200 <= status < 300:
            return json.loads(answer) if answer else None
        raise self._not_done(status, answer)

    def _not_done(self, status: int, answer: bytes) -> Away | UsageError:
        said = _first_line(answer)
        if 400 <= status < 500:
            return UsageError(f"{self.url} refused with {status}: {said}")
        return Away(f"{self.url} answered {status}: {said}")

    def _asked(self, method: str, path: str, body: bytes, content_type: str) -> tuple[int, bytes]:
        try:
            return self._exchange(method, path, body, content_type)
        except (OSError, http.client.HTTPException) as error:
            why = str(error) or type(error).__name__
            raise Away(f"{self.url} does not answer: {why}") from None

    def _exchange(
        self, method: str, path: str, body: bytes, content_type: str
    ) -> tuple[int, bytes]:
        parts = urlsplit(self.url)
        kind = _Https if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
        headers = {"Content-Type": content_type, "Connection": "close"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            connection.request(method, parts.path.rstrip("/") + path, body, headers)
            response = connection.getresponse()
            return response.status, response.read(LONGEST_ANSWER)
        finally:
            connection.close()


_Https = http.client.HTTPSConnection


def server(url: str, token_file: Path | None) -> Server:
    """The server of `--server` and `--token-file`. Raises ConfigError for either being unusable."""
    shown = _USER.sub("//***@", url)
    parts = urlsplit(url)
    if shown != url:
        more = "a user or password is not used here; give the token with --token-file"
        raise ConfigError([f"--server {shown}: {more}"])
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError([f"--server {url}: write it like http://127.0.0.1:9097"])
    try:
        parts.port  # noqa: B018 — raises for a port that is none
    except ValueError:
        raise ConfigError([f"--server {url}: the port is no number up to 65535"]) from None
    return Server(url.rstrip("/"), _token(token_file))


def _token(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not text"
        raise ConfigError([f"--token-file {file}: {why}; it must hold the token alone"]) from None
    if not token or not token.isprintable() or not token.isascii():
        raise ConfigError([f"--token-file {file}: it must hold the token alone, on one line"])
    return token


def _accepted(answer: bytes) -> dict[str, Any]:
    try:
        said = json.loads(answer)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _first_line(answer: bytes) -> str:
    """What the server says, as far as a log may hold it: no phone number, no long text."""
    lines = answer.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
    return _LONG_NUMBER.sub("****", "".join(c for c in lines[0] if c.isprintable())[:300])


def json_body(values: Mapping[str, Any]) -> bytes:
    """JSON in ASCII: torn characters travel as escapes, and the server mends them."""
    return json.dumps(values).encode()
