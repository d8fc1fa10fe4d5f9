"""Logging set-up: one line an event, `ts level event key=value`, no secret and no phone in it."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from traceback import extract_tb
from typing import Any, TextIO
from urllib.parse import quote, quote_plus

from sms_notify.errors import SmsNotifyError
from sms_notify.model import mask_phone

MASK = "***"
SHORTEST = 4
"""A shorter secret is not looked for: it would tear ordinary words."""

_PHONE = re.compile(r"(?<![\w.+-])(?:\+\d{8,15}|(?:86)?1[3-9]\d{9})(?![\w-])")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>]*|/\S*[?&](?:\w+=)[^\s'\"<>]*")
_PLAIN = re.compile(r"[^\s\"=]+")
_FRAMES = 4
_LONGEST = 2_000
"""Characters of a foreign error's text; it may hold a body, and a URL is looked for at each."""
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


class Redactor:
    """Takes secrets and phone numbers out of a text; it may learn more of them later."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: list[str] = []
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Know these secrets too, in every form in which a URL or a form may hold them."""
        known = set(self._forms)
        for secret in secrets:
            if len(secret) >= SHORTEST:
                known |= set(_forms(secret))
        # the longest first: one may be part of another
        self._forms = sorted(known, key=len, reverse=True)

    def clean(self, text: str) -> str:
        """`text` without secrets, with phones as `138****0001`."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return _PHONE.sub(lambda found: mask_phone(found[0].removeprefix("86")), text)


def _forms(secret: str) -> Iterable[str]:
    yield secret
    for charset in ("utf-8", "gbk"):
        raw = secret.encode(charset, "ignore")
        for written in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
            yield written
            yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), written)
    yield repr(secret)[1:-1]


class KeyValue(logging.Formatter):
    """One record as one line; what is given with `extra=` follows as key=value."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        stamp = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        said = _one_line(self._redactor.clean(record.getMessage()))
        given = {name: value for name, value in vars(record).items() if name not in _OWN}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            given |= {"error": what(error), "at": where(error)}
        words = [f"{name}={self._value(value)}" for name, value in given.items()]
        return " ".join([stamp, record.levelname.lower(), said, *words])

    def _value(self, value: Any) -> str:
        """Redacted first: a secret that has its quotes escaped would not be known again."""
        text = _one_line(self._redactor.clean(str(value)))
        if _PLAIN.fullmatch(text):
            return text
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def what(error: BaseException) -> str:
    """An error in one line. Foreign texts lose their URLs: they hold the gateway's password."""
    if isinstance(error, SmsNotifyError):
        return str(error)
    said = _URL.sub("<url>", str(error)[:_LONGEST])
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def where(error: BaseException) -> str:
    """The innermost frames as file:line, without the source text, which may hold a value."""
    frames = extract_tb(error.__traceback__)[-_FRAMES:]
    return " < ".join(
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames)
    )


def _one_line(text: str) -> str:
    """No text of a stranger may begin a line of its own or drive a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def set_up(
    secrets: Iterable[str] = (), *, level: int = logging.INFO, stream: TextIO | None = None
) -> Redactor:
    """Send all logging of the process, uvicorn's too, through one formatter to `stream` (stderr).

    Returns the redactor, for the secrets of a configuration that is loaded later.
    """
    redactor = Redactor(secrets)
    out = logging.StreamHandler(stream or sys.stderr)
    out.setFormatter(KeyValue(redactor))
    root = logging.getLogger()
    root.handlers[:] = [out]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(max(level, logging.WARNING))
    for name in ("urllib3", "asyncio", "alembic"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    # a connection that was cut: psycopg warns of what fails after the error that it raises to us
    logging.getLogger("psycopg").setLevel(max(level, logging.ERROR))
    return redactor


def silence() -> None:
    """Stop writing: the stream given to `set_up` is about to be closed."""
    logging.getLogger().handlers[:] = [logging.NullHandler()]
