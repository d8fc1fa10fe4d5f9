"""Who may call what: every endpoint but the two probes needs a token, once there are tokens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .serving import ONE, TOKEN, Served, basic, served, with_tokens

NEEDS_TOKEN = [
    ("POST", "/alertmanager"),
    ("POST", "/alertmanager/x"),
    ("POST", "/line"),
    ("POST", "/zabbix"),
    ("POST", "/-/reload"),
    ("GET", "/metrics"),
    ("GET", "/api/v1/messages"),
    ("GET", "/api/v1/incidents/1"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/whatever"),
    ("GET", "//api/v1/messages"),
    ("GET", "/-/healthy/"),
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, with_tokens()) as running:
        yield running


@pytest.mark.parametrize(("method", "path"), NEEDS_TOKEN)
def test_without_a_token_nothing_but_the_probes_answers(
    server: Served, method: str, path: str
) -> None:
    answer = server.ask(method, path, b"{}")
    assert answer.status == 401
    assert "Bearer" in answer.headers["www-authenticate"]
    assert TOKEN not in answer.text
    assert server.metric("unauthorized_total") == 1


@pytest.mark.parametrize(
    "header",
    [
        f"Bearer {TOKEN}",
        f"bearer  {TOKEN} ",
        "Bearer second-token-word",
        basic("anyone", TOKEN),
        basic("", TOKEN),
    ],
)
def test_any_of_the_tokens_opens_as_bearer_or_as_basic_password(
    server: Served, header: str
) -> None:
    assert server.post("/alertmanager", ONE, Authorization=header).status == 202


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Token {TOKEN}",
        TOKEN,
        "Basic !!!",
        basic(TOKEN, ""),
        basic(TOKEN, "x"),
        "Basic " + "QQ==",
        "Bearer \xff\xfe",
    ],
)
def test_anything_else_does_not(server: Served, header: str) -> None:
    assert server.post("/alertmanager", ONE, Authorization=header).status == 401
    assert not server.metric("alerts_total", source="alertmanager")


def test_the_probes_answer_everybody_and_tell_details_only_with_a_token(server: Served) -> None:
    assert server.get("/-/healthy").text == "healthy\n"
    assert server.get("/-/ready").json == {"ready": True}
    known = server.get("/-/ready", Authorization=f"Bearer {TOKEN}")
    assert known.json == {"ready": True, "parts": {"store": "ok"}}


def test_an_endpoint_that_is_open_needs_no_token(tmp_path: Path) -> None:
    with served(tmp_path, with_tokens("metrics, line")) as running:
        assert running.get("/metrics").status == 200
        assert running.post("/line", b'{"text": "x"}').status == 202
        assert running.post("/alertmanager", ONE).status == 401
        assert running.get("/api/v1/messages").status == 401


def test_a_refused_caller_may_go_on_with_the_same_connection(server: Served) -> None:
    connection = server.connect()
    connection.request("POST", "/alertmanager", ONE)
    assert connection.getresponse().read().startswith(b"a token is needed")
    connection.request("POST", "/alertmanager", ONE, {"Authorization": f"Bearer {TOKEN}"})
    assert connection.getresponse().status == 202
    connection.close()
