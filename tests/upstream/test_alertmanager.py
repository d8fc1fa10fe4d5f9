"""Alertmanager's API, and everything odd that may come instead."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses

from sms_notify.config.secret import Secret
from sms_notify.model import HOUR, MINUTE, SECOND
from sms_notify.upstream import AlertmanagerApi, Came, Life

URL = "http://alertmanager.test:9093"
NOW = 1_795_000_000 * SECOND
STARTED = "2026-11-18T10:00:00.000Z"
STARTED_AT = 1_794_996_000 * SECOND
PASSWORD = "geheim-42"


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def api(token: str = "", user: str = "", password: str = "") -> AlertmanagerApi:
    return AlertmanagerApi(URL, Secret(token), user, Secret(password))


def alert(fingerprint: str, state: str = "active", by: tuple[str, ...] = ()) -> dict[str, Any]:
    status = {"state": state, "silencedBy": list(by), "inhibitedBy": []}
    return {"fingerprint": fingerprint, "labels": {"alertname": "X"}, "status": status}


def hold(net: responses.RequestsMock, *alerts: Any, uptime: str = STARTED) -> None:
    net.add("GET", f"{URL}/api/v2/status", json={"uptime": uptime})
    net.add("GET", f"{URL}/api/v2/alerts", json=list(alerts))


def test_what_it_holds_burns_or_is_suppressed_and_by_which_silence(
    net: responses.RequestsMock,
) -> None:
    hold(net, alert("a"), alert("b", "suppressed", ("s1",)), "odd")
    held = api().held()
    assert held.told.came is Came.done
    assert held.sight("a", NOW, NOW).life is Life.burns
    assert held.sight("b", NOW, NOW).by == ("s1",)
    assert held.labels["a"] == {"alertname": "X"}


def test_what_it_does_not_hold_is_over_only_if_it_must_know(net: responses.RequestsMock) -> None:
    hold(net)
    held = api().held()
    assert held.since == STARTED_AT
    soon = STARTED_AT + MINUTE
    assert held.sight("a", STARTED_AT - HOUR, soon).life is Life.unknown  # it was restarted
    assert held.sight("a", STARTED_AT + SECOND, soon).life is Life.gone  # it told us itself
    assert held.sight("a", STARTED_AT - HOUR, STARTED_AT + HOUR).life is Life.gone


def test_a_silence_says_who_and_names_its_alerts(net: responses.RequestsMock) -> None:
    net.add("POST", f"{URL}/api/v2/silences", json={"silenceID": "s1"})
    matcher = {"name": "a", "value": "b", "isRegex": False, "isEqual": True}
    told = api().silence([matcher], NOW, NOW + HOUR, "张伟", "ACK! 张伟 短信确认")
    assert (told.came, told.ids) == (Came.done, ("s1",))
    made = json.loads(net.calls[0].request.body or b"")
    assert made == {
        "matchers": [matcher],
        "startsAt": "2026-11-18T11:06:40.000+00:00",
        "endsAt": "2026-11-18T12:06:40.000+00:00",
        "createdBy": "张伟",
        "comment": "ACK! 张伟 短信确认",
    }


def test_our_silences_in_force_are_found_by_their_mark(net: responses.RequestsMock) -> None:
    def row(number: str, comment: Any, state: str = "active") -> dict[str, Any]:
        return {"id": number, "comment": comment, "status": {"state": state}}

    mine = "ACK! 张伟 短信确认 (sms-notify 12.7)"
    rows = [row("1", mine), row("2", mine, "expired"), row("3", "ACK! other"), row("4", None), 5]
    net.add("GET", f"{URL}/api/v2/silences", json=rows)
    assert api().silences("(sms-notify 12.7)").ids == ("1",)


@pytest.mark.parametrize(
    ("status", "body", "came"),
    [
        (200, "", Came.done),
        (404, "", Came.done),
        (500, '"silence 1 already expired"', Came.done),
        (500, '"disk full"', Came.later),
        (403, "", Came.refused),
    ],
)
def test_a_silence_that_is_over_needs_no_end(
    net: responses.RequestsMock, status: int, body: str, came: Came
) -> None:
    net.add("DELETE", f"{URL}/api/v2/silence/a%2Fb", status=status, body=body)
    assert api().expire("a/b").came is came


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ({}, None),
        ({"token": "t0ken"}, "Bearer t0ken"),
        (
            {"user": "sms", "password": PASSWORD},
            "Basic " + base64.b64encode(f"sms:{PASSWORD}".encode()).decode(),
        ),
    ],
)
def test_it_is_asked_as_the_configuration_says(
    net: responses.RequestsMock, given: dict[str, str], header: str | None
) -> None:
    hold(net)
    assert api(**given).check().came is Came.done
    assert net.calls[0].request.headers.get("Authorization") == header


ODD: list[tuple[dict[str, Any], Came, str]] = [
    ({"body": b"<html>", "status": 200}, Came.later, "not_json"),
    ({"body": b"{}", "status": 200}, Came.later, "not_alertmanager"),
    ({"body": b"", "status": 503}, Came.later, "http_503"),
    ({"body": PASSWORD.encode(), "status": 401}, Came.refused, "token"),
    (
        {"body": b"", "status": 301, "headers": {"Location": "http://x.test"}},
        Came.refused,
        "http_301",
    ),
    ({"body": requests.exceptions.ConnectTimeout(PASSWORD)}, Came.later, "timeout"),
]


@pytest.mark.parametrize(("answer", "came", "reason"), ODD)
def test_whatever_stands_there_instead_is_an_outcome(
    net: responses.RequestsMock, answer: dict[str, Any], came: Came, reason: str
) -> None:
    for method, path in (
        ("GET", "status"),
        ("GET", "alerts"),
        ("GET", "silences"),
        ("POST", "silences"),
    ):
        net.add(method, f"{URL}/api/v2/{path}", **answer)
    lent = api(user="sms", password=PASSWORD)
    for told in (lent.held().told, lent.silences("x"), lent.silence([], 0, 1, "a", "b")):
        assert (told.came, told.reason) == (came, reason)
        assert PASSWORD not in repr(told)
