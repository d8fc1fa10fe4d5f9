"""On the wire: which bytes go to which host, and what a connection may do to us."""

from __future__ import annotations

import socket
import time

import pytest

from sms_notify.gateways import Answered, Came, Lost, NotReached, Outcome, plain
from sms_notify.gateways.http import Got
from sms_notify.gateways.wavecom_number import number

from .accounts import HOSTS, OTHER, PHONE, TEXT, fits, wavecom
from .sockets import ANSWER, Raw, answer

TAKEN = Answered(200, b"0|1|0|5")


class Script:
    """A transport that answers each host as told, and remembers whom it asked."""

    def __init__(self, **answers: Got) -> None:
        self.answers = {
            f"http://{host.replace('_', '-')}.test:8088": got for host, got in answers.items()
        }
        self.asked: list[str] = []
        self.targets: list[str] = []

    def get(self, base: str, target: str) -> Got:
        self.asked.append(base)
        self.targets.append(target)
        return self.answers[base]

    def close(self) -> None:
        """Nothing is open."""


def send(script: Script) -> Outcome:
    return wavecom(http=script).send([PHONE], TEXT)


def moved(to: str) -> Answered:
    return Answered(302, b"", f"{to}/sendsms_txt.asp?us_pwd=x")


# Hosts


def test_the_first_host_that_can_be_reached_is_asked_and_no_other() -> None:
    script = Script(gw_1=NotReached("dns", 0.5), gw_2=TAKEN, gw_3=TAKEN)
    outcome = send(script)
    assert script.asked == list(HOSTS[:2])
    assert (outcome.came, outcome.host, outcome.seconds) == (Came.accepted, "gw-2.test:8088", 0.5)


def test_when_no_host_can_be_reached_it_says_why_for_each() -> None:
    script = Script(gw_1=NotReached("dns"), gw_2=NotReached("refused"), gw_3=NotReached("refused"))
    outcome = send(script)
    assert (outcome.came, outcome.reason) == (Came.unreached, "refused")
    assert outcome.detail == "gw-1.test:8088 dns, gw-2.test:8088 refused, gw-3.test:8088 refused"


@pytest.mark.parametrize(
    "got",
    [Lost("reset"), Lost("timeout"), Answered(500, b""), Answered(200, b"-99"), Answered(200, b"")],
)
def test_nothing_but_a_connect_error_goes_to_the_next_host(got: Got) -> None:
    script = Script(gw_1=got, gw_2=TAKEN)
    assert send(script).came is not Came.accepted
    assert script.asked == [HOSTS[0]]


def test_a_redirect_to_another_of_our_hosts_is_tried_there_once() -> None:
    script = Script(gw_1=moved(HOSTS[2]), gw_3=TAKEN)
    assert send(script).host == "gw-3.test:8088"
    assert script.asked == [HOSTS[0], HOSTS[2]]
    assert script.targets[0] == script.targets[1]


def test_a_circle_of_redirects_ends() -> None:
    script = Script(gw_1=moved(HOSTS[1]), gw_2=moved(HOSTS[0]))
    outcome = send(script)
    assert (outcome.came, outcome.reason, len(script.asked)) == (Came.unknown, "http_302", 2)


@pytest.mark.parametrize(
    "to", ["http://elsewhere.test", "http://gw-2.test:80", "", "//x", "http://[", HOSTS[0]]
)
def test_a_redirect_to_anywhere_else_is_an_unknown_answer(to: str) -> None:
    script = Script(gw_1=moved(to), gw_2=TAKEN)
    assert send(script).reason == "http_302"
    assert script.asked == [HOSTS[0]]


# Bytes


@pytest.mark.parametrize(
    ("phone", "written"),
    [
        ("+8613800000001", "13800000001"),
        ("+8675580808080", "075580808080"),
        ("+861080808080", "01080808080"),
        ("+85291234567", "0085291234567"),
        ("+14155550100", "0014155550100"),
    ],
)
def test_a_number_is_written_as_the_document_asks(phone: str, written: str) -> None:
    assert number(phone) == written


