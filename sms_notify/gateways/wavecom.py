"""企业短信通 (WAVECOM): its four calls by the HTTP text interface (1.1.1 to 1.1.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote_from_bytes, urlsplit

from sms_notify.config.channels import Wavecom
from sms_notify.config.url_room import URL_LIMIT
from sms_notify.gateways.balance import Balance, Told
from sms_notify.gateways.http import Answered, Got, Http, Lost, NotReached, RequestsHttp
from sms_notify.gateways.outcome import Came, Outcome
from sms_notify.gateways.polled import Fetched, Polled
from sms_notify.gateways.redact import Redaction
from sms_notify.gateways.wavecom_answer import Asked, read_answer
from sms_notify.gateways.wavecom_balance import read_balance
from sms_notify.gateways.wavecom_number import number
from sms_notify.gateways.wavecom_poll import read_cut, read_poll
from sms_notify.model import SECOND, Micros

SEND = "/sendsms_txt.asp"
REPORTS = "/get_report_txt.asp"
REPLIES = "/get_receive_message_txt.asp"
BALANCE = "/Get_Account_Balance.asp"
MOST_PIECES = 100
"""Numbers × billed segments of one request (`-4`)."""

POLL_READ = 60.0
"""Seconds: reports are handed out once, so a poll waits far longer for its answer than a send."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the last host that was asked said; `why` names those that could not be reached."""

    got: Got
    host: str
    seconds: float
    why: str


class WavecomGateway:
    """One account with its hosts in order of preference. Thread-safe; nothing of it raises."""

    most_pieces = MOST_PIECES

    def __init__(self, config: Wavecom, http: Http | None = None) -> None:
        self.name = config.name
        self.account = config.account
        self._bases = tuple(url.rstrip("/") for url in config.urls)
        self._longest_base = max(map(len, self._bases))
        self._charset = config.charset
        self._redact = Redaction((config.password.reveal(), config.account), config.charset)
        self._login = f"us_name={self._quoted(config.account)}&us_pwd=" + self._quoted(
            config.password.reveal()
        )
        self._http = http or RequestsHttp(
            config.connect_timeout / SECOND, config.read_timeout / SECOND, config.proxy
        )
        self._polls = http or RequestsHttp(
            config.connect_timeout / SECOND, POLL_READ, config.proxy, pool=4
        )
        self.poll = config.poll
        self.purse = config.balance
        self.poll_patience: Micros = config.connect_timeout * len(self._bases) + round(
            POLL_READ * SECOND
        )
        once = config.connect_timeout + config.read_timeout
        self.patience: Micros = once * (len(self._bases) + 1)

    def __repr__(self) -> str:
        return f"<WavecomGateway {self.name}>"

    def room(self, text: str) -> int:
        """The bytes of a URL that are left for numbers, at the longest host."""
        return URL_LIMIT - self._longest_base - len(self._target((), text))

    def width(self, phone: str) -> int:
        """With the comma, which the last one does not have: a byte of the URL stays unused."""
        return len(number(phone)) + 1

    def send(self, phones: Sequence[str], text: str) -> Outcome:
        """Send `text` to `phones` (E.164) now. At most 100 numbers × segments, see `room`.

        Hosts are tried in order, the next one only after a connect error.
        """
        target = self._target(phones, text)
        if not phones or not self._has_room(target):
            return Outcome(Came.rejected, "too_long", detail=f"more than {URL_LIMIT} bytes of URL")
        asked = Asked(len(phones), text, self._charset, self._redact)
        heard = self._ask(self._http, target)
        return replace(self._outcome(heard, asked), host=heard.host, seconds=heard.seconds)

    def reports(self) -> Polled:
        """Fetch what is known of sent messages, at most 100; they are handed out this once."""
        return self._fetch(REPORTS)

    def replies(self) -> Polled:
        """Fetch what people sent to us, at most 50; they are handed out this once."""
        return self._fetch(REPLIES)

    def balance(self) -> Balance:
        """Ask how many SMS are left."""
        heard = self._ask(self._http, f"{BALANCE}?{self._login}")
        if isinstance(heard.got, Answered):
            told = read_balance(heard.got, self._charset, self._redact)
        else:
            told = Balance(Told.unreached, reason=heard.got.reason, detail=heard.why)
        return replace(told, host=heard.host, seconds=heard.seconds)

    def close(self) -> None:
        self._http.close()
        self._polls.close()

    def _outcome(self, heard: _Heard, asked: Asked) -> Outcome:
        if isinstance(heard.got, Answered):
            outcome = read_answer(heard.got, asked)
            return _after(outcome, heard.why)
        if isinstance(heard.got, Lost):
            return _after(Outcome(Came.uncertain, heard.got.reason), heard.why)
        return Outcome(Came.unreached, heard.got.reason, detail=heard.why)

    def _fetch(self, path: str) -> Polled:
        heard = self._ask(self._polls, f"{path}?{self._login}")
        return replace(self._polled(heard), host=heard.host, seconds=heard.seconds)

    def _polled(self, heard: _Heard) -> Polled:
        if isinstance(heard.got, Answered):
            return read_poll(heard.got, self._charset, self._redact)
        if isinstance(heard.got, Lost):
            return read_cut(heard.got, self._charset)
        return Polled(Fetched.unreached, heard.got.reason, detail=heard.why)

    def _has_room(self, target: str) -> bool:
        return self._longest_base + len(target) <= URL_LIMIT

    def _quoted(self, text: str) -> str:
        return quote_from_bytes(text.encode(self._charset, "replace"), safe="")

    def _target(self, phones: Sequence[str], text: str) -> str:
        numbers = ",".join(map(number, phones))
        return f"{SEND}?{self._login}&send_phone={numbers}&send_content={self._quoted(text)}"

    def _ask(self, http: Http, target: str) -> _Heard:
        """Hosts in order, the next one only where nothing can have been read."""
        waiting, sent_on, seconds, why = list(self._bases), False, 0.0, list[str]()
        got: Got = NotReached("no_host")
        host = ""
        while waiting:
            base = waiting.pop(0)
            host, got = _host(base), http.get(base, target)
            seconds += got.seconds
            other = None if sent_on else self._elsewhere(got, base)
            if other is not None:
                sent_on, waiting = True, [other, *(each for each in waiting if each != other)]
            elif isinstance(got, NotReached):
                why.append(f"{host} {got.reason}")
            else:
                break
        return _Heard(got, host, seconds, ", ".join(why))

    def _elsewhere(self, got: Got, base: str) -> str | None:
        """The other host of this account to which an answer sends us, if it is one."""
        if not isinstance(got, Answered) or not 300 <= got.status < 400:
            return None
        wanted = _host(got.location)
        return next((each for each in self._bases if each != base and _host(each) == wanted), None)


def _after(outcome: Outcome, why: str) -> Outcome:
    """The same, saying which hosts could not be reached before."""
    return replace(outcome, detail=f"{outcome.detail} ({why})".strip()) if why else outcome


def _host(url: str) -> str:
    """`host:port` of a URL, without a user or password; "" if it has none."""
    try:
        split = urlsplit(url)
        port = split.port or (443 if split.scheme == "https" else 80)
        return f"{split.hostname}:{port}" if split.hostname else ""
    except ValueError:
        return ""
