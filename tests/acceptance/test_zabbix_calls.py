"""POST /zabbix on the running service: whom *Send to* may name, and what stays unresolved."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from sms_notify.simulator import Simulator
from tests.programs.process import wait_until
from tests.programs.product import Serve, texts

from .site import PEOPLE, START, Answer, ask, rows, site, store_of

EVENT = {
    "event_id": "17",
    "event_value": "1",
    "severity": "4",
    "date": "2026.08.05",
    "time": "09:16:23",
    "recovery_id": "{EVENT.RECOVERY.ID}",
    "update_status": "0",
    "update_action": "{EVENT.UPDATE.ACTION}",
    "update_user": "{USER.FULLNAME}",
    "tags": "[]",
    "host": "db-01",
    "name": "磁盘满",
    "opdata": "",
    "update_message": "{EVENT.UPDATE.MESSAGE}",
}
NIGHT_AND_DAY = {"rotate": ["李娜"], "every": "1d", "handoff": "10:00", "since": "2026-01-05"}


def running(serve: START, sim: Simulator) -> Serve:
    blocks: dict[str, Any] = {
        "teams": {"数据库组": ["李娜", "王磊"]},
        "schedules": {"数据库值班": NIGHT_AND_DAY},
        "receivers": [{"name": "三人", "to": list(PEOPLE)}, {"name": "应急", "to": "王磊"}],
    }
    return serve(site(sim.url) | blocks)


def call(service: Serve, sendto: str, **fields: str) -> Answer:
    """What the alert script posts: our template's lines, some of them replaced."""
    message = "".join(f"{key}: {value}\r\n" for key, value in (EVENT | fields).items())
    said = {"sendto": sendto, "subject": "PROBLEM: 磁盘满", "message": f"{message}text:\r\n"}
    # the script's Content-Type is curl's own: a form, which the service also takes unnamed
    return ask(service.url, "POST", "/zabbix", urlencode(said).encode())


def told(sim: Simulator, number: int) -> list[str]:
    """Who was told, once there are so many SMS."""
    wait_until(f"{number} SMS", lambda: len(sim.gateway.phones.all()) >= number)
    assert len(sim.gateway.phones.all()) == number
    return [name for name, phone in PEOPLE.items() if texts(sim, phone)]


@pytest.mark.parametrize(
    ("sendto", "people"),
    [
        ("应急", ["王磊"]),
        ("数据库值班", ["李娜"]),
        ("数据库组", ["李娜", "王磊"]),
        ("张伟", ["张伟"]),
        (PEOPLE["李娜"], ["李娜"]),
        (f"+86 {PEOPLE['李娜']}", ["李娜"]),
    ],
    ids=["receiver", "schedule", "team", "person", "phone", "phone with country"],
)
def test_send_to_names_anyone_who_can_be_told(
    serve: START, sim: Simulator, sendto: str, people: list[str]
) -> None:
    service = running(serve, sim)
    answer = call(service, sendto)
    assert answer.status == 202
    assert '"unknown_receiver":false' in answer.text
    assert told(sim, len(people)) == people


def test_an_unknown_recipient_is_told_to_the_root_receiver_and_counted(
    serve: START, sim: Simulator
) -> None:
    service = running(serve, sim)
    answer = call(service, "没有这个组")
    assert answer.status == 202
    assert '"unknown_receiver":true' in answer.text
    assert told(sim, 3) == list(PEOPLE)
    page = ask(service.url, "GET", "/metrics").text
    assert 'sms_notify_unknown_receivers_total{source="zabbix"} 1.0' in page
    assert "unknown_receiver_root_told" in service.output()
    assert "没有这个组" in service.output()


def test_a_macro_that_zabbix_did_not_resolve_is_in_no_text_and_no_label(
    serve: START, sim: Simulator
) -> None:
    service = running(serve, sim)
    unresolved = {"host": "{HOST.NAME}", "opdata": "*UNKNOWN*", "severity": "{EVENT.NSEVERITY}"}
    assert call(service, "张伟", **unresolved).status == 202
    assert told(sim, 1) == ["张伟"]
    [text] = texts(sim, PEOPLE["张伟"])
    assert text == "警告 磁盘满 09:16"
    kept = rows(store_of(service), "SELECT name, summary, labels, annotations FROM alert")
    assert not any(mark in str(kept) for mark in ("{HOST", "{EVENT", "{USER", "UNKNOWN"))


def test_an_unresolved_send_to_goes_to_the_root_receiver(serve: START, sim: Simulator) -> None:
    service = running(serve, sim)
    assert '"unknown_receiver":true' in call(service, "{ALERT.SENDTO}").text
    assert told(sim, 3) == list(PEOPLE)


def test_nothing_to_say_is_refused_in_one_line_without_a_phone_number(
    serve: START, sim: Simulator
) -> None:
    service = running(serve, sim)
    said = {"sendto": PEOPLE["张伟"], "subject": " ", "message": ""}
    answer = ask(service.url, "POST", "/zabbix", urlencode(said).encode())
    assert answer.status == 400
    assert answer.text.count("\n") == 1
    assert PEOPLE["张伟"] not in answer.text + service.output()


def test_a_number_of_nobody_is_masked_wherever_it_is_said(serve: START, sim: Simulator) -> None:
    service = running(serve, sim)
    answer = call(service, "13900139000")
    assert '"unknown_receiver":true' in answer.text
    assert told(sim, 3) == list(PEOPLE)
    page = ask(service.url, "GET", "/metrics").text
    assert "13900139000" not in answer.text + service.output() + page