@pytest.mark.parametrize("charset", ["gbk", "gb18030", "utf-8"])
def test_the_query_is_the_charset_percent_encoded_and_its_commas_are_not(charset: str) -> None:
    with Raw(answer) as server:
        wavecom(server.url, charset=charset).send([PHONE, OTHER], "满 &=%+?#,;/~中")
        line = server.heads[0].split(b"\r\n")[0]
    assert b"&send_phone=13800000001,13900000002&" in line
    written = "".join(f"%{byte:02X}" for byte in "满".encode(charset)).encode()
    assert b"&send_content=" + written + b"%20%26%3D%25%2B%3F%23%2C%3B%2F~" in line
    assert line.endswith(b" HTTP/1.1")
    assert line.isascii()


def test_a_url_never_passes_two_thousand_bytes() -> None:
    gateway = wavecom()
    longest = max(n for n in range(1, 335) if fits(gateway, [PHONE], "满" * n))
    script = Script(gw_1=TAKEN)
    wavecom(http=script).send([PHONE], "满" * longest)
    length = len(HOSTS[0]) + len(script.targets[0])
    assert 1994 < length <= 2000
    assert 290 < longest < 335


# Connections


def test_a_young_connection_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with Raw(answer) as server:
        gateway = wavecom(server.url)
        for _ in range(3):
            assert gateway.send([PHONE], TEXT).came is Came.accepted
        assert server.connections == 1


def test_an_idle_connection_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "MOST_IDLE", -1.0)
    with Raw(answer) as server:
        gateway = wavecom(server.url)
        for _ in range(3):
            assert gateway.send([PHONE], TEXT).came is Came.accepted
        assert server.connections == 3


def test_a_connection_that_the_server_closed_is_noticed_before_the_next_send() -> None:
    def close(connection: socket.socket, head: bytes) -> None:
        answer(connection, head)
        connection.shutdown(socket.SHUT_RDWR)

    with Raw(close) as server:
        gateway = wavecom(server.url)
        for _ in range(3):
            assert gateway.send([PHONE], TEXT).came is Came.accepted
            time.sleep(0.02)  # the FIN crosses the loopback


def test_a_timeout_inside_the_body_is_uncertain() -> None:
    def half(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(ANSWER[:-3])
        server.over.wait(5)

    with Raw(half) as server:
        outcome = wavecom(server.url).send([PHONE], TEXT)
    assert (outcome.came, outcome.reason) == (Came.uncertain, "timeout")


def test_a_body_cut_short_is_uncertain() -> None:
    def cut(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(ANSWER[:-3])
        connection.shutdown(socket.SHUT_RDWR)

    with Raw(cut) as server:
        outcome = wavecom(server.url).send([PHONE], TEXT)
    assert (outcome.came, outcome.reason) == (Came.uncertain, "cut")


@pytest.mark.parametrize("end", [b"\r\n", b""], ids=["body", "headers"])
def test_an_answer_that_drips_is_given_up(end: bytes) -> None:
    def drip(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n" + end)
        while not server.over.wait(0.2):
            connection.sendall(b"9")

    with Raw(drip) as server:
        began = time.monotonic()
        outcome = wavecom(server.url).send([PHONE], TEXT)
        assert time.monotonic() - began < 6
    assert (outcome.came, outcome.reason) == (Came.uncertain, "timeout")


def test_bytes_that_are_not_http_are_uncertain() -> None:
    with Raw(lambda connection, _head: connection.sendall(b"\x15\x03\x01 hello\r\n\r\n")) as server:
        assert wavecom(server.url).send([PHONE], TEXT).came is Came.uncertain


def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    def to_the_end(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n0|1|0|5\r\n")
        connection.shutdown(socket.SHUT_RDWR)

    with Raw(to_the_end) as server:
        assert wavecom(server.url).send([PHONE], TEXT).provider_ids == ("5",)


# Proxies


def test_the_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Raw(answer) as proxy, Raw(answer) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert wavecom(server.url).send([PHONE], TEXT).came is Came.accepted
        assert (proxy.heads, len(server.heads)) == ([], 1)


def test_the_proxy_of_the_configuration_is_used() -> None:
    with Raw(answer) as proxy:
        gateway = wavecom("http://gateway.test:8088", proxy=proxy.url)
        assert gateway.send([PHONE], TEXT).came is Came.accepted
        assert proxy.heads[0].startswith(b"GET http://gateway.test:8088/sendsms_txt.asp?us_name=")


def test_a_proxy_that_is_not_there_means_that_nothing_left() -> None:
    outcome = wavecom("http://gateway.test:8088", proxy="http://127.0.0.1:1").send([PHONE], TEXT)
    assert (outcome.came, outcome.reason) == (Came.unreached, "proxy_refused")
