"""The API that acts: incidents by code, overrides; bounded, and who acted is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .serving import ONE, TOKEN, Answer, Served, served, with_tokens

LATER = "schedules: {值班: {rotate: [张伟], every: 1w, handoff: Mon 10:00, since: 2099-01-05}}\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, with_tokens() + LATER) as running:
        running.headers["Authorization"] = f"Bearer {TOKEN}"
        assert running.post("/alertmanager", ONE).status == 202
        yield running


def code(server: Served) -> int:
    found: int = server.get("/api/v1/incidents").json[0]["code"]
    return found


def post(server: Served, path: str, body: Any = None) -> Answer:
    raw = b"" if body is None else json.dumps(body).encode()
    return server.post(f"/api/v1/{path}", raw, Content_Type="application/json")


def test_the_first_takes_it_and_the_second_hears_by_whom(server: Served) -> None:
    number = code(server)
    [first] = post(server, f"incidents/{number}/acknowledge", {"by": "张伟"}).json
    [second] = post(server, f"incidents/{number}/acknowledge").json
    assert (first["came"], first["acknowledged_by"]) == ("done", "张伟")
    assert (second["came"], second["acknowledged_by"]) == ("taken", "张伟")
    story = server.get(f"/api/v1/incidents/{number}").json
    said = [each["detail"] for each in story["events"] if each["what"] == "acknowledged"]
    assert said == ["over the API with token alertmanager by 张伟"]


def test_without_a_name_it_is_the_token_that_acts(server: Served) -> None:
    [done] = post(server, f"incidents/{code(server)}/acknowledge", {}).json
    assert done["acknowledged_by"] == "alertmanager"


def test_a_mute_is_bounded_and_says_until_when(server: Served) -> None:
    number = code(server)
    [muted] = post(server, f"incidents/{number}/mute", {"for": "9d"}).json
    assert muted["came"] == "done"
    assert muted["muted_until"] is not None
    wrong = post(server, f"incidents/{number}/mute", {"for": "soon"})
    assert wrong.status == 422
    assert "not a time" in wrong.text


def test_escalating_tells_somebody_more(server: Served) -> None:
    before = len(server.get("/api/v1/messages").json)
    [done] = post(server, f"incidents/{code(server)}/escalate").json
    assert done["came"] == "done"
    assert len(server.get("/api/v1/messages").json) >= before


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("incidents/99999/acknowledge", None, 404),
        ("incidents/-1/acknowledge", None, 422),
        ("incidents/x/acknowledge", None, 422),
        ("incidents/10/close", None, 404),
        ("incidents/10/acknowledge", {"by": ""}, 422),
        ("incidents/10/acknowledge", {"by": "x" * 201}, 422),
        ("incidents/10/acknowledge", {"by": "a\nb"}, 422),
        ("incidents/10/acknowledge", {"who": "x"}, 422),
        ("incidents/10/acknowledge", ["x"], 422),
        ("overrides", {}, 422),
        ("overrides", {"schedule": "别处", "from": "2099-01-01 10:00", "until": "2099-01-02 10:00",
                       "who": []}, 422),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(server: Served, path: str, body: Any, status: int) -> None:
    assert post(server, path, body).status == status


def test_a_large_body_is_refused_before_it_is_read(server: Served) -> None:
    answer = post(server, "overrides", {"schedule": "x" * 70_000})
    assert answer.status == 413
    assert "65536" in answer.text


def test_nothing_acts_without_a_token(server: Served) -> None:
    number = code(server)
    server.headers.clear()
    for path in (f"incidents/{number}/acknowledge", "overrides"):
        assert post(server, path, {}).status == 401
    assert server.ask("DELETE", "/api/v1/overrides/1").status == 401


def test_an_override_is_made_listed_counted_and_taken_back(server: Served) -> None:
    schedule = next(iter(server.rules.config.schedules))
    person = list(server.rules.config.people)[-1]
    asked = {"schedule": schedule, "from": "2020-01-01 10:00", "until": "2099-01-01 10:00"}
    refused = post(server, "overrides", {**asked, "who": [person]})
    assert refused.status == 422
    assert "more than a year" in refused.text
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    asked |= {"from": now.isoformat(), "until": (now + timedelta(days=1)).isoformat()}
    made = post(server, "overrides", {**asked, "who": [person], "by": "李工"})
    assert made.status == 201
    [listed] = server.get("/api/v1/overrides").json
    assert (listed["id"], listed["who"], listed["made_by"]) == (made.json["id"], [person], "李工")
    calendar = server.get("/oncall.ics").text
    assert f"{schedule}: {person}" in calendar.replace("\r\n ", "")
    assert server.ask("DELETE", f"/api/v1/overrides/{listed['id']}").status == 204
    assert server.ask("DELETE", f"/api/v1/overrides/{listed['id']}").status == 404
    assert server.get("/api/v1/overrides").json == []


def test_the_api_is_described(server: Served) -> None:
    paths = server.get("/api/v1/openapi.json").json["paths"]
    assert "post" in paths["/api/v1/incidents/{code}/mute"]
    assert set(paths["/api/v1/overrides"]) == {"get", "post"}
