"""One HTTP request to a monitoring system: its answer, or why there is none.

Ends are values, not exceptions: an exception holds the request, and with it the token.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import requests
from requests import Response
from urllib3 import exceptions

PART = 64 * 1024
Timeout = tuple[float, float]
"""Seconds to connect, and between two bytes; twice their sum ends an answer that drips."""

PATIENT: Timeout = (3.0, 10.0)
QUICK: Timeout = (1.0, 3.0)
"""A question that a page waits for: no answer in 5 s is one as well."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An HTTP answer, its body whole."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """`reason` is a slug: refused, dns, timeout, tls, too_large, reset."""

    reason: str


Got = Answered | NoAnswer


def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    timeout: Timeout = PATIENT,
    most: int = 1024 * 1024,
) -> Got:
    """Ask once: no redirect, nothing from the environment, at most `most` bytes. Never raises."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            common = {"User-Agent": "sms-notify", "Accept-Encoding": "identity"}
            response = session.request(
                method, url, data=body, headers={**common, **headers}, timeout=timeout,
                allow_redirects=False, stream=True,
            )  # fmt: skip
            with response:
                return _read(response, 2 * sum(timeout), most)
    except Exception as error:
        return NoAnswer(_reason(error))


def _read(response: Response, seconds: float, most: int) -> Got:
    until, body = time.monotonic() + seconds, bytearray()
    while part := response.raw.read1(PART, decode_content=True):
        body += part
        if len(body) > most:
            return NoAnswer("too_large")
        if time.monotonic() > until:
            return NoAnswer("timeout")
    return Answered(response.status_code, bytes(body))


_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (requests.exceptions.SSLError, "tls"),
    (exceptions.SSLError, "tls"),
    (exceptions.NameResolutionError, "dns"),
    (ConnectionRefusedError, "refused"),
    (requests.exceptions.Timeout, "timeout"),
    (exceptions.TimeoutError, "timeout"),
    (TimeoutError, "timeout"),
)


def _reason(error: BaseException) -> str:
    """The most telling class in what the error is made of; its text stays where it is."""
    chain, waiting = list[BaseException](), [error]
    while waiting and len(chain) < 20:
        each = waiting.pop()
        chain.append(each)
        inner = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
        waiting += [more for more in inner if isinstance(more, BaseException)]
    found = (slug for kind, slug in _REASONS for each in chain if isinstance(each, kind))
    return next(found, "reset")
