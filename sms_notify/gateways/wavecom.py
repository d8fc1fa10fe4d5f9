"""企业短信通 (WAVECOM): sending by its HTTP text interface (document 1.1.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote_from_bytes, urlsplit

from sms_notify.config.model import Wavecom
from sms_notify.gateways.http import Answered, Got, Http, Lost, RequestsHttp
from sms_notify.gateways.outcome import Came, Outcome
from sms_notify.gateways.redact import Redaction
from sms_notify.gateways.wavecom_answer import Asked, read_answer
from sms_notify.model import SECOND, Micros

SEND = "/sendsms_txt.asp"
MOST_PIECES = 100
"""Numbers × billed segments of one request (`-4`)."""
MOST_URL = 2000
"""Bytes: a classic IIS refuses a query string above 2,048."""

_MOBILE = re.compile(r"1[3-9][0-9]{9}")


def number(phone: str) -> str:
    """E.164 as this gateway writes it: `+8613800000001` → `13800000001`, a Chinese number that is
    not mobile with its area code (`+8675580808080` → `075580808080`), any other country's after
    `00`, which the document leaves open.
    """
    if not phone.startswith("+86"):
        return "00" + phone.removeprefix("+") if phone.startswith("+") else phone
    national = phone.removeprefix("+86")
    return national if _MOBILE.fullmatch(national) else "0" + national


class WavecomGateway:
    """One account with its hosts in order of preference. Thread-safe; nothing of it raises."""

    most_pieces = MOST_PIECES

    def __init__(self, config: Wavecom, http: Http | None = None) -> None:
        self.name = config.name
        self.account = config.account
        self._bases = tuple(url.rstrip("/") for url in config.urls)
        self._charset = config.charset
        self._redact = Redaction((config.password.reveal(), config.account), config.charset)
        self._login = f"us_name={self._quoted(config.account)}&us_pwd=" + self._quoted(
            config.password.reveal()
        )
        self._http = http or RequestsHttp(
            config.connect_timeout / SECOND, config.read_timeout / SECOND, config.proxy
        )
        once = config.connect_timeout + config.read_timeout
        self.patience: Micros = once * (len(self._bases) + 1)

    def __repr__(self) -> str:
        return f"<WavecomGateway {self.name}>"

    def fits(self, phones: Sequence[str], text: str) -> bool:
        """Is one request for all of them within the bytes of a URL, at the longest host?"""
        return max(map(len, self._bases)) + len(self._target(phones, text)) <= MOST_URL

    def send(self, phones: Sequence[str], text: str) -> Outcome:
        """Send `text` to `phones` (E.164) now. At most 100 numbers × segments, see `fits`.

        Hosts are tried in order, the next one only after a connect error.
        """
        if not phones or not self.fits(phones, text):
            return Outcome(Came.rejected, "too_long", detail=f"more than {MOST_URL} bytes of URL")
        asked = Asked(len(phones), text, self._charset, self._redact)
        return self._ask_hosts(self._target(phones, text), asked)

    def close(self) -> None:
        self._http.close()

    def _quoted(self, text: str) -> str:
        return quote_from_bytes(text.encode(self._charset, "replace"), safe="")

    def _target(self, phones: Sequence[str], text: str) -> str:
        numbers = ",".join(map(number, phones))
        return f"{SEND}?{self._login}&send_phone={numbers}&send_content={self._quoted(text)}"

    def _ask_hosts(self, target: str, asked: Asked) -> Outcome:
        waiting, sent_on, seconds, why = list(self._bases), False, 0.0, list[str]()
        host = reason = ""
        while waiting:
            base = waiting.pop(0)
            host = _host(base)
            got = self._http.get(base, target)
            seconds += got.seconds
            other = None if sent_on else self._elsewhere(got, base)
            if other is not None:
                sent_on, waiting = True, [other, *(each for each in waiting if each != other)]
            elif isinstance(got, Answered):
                return replace(read_answer(got, asked), host=host, seconds=seconds)
            elif isinstance(got, Lost):
                return Outcome(Came.uncertain, got.reason, host=host, seconds=seconds)
            else:
                why.append(f"{host} {got.reason}")
                reason = got.reason
        return Outcome(Came.unreached, reason, host=host, seconds=seconds, detail=", ".join(why))

    def _elsewhere(self, got: Got, base: str) -> str | None:
        """The other host of this account to which an answer sends us, if it is one."""
        if not isinstance(got, Answered) or not 300 <= got.status < 400:
            return None
        wanted = _host(got.location)
        return next((each for each in self._bases if each != base and _host(each) == wanted), None)


def _host(url: str) -> str:
    """`host:port` of a URL, without a user or password; "" if it has none."""
    try:
        split = urlsplit(url)
        port = split.port or (443 if split.scheme == "https" else 80)
        return f"{split.hostname}:{port}" if split.hostname else ""
    except ValueError:
        return ""
