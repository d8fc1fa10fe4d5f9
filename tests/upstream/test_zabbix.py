"""Zabbix' API as versions and web servers answer it, and everything odd that may come instead."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import responses

from sms_notify.config.secret import Secret
from sms_notify.model import SECOND
from sms_notify.upstream import Came, Life, ZabbixApi

URL = "http://zabbix.test/api_jsonrpc.php"
TOKEN = "0123456789abcdef-geheim"
NOT_AUTHORISED = {"code": -32602, "message": "Invalid params.", "data": "Not authorized."}
TERMINATED = {
    "code": -32602,
    "message": "Invalid params.",
    "data": "Session terminated, re-login, please.",
}
NO_PERMISSION = {
    "code": -32500,
    "message": "Application error.",
    "data": "No permissions to referred object or it does not exist!",
}


@dataclass
class Frontend:
    """Answers as a version of Zabbix does; `swallows` the header as some Apaches do."""

    version: str = "6.0.14"
    swallows: bool = False
    result: Any = None
    error: dict[str, Any] | None = None
    asked: list[tuple[str, bool, bool]] = field(default_factory=list)
    said: list[Any] = field(default_factory=list)

    def __call__(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        content = json.loads(request.body or b"")
        header = request.headers.get("Authorization") == f"Bearer {TOKEN}"
        body = content.get("auth") == TOKEN
        self.asked.append((content["method"], body, header))
        self.said.append(content["params"])
        told = {"jsonrpc": "2.0", "id": content["id"], **self._answer(content, body, header)}
        return 200, {}, json.dumps(told)

    def _answer(self, content: dict[str, Any], body: bool, header: bool) -> dict[str, Any]:
        number = tuple(map(int, self.version.split(".")[:2]))
        if body and number >= (7, 2):
            data = 'Invalid parameter "/": unexpected parameter "auth".'
            return {"error": {"code": -32600, "message": "Invalid request.", "data": data}}
        if content["method"] == "apiinfo.version":
            refused = header or body
            return {"error": NOT_AUTHORISED} if refused else {"result": self.version}
        if not (body or (header and number >= (6, 4) and not self.swallows)):
            return {"error": NOT_AUTHORISED}
        return {"error": self.error} if self.error else {"result": self.result}


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def at(net: responses.RequestsMock, frontend: Frontend) -> ZabbixApi:
    net.add_callback("POST", URL, frontend)
    return ZabbixApi(URL, Secret(TOKEN))


@pytest.mark.parametrize(
    ("version", "in_body", "in_header"),
    [
        ("6.0.14", True, False),
        ("6.2.9", True, False),
        ("6.4.0", False, True),
        ("7.0.5rc1", False, True),
        ("7.2.0", False, True),
        ("7.4.7", False, True),
    ],
)
def test_each_version_gets_the_token_where_it_reads_it(
    net: responses.RequestsMock, version: str, in_body: bool, in_header: bool
) -> None:
    other = Frontend(version, result={"eventids": [17]})
    api = at(net, other)
    assert api.acknowledge(["17"], "张伟 短信确认").came is Came.done
    assert api.acknowledge(["17"], "张伟 短信确认").came is Came.done
    acknowledge = ("event.acknowledge", in_body, in_header)
    assert other.asked == [("apiinfo.version", False, False), acknowledge, acknowledge]
    assert other.said[1] == {"eventids": ["17"], "action": 6, "message": "张伟 短信确认"}


def test_an_upgrade_while_we_run_is_noticed(net: responses.RequestsMock) -> None:
    other = Frontend("6.0.14", result={})
    api = at(net, other)
    assert api.acknowledge(["1"], "x").came is Came.done
    other.version = "7.2.1"
    assert api.acknowledge(["1"], "x").came is Came.done
    assert other.asked[-1] == ("event.acknowledge", False, True)


@pytest.mark.parametrize("version", ["6.4.0", "7.0.3"])
def test_a_web_server_that_swallows_the_header_is_spoken_to_in_the_body(
    net: responses.RequestsMock, version: str
) -> None:
    other = Frontend(version, swallows=True, result={})
    api = at(net, other)
    assert api.acknowledge(["1"], "x").came is Came.done
    assert api.acknowledge(["1"], "x").came is Came.done
    assert [each[1:] for each in other.asked[-2:]] == [(True, False), (True, False)]


def test_a_wrong_token_is_refused_for_good_and_never_shown(net: responses.RequestsMock) -> None:
    other = Frontend("7.0.0", error={**TERMINATED, "data": f"Session terminated {TOKEN}"})
    told = at(net, other).acknowledge(["1"], "x")
    assert (told.came, told.reason) == (Came.refused, "token")
    assert TOKEN not in repr(told)


@pytest.mark.parametrize(
    ("error", "came", "reason"),
    [
        (TERMINATED, Came.refused, "token"),
        (NO_PERMISSION, Came.refused, "no_permission"),
        ({"code": -32602, "message": "Invalid params.", "data": "x"}, Came.refused, "invalid"),
        (
            {"code": -32500, "message": "Application error.", "data": "SQL"},
            Came.later,
            "zabbix_error",
        ),
        ({"code": -32603, "message": "Internal error."}, Came.later, "zabbix_error"),
        ({"code": "x", "message": 3, "data": ["y"]}, Came.later, "zabbix_error"),
    ],
)
def test_an_error_is_for_good_only_where_the_same_again_would_be_refused(
    net: responses.RequestsMock, error: dict[str, Any], came: Came, reason: str
) -> None:
    other = Frontend(error=error)
    told = at(net, other).acknowledge(["1"], "x")
    assert (told.came, told.reason) == (came, reason)


ODD: list[tuple[dict[str, Any], Came, str]] = [
    ({"body": b"<html>502 Bad Gateway</html>", "status": 502}, Came.later, "http_502"),
    ({"body": b"<html>login</html>", "status": 200}, Came.later, "not_json"),
    ({"body": b"[]", "status": 200}, Came.later, "not_json"),
    (
        {"body": b'{"jsonrpc":"2.0","result":"6.0.1","id":99}', "status": 200},
        Came.later,
        "not_json",
    ),
    ({"body": b'{"error":"x"}', "status": 200}, Came.later, "not_json"),
    ({"body": b"", "status": 200}, Came.later, "not_json"),
    ({"body": b"\xff\xfe", "status": 200}, Came.later, "not_json"),
    ({"body": b"x" * (9 * 1024 * 1024), "status": 200}, Came.later, "too_large"),
    ({"body": b"", "status": 403}, Came.refused, "http_403"),
    ({"body": b"", "status": 429}, Came.later, "http_429"),
    (
        {"body": b"", "status": 302, "headers": {"Location": "http://other.test/"}},
        Came.refused,
        "http_302",
    ),
    ({"body": requests.exceptions.ConnectionError("x")}, Came.later, "reset"),
    ({"body": requests.exceptions.ReadTimeout(TOKEN)}, Came.later, "timeout"),
    ({"body": requests.exceptions.SSLError("x")}, Came.later, "tls"),
]


@pytest.mark.parametrize(("answer", "came", "reason"), ODD)
def test_whatever_stands_there_instead_of_zabbix_is_an_outcome(
    net: responses.RequestsMock, answer: dict[str, Any], came: Came, reason: str
) -> None:
    net.add("POST", URL, **answer)
    api = ZabbixApi(URL, Secret(TOKEN))
    for told in (api.acknowledge(["1"], "x"), api.look(["1"]).told, api.check()):
        assert (told.came, told.reason) == (came, reason)
        assert TOKEN not in repr(told)


def test_a_version_that_is_none_says_that_the_url_is_wrong(net: responses.RequestsMock) -> None:
    net.add_callback("POST", URL, lambda request: (200, {}, _result(request, "x")))
    told = ZabbixApi(URL, Secret(TOKEN)).check()
    assert (told.came, told.reason) == (Came.later, "not_zabbix")
    assert "url" in told.detail


def _result(request: requests.PreparedRequest, result: Any) -> str:
    return json.dumps({"result": result, "id": json.loads(request.body or b"")["id"]})


def test_a_message_is_cut_to_what_zabbix_takes(net: responses.RequestsMock) -> None:
    other = Frontend(result={})
    at(net, other).acknowledge(["1"], "长" * 5000)
    assert len(other.said[-1]["message"]) == 2048


def test_a_look_says_what_burns_is_over_suppressed_or_not_shown(
    net: responses.RequestsMock,
) -> None:
    ack = {"userid": "3", "clock": "1790000100", "action": "6", "message": "我来"}
    first = {"eventid": "1", "r_eventid": "0", "suppressed": "0"}
    named = {"name": "李娜", "surname": "", "username": "lina"}
    other = Frontend(
        result=[
            first | {"acknowledges": [ack | named]},
            {"eventid": "2", "r_eventid": "9", "suppressed": "0", "acknowledges": []},
            {"eventid": "3", "r_eventid": "0", "suppressed": "1"},
            {"eventid": "9", "clock": "1790000000"},
        ]
    )
    looked = at(net, other).look(["1", "2", "3", "4"])
    found = looked.found
    assert looked.told.came is Came.done
    assert (found["1"].life, found["1"].acked_by) == (Life.burns, "李娜 (lina)")
    assert found["1"].acked_at == 1790000100 * SECOND
    assert (found["2"].life, found["2"].ended_at) == (Life.gone, 1790000000 * SECOND)
    assert found["3"].life is Life.suppressed
    assert "4" not in found


def test_an_acknowledgement_that_was_taken_back_is_none(net: responses.RequestsMock) -> None:
    updates = [
        {"clock": "20", "action": "16", "message": ""},
        {"clock": "10", "action": "2", "message": "", "username": "lina"},
        "odd",
    ]
    row = {"eventid": "1", "r_eventid": "0", "suppressed": "0", "acknowledges": updates}
    found = at(net, Frontend(result=[row, "odd", {"x": 1}])).look(["1"]).found
    assert found["1"].acked_by == ""


def test_a_zabbix_that_knows_the_updates_by_no_name_still_says_what_burns(
    net: responses.RequestsMock,
) -> None:
    class Strict(Frontend):
        def _answer(self, content: dict[str, Any], body: bool, header: bool) -> dict[str, Any]:
            if any("cknowledges" in key for key in content["params"]):
                data = 'Invalid parameter "/": unexpected parameter "selectAcknowledges".'
                return {"error": {"code": -32602, "message": "Invalid params.", "data": data}}
            return super()._answer(content, body, header)

    row = {"eventid": "1", "r_eventid": "0", "suppressed": "0"}
    assert at(net, Strict("7.6.0", result=[row])).look(["1"]).found["1"].life is Life.burns


def test_thousands_of_events_are_asked_for_in_bounded_calls(net: responses.RequestsMock) -> None:
    other = Frontend(result=[])
    at(net, other).look([str(number) for number in range(2500)])
    asked = [params for params in other.said if isinstance(params, dict)]
    assert [len(params["eventids"]) for params in asked] == [1000, 1000, 500]
