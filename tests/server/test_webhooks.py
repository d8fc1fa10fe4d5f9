"""What monitoring systems are answered: 202 after COMMIT, 400 only for what no retry can mend."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .serving import DATA, ONE, Served, served


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as running:
        yield running


def webhook(count: int, *, pad: int = 0, start: int = 0) -> bytes:
    """A body of so many alerts, each with a summary of `pad` characters."""
    alerts = [
        {
            "status": "firing",
            "labels": {"alertname": "DiskFull", "instance": f"db-{number:05d}"},
            "annotations": {"summary": "x" * pad},
            "startsAt": "2026-11-22T13:01:56.188Z",
        }
        for number in range(start, start + count)
    ]
    return json.dumps({"alerts": alerts, "groupLabels": {"group": str(start)}}).encode()


def test_an_accepted_webhook_is_stored_before_the_answer(server: Served) -> None:
    answer = server.post("/alertmanager", ONE)
    assert answer.status == 202
    assert answer.json["told"] == 1
    [message] = answer.json["messages"]
    assert server.get(f"/api/v1/messages/{message}").json["state"] == "queued"


def test_the_same_webhook_again_is_accepted_and_makes_no_second_message(server: Served) -> None:
    first, second = server.post("/alertmanager", ONE), server.post("/alertmanager", ONE)
    assert (first.json["told"], second.json["told"], second.json["again"]) == (1, 0, 1)
    assert len(server.get("/api/v1/messages").json) == 1


def test_every_recorded_payload_is_accepted(server: Served) -> None:
    files = [path for path in sorted(DATA.glob("*.json")) if "headers" not in path.name]
    assert files
    for path in files:
        assert server.post("/alertmanager", path.read_bytes()).status == 202, path.name


def test_a_receiver_in_the_path_is_used(server: Served) -> None:
    answer = server.post("/alertmanager/%E5%BC%A0%E4%BC%9F", ONE)
    assert answer.status == 202
    [incident] = answer.json["incidents"]
    assert server.get(f"/api/v1/incidents/{incident}").json["receiver"] == "张伟"


def test_an_unknown_receiver_is_told_to_the_root_receiver_and_counted(server: Served) -> None:
    answer = server.post("/alertmanager/nobody-knows", ONE)
    assert (answer.status, answer.json["told"]) == (202, 1)
    assert answer.json["unknown_receiver"] is True
    assert server.metric("unknown_receivers_total", source="alertmanager") == 1


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/alertmanager", b"", "the body is empty"),
        ("/alertmanager", b"{", "not JSON"),
        ("/alertmanager", b"[]", "a list, expected a JSON object"),
        ("/alertmanager", b'{"alerts": []}', "the list is empty"),
        ("/alertmanager", b"[" * 100_000, "not JSON"),
        ("/line", b'{"level": "info"}', "text: missing"),
        ("/line", b'{"text": "  "}', "nothing arrived"),
        ("/zabbix", b"sendto=x", "subject and message are both empty"),
    ],
)
def test_what_no_retry_can_mend_is_400_and_says_why(
    server: Served, path: str, body: bytes, says: str
) -> None:
    answer = server.post(path, body)
    assert answer.status == 400
    assert says in answer.text.splitlines()[0]
    assert server.metric("calls_total", source=path[1:], status="400") == 1


def test_one_bad_alert_does_not_cost_the_good_ones(server: Served) -> None:
    body = json.loads(webhook(2))
    body["alerts"].append({"labels": 7})
    answer = server.post("/alertmanager", json.dumps(body))
    assert (answer.status, answer.json["bad"]) == (202, 1)
    assert server.metric("bad_alerts_total", source="alertmanager") == 1


def test_a_level_word_that_is_not_listed_is_counted(server: Served) -> None:
    body = json.loads(webhook(3))
    for alert in body["alerts"]:
        alert["labels"]["severity"] = "catastrophic"
    server.post("/alertmanager", json.dumps(body))
    assert server.metric("unknown_levels_total", source="alertmanager") == 3


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_above_the_limit_is_413_with_and_without_a_length(
    server: Served, chunked: bool
) -> None:
    piece = b"x" * 1024 * 1024
    connection = server.connect()
    if chunked:
        connection.request("POST", "/alertmanager", iter([piece] * 12), encode_chunked=True)
    else:
        connection.request("POST", "/alertmanager", piece * 12)
    response = connection.getresponse()
    assert response.status == 413
    assert b"the limit is 10485760" in response.read().splitlines()[0]
    connection.close()


def test_a_body_that_never_ends_is_not_read_for_ever(server: Served) -> None:
    connection = server.connect()
    connection.putrequest("POST", "/alertmanager")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    sent = 0
    try:
        while sent < 500:
            connection.send(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")
            sent += 1
    except OSError:
        pass  # cut off
    connection.close()
    assert sent < 200


def test_a_body_near_the_limit_is_answered_within_ten_seconds_while_others_go_on(
    server: Served,
) -> None:
    body = webhook(9_000, pad=1_000)
    assert 9 * 1024 * 1024 < len(body) < 10 * 1024 * 1024
    began = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        large = pool.submit(server.post, "/alertmanager", body)
        slowest = 0.0
        while not large.done():
            asked = time.monotonic()
            assert server.get("/-/healthy").status == 200
            slowest = max(slowest, time.monotonic() - asked)
        assert large.result().status == 202
    assert time.monotonic() - began < 10
    assert slowest < 1


def test_four_hundred_webhooks_at_once_are_answered_within_a_second(server: Served) -> None:
    server.post("/alertmanager", webhook(1, start=90_000))  # warm
    waits: list[float] = []
    gate = threading.Barrier(400)

    def one(number: int) -> int:
        body = webhook(1, start=number)
        gate.wait()
        began = time.monotonic()
        status = server.post("/alertmanager", body).status
        waits.append(time.monotonic() - began)
        return status

    with ThreadPoolExecutor(400) as pool:
        assert set(pool.map(one, range(400))) == {202}
    # the limit of the product is 1 s; four hundred Python threads share these cores with it
    assert max(waits) < 3


def test_a_caller_that_goes_away_in_the_middle_leaves_nothing(
    server: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(("127.0.0.1", server.http.port)) as caller:
        caller.sendall(b"POST /alertmanager HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n{")
    deadline = time.monotonic() + 5
    while not server.metric("calls_total", source="alertmanager", status="gone"):
        assert time.monotonic() < deadline
    assert server.get("/api/v1/incidents").json == []
    assert not [record for record in caplog.records if record.exc_info]


def test_nothing_that_can_be_stored_is_503(server: Served) -> None:
    with server.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE telling RENAME TO gone")
    answer = server.post("/alertmanager", ONE)
    assert answer.status == 503
    assert answer.text.strip()
    assert server.metric("errors_total", reason="store_unavailable") == 1


def test_a_path_with_a_slash_at_its_end_is_not_redirected(server: Served) -> None:
    # Alertmanager would follow as GET without the body: an alert lost
    assert server.post("/alertmanager/", ONE).status == 202
    assert server.post("/line/", b'{"text": "x"}').status == 404


def test_another_method_is_405(server: Served) -> None:
    assert server.get("/alertmanager").status == 405
