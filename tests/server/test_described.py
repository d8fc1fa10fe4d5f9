"""The API is what its description says: hundreds of requests made from that alone.

Schemathesis is run as the program that it is, since as a plugin it would be loaded by every test.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .serving import ONE, TOKEN, Served, served, with_tokens

EXAMPLES = 25
"""Requests of each endpoint beside those of every bound; 471 in all, 3 s."""

NOT_ASKED = "positive_data_acceptance"
"""That what fits the description is accepted: names and moments of overrides are of the site."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, with_tokens()) as running:
        running.headers["Authorization"] = f"Bearer {TOKEN}"
        assert running.post("/alertmanager", ONE).status == 202
        yield running


def test_the_api_is_what_its_description_says(server: Served, tmp_path: Path) -> None:
    (tmp_path / "described.json").write_text(server.get("/api/v1/openapi.json").text)
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", "described.json",
        "--url", f"http://127.0.0.1:{server.http.port}", "--exclude-checks", NOT_ASKED,
        "-H", f"Authorization: Bearer {TOKEN}", "-n", str(EXAMPLES), "--seed", "1", "--no-color",
        "--generation-database", "none",
    ]  # fmt: skip
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "12/12" in ran.stdout  # every operation was tested


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/api/v1/overrides", "GET, POST"),
        ("PUT", "/api/v1/messages/3", "GET"),
        ("GET", "/-/reload", "POST"),
    ],
)
def test_what_may_be_asked_of_a_path_is_said(
    server: Served, method: str, path: str, allowed: str
) -> None:
    answer = server.ask(method, path)
    assert (answer.status, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("incidents/1/mute", {"for": "soon"}, "for: "),
        ("incidents/1/mute", {"for": 3}, "for: "),
        ("incidents/x/mute", {}, "code: "),
        ("overrides", {"who": [], "x" * 9_000: 1}, "schedule: "),
        ("overrides", {str(n): n for n in range(500)}, "and "),
    ],
)
def test_every_refusal_has_one_shape_and_says_where(
    server: Served, path: str, body: object, said: str
) -> None:
    raw = json.dumps(body).encode()
    answer = server.post(f"/api/v1/{path}", raw, Content_Type="application/json")
    assert answer.status == 422
    assert said in answer.json["detail"]
    assert len(answer.json["detail"]) < 1_000


def test_clients_read_of_the_description_that_a_token_is_needed(server: Served) -> None:
    described = server.get("/api/v1/openapi.json").json
    kinds = {each["scheme"] for each in described["components"]["securitySchemes"].values()}
    assert kinds == {"bearer", "basic"}
    assert described["security"] == [{"token": []}, {"user": []}]
    for operations in described["paths"].values():
        for operation in operations.values():
            assert {"401", "403", "503"} <= set(operation["responses"])


@pytest.mark.parametrize(
    ("raw", "kind", "said"),
    [
        (b"{}", "application/x-www-form-urlencoded", "sent with Content-Type: application/json"),
        (b'{"for":"2h"}', "text/plain", "sent with Content-Type: application/json"),
        (b"[]", "application/json", "body: expected a JSON object"),
        (b"for=2h", "application/json", "body: is not JSON"),
    ],
)
def test_a_body_that_is_no_object_is_told_what_to_send(
    server: Served, raw: bytes, kind: str, said: str
) -> None:
    answer = server.post("/api/v1/incidents/1/mute", raw, Content_Type=kind)
    assert answer.status == 422
    assert said in answer.json["detail"]
