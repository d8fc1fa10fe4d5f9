"""The library apprise (e-mail, WeCom, DingTalk …) as a gateway: all its URLs are one recipient.

A service of apprise says yes or no. A no may hide a yes whose answer got lost; then it is told
twice, because the other reading would lose a page on the last way that is left. Only where it took
as long as an answer is waited for, or the library gave up waiting, the send is uncertain.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from sms_notify.config.channels import Apprise
from sms_notify.gateways.outcome import Came, Outcome
from sms_notify.model import SECOND, Micros

if TYPE_CHECKING:
    from apprise import Apprise as Services
    from apprise import AppriseResult, NotifyResult

CONNECT = 4.0
READ = 10.0
"""Seconds for the connection and the answer of one service, where its URL writes no others."""
WHOLE = 30.0
"""Seconds for all of them; they are told side by side."""
MOST_PIECES = 1_000
_CODE = re.compile(r"\berror=([0-9]{3})\b")


class AppriseGateway:
    """One recipient behind any number of services. Thread-safe; nothing of it raises.

    One notification at a time: services limit the pace, and each of them remembers its own.
    """

    most_pieces = MOST_PIECES

    def __init__(self, config: Apprise) -> None:
        self.name = config.name
        self.account = config.account
        self.template = config.template
        self.patience: Micros = round(2 * WHOLE * SECOND)
        self._urls = config.urls
        self._turn = Lock()
        self._services: Services | None = None

    def __repr__(self) -> str:
        return f"<AppriseGateway {self.name}>"

    def room(self, text: str) -> int:
        """What is too long for a service is cut or split by apprise."""
        return MOST_PIECES

    def width(self, phone: str) -> int:
        """No numbers are told."""
        return 0

    def send(self, phones: Sequence[str], text: str) -> Outcome:
        """Tell `text` to all services; whom it is for stands in it, `phones` are not told."""
        began = time.monotonic()
        if not self._turn.acquire(timeout=WHOLE):
            return Outcome(Came.busy, "busy", seconds=WHOLE)
        try:
            came = self._notify(text, len(phones))
        except Exception as error:  # its text may hold a URL
            came = Outcome(Came.uncertain, type(error).__name__)
        finally:
            self._turn.release()
        return replace(came, seconds=time.monotonic() - began)

    def close(self) -> None:
        """Nothing stays open between notifications."""

    def _notify(self, text: str, people: int) -> Outcome:
        if self._services is None:
            self._services = _services(self._urls)
        if not self._services:
            return Outcome(Came.account_down, "no_service", detail="apprise takes none of its URLs")
        result = self._services.notify(
            body=text, body_format="text", interpret_escapes=False, timeout=WHOLE
        )
        with result:
            shortest = min(each.socket_read_timeout for each in self._services)
            return _outcome(result, people, shortest)


def unusable(config: Apprise) -> list[int]:
    """Which of the URLs apprise cannot use, from 1: an unknown scheme, or something missing."""
    _silence()
    urls = [(number, url.reveal()) for number, url in enumerate(config.urls, 1)]
    return [number for number, url in urls if url and _service(url) is None]


def _services(urls: Sequence[Any]) -> Services:
    from apprise import Apprise as Services

    _silence()
    made = Services()
    for service in filter(None, (_service(url.reveal()) for url in urls)):
        made.add(service)
    return made


def _service(url: str) -> Any:
    """What apprise makes of a URL, None if nothing. It keeps nothing on disk."""
    from apprise import Apprise as Services
    from apprise import AppriseAsset

    asset = AppriseAsset(
        app_id="sms-notify", async_mode=True, storage_mode="memory", http_redirects=False
    )
    try:
        made = Services.instantiate(url, asset=asset)
    except Exception:  # its text may hold the URL
        return None
    if made is not None:
        patient = "rto=" in url.lower()
        made.socket_read_timeout = made.socket_read_timeout if patient else READ
        made.socket_connect_timeout = min(made.socket_connect_timeout, CONNECT)
    return made


def _silence() -> None:
    """Its logger writes URLs and answers: nothing of it reaches our log."""
    log = logging.getLogger("apprise")
    log.propagate = False
    log.handlers[:] = [logging.NullHandler()]


def _outcome(result: AppriseResult, people: int, read: float) -> Outcome:
    told = [each.name for each in result if each]
    failed = [each for each in result if not each]
    detail = ", ".join(map(_why, failed))
    if told:
        names = ", ".join(dict.fromkeys(told))
        return Outcome(Came.accepted, accepted=people, host=names, detail=detail)
    host = ", ".join(dict.fromkeys(each.name for each in failed))
    if any(_may_have_been_told(each, read) for each in failed):
        return Outcome(Came.uncertain, "timeout", host=host, detail=detail)
    return Outcome(Came.unknown, "not_told", host=host, detail=detail)


def _may_have_been_told(one: NotifyResult, read: float) -> bool:
    from apprise import AppriseResultStatus

    return one.status is AppriseResultStatus.TIMEOUT or one.elapsed >= 0.95 * read


def _why(one: NotifyResult) -> str:
    """The service and the number of its error; all other words of it may hold a token."""
    codes = [found[1] for entry in one.logs() if (found := _CODE.search(entry.message))]
    return " ".join([one.name, *codes[-1:]])
