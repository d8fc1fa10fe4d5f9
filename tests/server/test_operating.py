"""Health, readiness, reload, metrics and the read-only API, as an operator meets them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sms_notify.errors import leaves
from sms_notify.metrics import Metrics
from sms_notify.model import MessageState, Verdict

from .serving import ONE, Served, served


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as running:
        yield running


def test_ready_is_503_with_the_reason_while_a_part_does_not_work(server: Served) -> None:
    server.ready = (False, {"store": "the disk is full"})
    answer = server.get("/-/ready")
    assert answer.status == 503
    assert answer.json == {"ready": False, "parts": {"store": "the disk is full"}}
    assert server.get("/-/healthy").status == 200


def test_a_bad_configuration_is_refused_with_every_problem(server: Served) -> None:
    server.problems.extend(["config.yaml:3: people: missing", "config.yaml:9: route: missing"])
    answer = server.post("/-/reload")
    assert answer.status == 422
    assert answer.text.splitlines()[1:] == server.problems
    assert server.metric("config_last_reload_successful") == 0
    server.problems.clear()
    assert server.post("/-/reload").status == 200
    assert server.metric("config_last_reload_successful") == 1


def test_every_reason_verdict_and_state_is_on_the_first_page_at_zero() -> None:
    page = Metrics().page().decode()
    for leaf in leaves():
        assert f'sms_notify_errors_total{{reason="{leaf.reason}"}} 0.0' in page
    for verdict in Verdict:
        assert f'sms_notify_verdicts_total{{verdict="{verdict}"}} 0.0' in page
    for state in MessageState:
        assert f'sms_notify_messages_total{{state="{state}"}} 0.0' in page


def test_metrics_tell_what_waits_and_hold_no_text_of_an_alert(server: Served) -> None:
    server.post("/alertmanager", ONE)
    page = server.get("/metrics").text
    assert 'sms_notify_waiting_messages{state="queued"} 1.0' in page
    assert 'sms_notify_verdicts_total{verdict="told"} 1.0' in page
    assert "sms_notify_open_incidents 1.0" in page
    assert "AlwaysFiring" not in page
    assert "张伟" not in page


def test_metrics_answer_while_the_store_does_not(server: Served) -> None:
    with server.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE message RENAME TO gone")
    answer = server.get("/metrics")
    assert answer.status == 200
    assert "sms_notify_store_up 0.0" in answer.text


def test_the_api_lists_messages_masked_with_their_history(server: Served) -> None:
    server.post("/alertmanager", ONE)
    [message] = server.get("/api/v1/messages?state=queued").json
    assert message["phone"] == "138****0001"
    assert message["person"] == "张伟"
    assert message["code"] == server.get("/api/v1/incidents").json[0]["code"]
    assert message["events"][0]["what"] == "queued"
    assert server.get("/api/v1/messages?state=held").json == []
    assert server.get("/api/v1/messages?person=x").json == []
    assert server.get(f"/api/v1/messages?before={message['id']}").json == []


def test_an_incident_is_found_by_code_and_by_id_with_all_decisions(server: Served) -> None:
    server.post("/alertmanager", ONE)
    [listed] = server.get("/api/v1/incidents?state=open").json
    by_code = server.get(f"/api/v1/incidents/{listed['code']}").json
    assert by_code == server.get(f"/api/v1/incidents/{listed['id']}").json
    [telling] = by_code["tellings"]
    assert (telling["person"], telling["verdict"]) == ("张伟", "told")
    assert by_code["alerts"][0]["name"] == "AlwaysFiring"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/messages/7", 404),
        ("/api/v1/incidents/7", 404),
        ("/api/v1/messages/x", 422),
        ("/api/v1/messages?state=nonsense", 422),
        ("/api/v1/messages?limit=100000", 422),
        (f"/api/v1/messages/{10**30}", 422),
        (f"/api/v1/incidents/{10**30}", 422),
        (f"/api/v1/messages?incident={10**30}", 422),
        ("/api/v1/messages?person=%00", 422),
        (f"/api/v1/messages?before={10**30}", 422),
    ],
)
def test_the_api_names_what_is_not_there(server: Served, path: str, status: int) -> None:
    assert server.get(path).status == status


def test_the_api_is_503_while_the_store_does_not_answer(server: Served) -> None:
    with server.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE message RENAME TO gone")
    assert server.get("/api/v1/messages").status == 503


def test_the_api_describes_itself(server: Served) -> None:
    described = server.get("/api/v1/openapi.json").json
    assert set(described["paths"]) == {
        "/api/v1/messages",
        "/api/v1/messages/{number}",
        "/api/v1/incidents",
        "/api/v1/incidents/{code}",
        "/api/v1/incidents/{code}/acknowledge",
        "/api/v1/incidents/{code}/escalate",
        "/api/v1/incidents/{code}/mute",
        "/api/v1/overrides",
        "/api/v1/overrides/{number}",
        "/api/v1/planned",
        "/api/v1/planned/{number}",
    }
