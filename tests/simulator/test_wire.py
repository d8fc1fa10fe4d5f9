"""The gateway on real sockets: each fault as a client meets it, and many clients at once."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import requests

from sms_notify.simulator import Call, Fault, Gateway, Kind, Simulator, serve

from .asking import PHONE, gateway, target

SEND = target(Call.SEND, send_phone=PHONE, send_content="磁盘满")
BALANCE = target(Call.BALANCE)


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with serve(gateway(balance=100_000)) as running:
        yield running


def get(sim: Simulator, path: str = SEND) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(sim.url + path, timeout=5, allow_redirects=False)


def raw(sim: Simulator, request: bytes) -> bytes:
    """Everything that the server says to these bytes until it closes."""
    with closing(socket.create_connection(("127.0.0.1", sim.port), timeout=5)) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while more := client.recv(65536):
            answer += more
        return answer


def test_a_good_answer_over_http(sim: Simulator) -> None:
    answer = get(sim)
    assert (answer.status_code, answer.content) == (200, b"0|1|0|6408676")
    assert answer.headers["Content-Type"] == "text/html"
    assert sim.gateway.inbox(PHONE)[0].text == "磁盘满"


def test_a_connection_is_kept_and_carries_pipelined_requests_in_order(sim: Simulator) -> None:
    one = f"GET {SEND} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    last = f"GET {BALANCE} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    answer = raw(sim, one + one + last)
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert answer.find(b"6408676") < answer.find(b"6408677") < answer.find(b"99998")


def test_http_1_0_is_closed_after_the_answer(sim: Simulator) -> None:
    assert raw(sim, f"GET {BALANCE} HTTP/1.0\r\n\r\n".encode()).endswith(b"\r\n\r\n100000")


def test_a_request_may_come_byte_by_byte(sim: Simulator) -> None:
    with closing(socket.create_connection(("127.0.0.1", sim.port), timeout=5)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in f"GET {BALANCE} HTTP/1.1\r\nHost: x\r\n\r\n".encode():
            client.sendall(bytes([byte]))
        assert client.recv(65536).endswith(b"100000")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1000001\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", b"413"),
        (b"GET /" + b"x" * 40_000, b"431"),
        (b"POST /sendsms_txt.asp HTTP/1.0\r\n\r\n", b"405"),
    ],
)
def test_bytes_that_are_no_request_are_refused(
    sim: Simulator, request_bytes: bytes, status: bytes
) -> None:
    assert raw(sim, request_bytes).split(b" ")[1] == status


@pytest.mark.parametrize(("kind", "accepted"), [(Kind.DROP_BEFORE, 0), (Kind.DROP_AFTER, 1)])
def test_a_dropped_connection_is_an_error_and_the_gateway_knows_what_it_took(
    sim: Simulator, kind: Kind, accepted: int
) -> None:
    sim.gateway.faults.add(Fault(kind, count=1))
    with pytest.raises(requests.ConnectionError):
        get(sim)
    assert sim.gateway.truth.accepted() == accepted
    assert get(sim).status_code == 200


def test_a_truncated_answer_breaks_inside_the_body(sim: Simulator) -> None:
    sim.gateway.faults.add(Fault(Kind.TRUNCATED, count=1))
    answer = raw(sim, f"GET {SEND} HTTP/1.1\r\n\r\n".encode())
    assert b"Content-Length: 13\r\n" in answer
    assert answer.endswith(b"\r\n\r\n0|1|0|")
    assert sim.gateway.truth.accepted() == 1


def test_a_truncated_answer_is_a_connection_error_to_requests(sim: Simulator) -> None:
    sim.gateway.faults.add(Fault(Kind.TRUNCATED))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        get(sim)


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (Fault(Kind.BUSY), 200, b"-99"),
        (Fault(Kind.HTML), 200, b"<!DOCTYPE HTML"),
        (Fault(Kind.HTTP500), 500, b"<!DOCTYPE HTML"),
        (Fault(Kind.REDIRECT, location="http://127.0.0.1:9/x"), 302, b"<!DOCTYPE HTML"),
        (Fault(Kind.EMPTY), 200, b""),
        (Fault(Kind.BOM), 200, b"\xef\xbb\xbf\r\n0|1|0|6408676\r\n"),
        (Fault(Kind.WRONG_CHARSET), 200, b"0|1|0|6408676"),
        (Fault(Kind.GARBAGE), 200, b""),
        (Fault(Kind.ANSWER, text="-10"), 200, b"-10"),
    ],
)
def test_a_fault_in_the_answer_over_http(
    sim: Simulator, fault: Fault, status: int, body: bytes
) -> None:
    sim.gateway.faults.add(fault)
    answer = get(sim)
    assert (answer.status_code, answer.content.startswith(body)) == (status, True)
    assert answer.headers.get("Location", "") == fault.location


def test_a_huge_answer_comes_whole(sim: Simulator) -> None:
    sim.gateway.faults.add(Fault(Kind.HUGE))
    assert len(get(sim).content) == 10_000_000


def test_a_slow_answer_is_later_than_a_short_timeout_and_the_sms_is_sent(sim: Simulator) -> None:
    sim.gateway.faults.add(Fault(Kind.SLOW, seconds=30, count=1))
    with pytest.raises(requests.ReadTimeout):
        requests.get(sim.url + SEND, timeout=0.1)
    assert sim.gateway.truth.accepted() == 1


def test_refuse_on_an_open_connection_resets_it(sim: Simulator) -> None:
    sim.gateway.faults.add(Fault(Kind.REFUSE))
    with pytest.raises(requests.ConnectionError):
        get(sim)


def test_a_stopped_listener_refuses_and_comes_back_on_the_same_port(sim: Simulator) -> None:
    port = sim.port
    with requests.Session() as session:
        assert session.get(sim.url + BALANCE, timeout=5).status_code == 200
        sim.stop_listening()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
        sim.start_listening()
        sim.start_listening()
        assert session.get(sim.url + BALANCE, timeout=5).status_code == 200
    assert sim.port == port


def test_a_port_that_is_taken_is_an_error(sim: Simulator) -> None:
    with pytest.raises(OSError, match="in use"):
        serve(gateway(), sim.port)


def test_one_gateway_may_have_several_hosts_of_which_one_is_down() -> None:
    one = gateway()
    with serve(one) as first, serve(one) as second:
        one.faults.add(Fault(Kind.HTTP500, host=f"127.0.0.1:{first.port}"))
        assert [get(first).status_code, get(second).status_code] == [500, 200]


def test_closing_twice_is_no_error() -> None:
    running = serve(gateway())
    running.close()
    running.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", running.port), timeout=5)


def test_a_scheduled_sms_arrives_while_nobody_asks() -> None:
    now = [1_283_484_029_000_000]
    with serve(gateway(), clock=lambda: now[0]) as sim:
        get(sim, target(Call.SEND, send_phone=PHONE, send_content="a", send_time="20100903112030"))
        assert sim.gateway.inbox(PHONE) == []
        now[0] += 1_000_000
        wait_for_sms(sim.gateway)


def wait_for_sms(sim: Gateway) -> None:
    until = time.monotonic() + 5
    while not sim.inbox(PHONE) and time.monotonic() < until:
        time.sleep(0.01)
    assert sim.inbox(PHONE)


async def ask_once(port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def ask_together(port: int, path: str, clients: int) -> list[bytes]:
    return await asyncio.gather(*(ask_once(port, path) for _ in range(clients)))


def test_200_slow_sends_at_once_take_as_long_as_one(sim: Simulator) -> None:
    sim.gateway.faults.add(Fault(Kind.SLOW, seconds=0.05))
    begun = time.monotonic()
    answers = asyncio.run(ask_together(sim.port, SEND, 200))
    assert time.monotonic() - begun < 2.5  # one after the other they would take 10 s
    ids = {answer.rpartition(b"|")[2] for answer in answers}
    assert (len(ids), sim.gateway.truth.accepted()) == (200, 200)


def test_a_slow_answer_holds_up_nobody_else(sim: Simulator) -> None:
    sim.gateway.faults.add(Fault(Kind.SLOW, frozenset({Call.SEND}), seconds=30))
    with closing(socket.create_connection(("127.0.0.1", sim.port), timeout=5)) as slow:
        slow.sendall(f"GET {SEND} HTTP/1.1\r\n\r\n".encode())
        assert get(sim, BALANCE).status_code == 200
