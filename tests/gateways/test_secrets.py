"""However a send fails: no password, account, URL or phone number in anything it leaves."""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
import traceback
from urllib.parse import quote

import pytest
import requests
import responses
import urllib3

from sms_notify.gateways import Came, Lost, WavecomGateway

from .accounts import ACCOUNT, HOSTS, PASSWORD, PHONE, TEXT, wavecom
from .sockets import Raw

MARKS = (
    PASSWORD, quote(PASSWORD.encode("gbk"), safe=""), quote(PASSWORD), "geheim", ACCOUNT,
    "us_pwd", "13800000001",
)  # fmt: skip
URL = f"{HOSTS[0]}/sendsms_txt.asp?us_name={ACCOUNT}&us_pwd={PASSWORD}"
POOL = urllib3.HTTPConnectionPool("gw-1.test", 8088)
CONNECTION = urllib3.connection.HTTPConnection("gw-1.test", 8088)
NEW = urllib3.exceptions.NewConnectionError(CONNECTION, f"no route for {URL}")
DNS = urllib3.exceptions.NameResolutionError("gw-1.test", CONNECTION, socket.gaierror(-2, URL))
RETRY = urllib3.exceptions.MaxRetryError

FAILURES: dict[str, tuple[Exception, Came]] = {
    "dns": (requests.ConnectionError(RETRY(POOL, URL, DNS)), Came.unreached),
    "refused": (requests.ConnectionError(RETRY(POOL, URL, NEW)), Came.unreached),
    "connect timeout": (
        requests.ConnectTimeout(
            RETRY(POOL, URL, urllib3.exceptions.ConnectTimeoutError(CONNECTION, URL))
        ),
        Came.unreached,
    ),
    "proxy refused": (
        requests.exceptions.ProxyError(RETRY(POOL, URL, urllib3.exceptions.ProxyError(URL, NEW))),
        Came.unreached,
    ),
    "proxy cut": (
        requests.exceptions.ProxyError(
            RETRY(POOL, URL, urllib3.exceptions.ProxyError(URL, OSError(URL)))
        ),
        Came.uncertain,
    ),
    "tls": (requests.exceptions.SSLError(ssl.SSLError(1, URL)), Came.uncertain),
    "reset": (
        requests.ConnectionError(
            urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError(URL))
        ),
        Came.uncertain,
    ),
    "gone": (
        requests.ConnectionError(
            urllib3.exceptions.ProtocolError(
                "Connection aborted.", http.client.RemoteDisconnected(URL)
            )
        ),
        Came.uncertain,
    ),
    "read timeout": (requests.ReadTimeout(URL), Came.uncertain),
    "read timeout inside the body": (
        requests.ConnectionError(urllib3.exceptions.ReadTimeoutError(POOL, URL, "Read timed out.")),
        Came.uncertain,
    ),
    "invalid url": (requests.exceptions.InvalidURL(URL), Came.uncertain),
    "too many redirects": (requests.TooManyRedirects(URL), Came.uncertain),
    "no memory": (MemoryError(URL), Came.uncertain),
    "a fault of ours": (KeyError(URL), Came.uncertain),
}


def assert_nothing_shows(*shown: object) -> None:
    for text in map(str, shown):
        for mark in MARKS:
            assert mark not in text


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_of_the_http_library_leaves_nothing(
    name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    error, came = FAILURES[name]
    caplog.set_level(logging.DEBUG)
    with responses.RequestsMock() as mock:
        mock.get(f"{HOSTS[0]}/sendsms_txt.asp", body=error)
        outcome = wavecom(HOSTS[0]).send([PHONE], TEXT)
    assert outcome.came is came
    assert_nothing_shows(repr(outcome), caplog.text, *capfd.readouterr())


def real_failures() -> dict[str, tuple[WavecomGateway, Came]]:
    return {
        "refused": (wavecom("http://127.0.0.1:1"), Came.unreached),
        "dns": (wavecom("http://no-such-host.invalid"), Came.unreached),
        "proxy": (wavecom("http://gw.test", proxy="http://127.0.0.1:1"), Came.unreached),
        "proxy dns": (wavecom("http://gw.test", proxy="http://none.invalid:1"), Came.unreached),
        "bad host": (wavecom("http://" + "a" * 64 + ".test"), Came.uncertain),
    }


@pytest.mark.parametrize("name", real_failures())
def test_a_real_failure_leaves_nothing_even_when_everything_is_logged(
    name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    gateway, came = real_failures()[name]
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="urllib3.connectionpool")
    outcome = gateway.send([PHONE], TEXT)
    assert outcome.came in (came, Came.unreached)
    assert_nothing_shows(repr(outcome), caplog.text, *capfd.readouterr())


SCRIPTS = {
    "reset": b"",
    "not http": b"\x16\x03\x01\r\n\r\n",
    "page that shows the request": b"shown",
    "bad header": b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n0|1|0|5",
    "endless header": b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "bad gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    "good": b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n0|1|0|5",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_server_cannot_make_us_tell(
    name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    def play(connection: socket.socket, head: bytes) -> None:
        page = SCRIPTS[name]
        if page == b"shown":
            shown = b"<html>" + head + b"</html>"
            page = b"HTTP/1.1 404 X\r\nContent-Length: %d\r\n\r\n" % len(shown) + shown
        connection.sendall(page)
        connection.shutdown(socket.SHUT_RDWR)

    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="urllib3.connectionpool")
    with Raw(play) as server:
        outcome = wavecom(server.url).send([PHONE], TEXT)
    shown = repr(outcome).replace("us_pwd=***", "")
    assert_nothing_shows(shown, caplog.text, *capfd.readouterr())


def test_a_fault_in_our_own_transport_shows_no_url_in_its_traceback() -> None:
    class Broken:
        def get(self, base: str, target: str) -> Lost:
            raise RuntimeError("broken")

        def close(self) -> None:
            """Nothing is open."""

    try:
        wavecom(http=Broken()).send([PHONE], TEXT)
    except RuntimeError as error:
        assert_nothing_shows("".join(traceback.format_exception(error)))
