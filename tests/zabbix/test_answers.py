"""Somebody answers, and a real Zabbix knows of it; it is asked, and says what still burns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from sms_notify.config.secret import Secret
from sms_notify.model import SECOND
from sms_notify.simulator import Simulator
from sms_notify.upstream import Came, Life, ZabbixApi
from tests.programs.process import wait_until
from tests.programs.product import PHONE, Serve, config, texts, wait_for_texts
from tests.programs.receiver import Receiver
from tests.programs.zabbix import Zabbix
from tests.programs.zabbix_api import PASSWORD

from .conftest import BY_SCRIPT, BY_WEBHOOK, NUMBERS, TOKEN, Watched, local_zone, point

Make = Callable[..., Watched]
USER_ROLE, READ, DENY = "1", 2, 0


@dataclass(frozen=True)
class Caller:
    """The user as whom sms-notify calls Zabbix, as the instructions make it."""

    name: str
    token: str


def caller(zabbix: Zabbix, permission: int) -> Caller:
    api, name = zabbix.api, f"sms-notify-{next(NUMBERS)}"
    group = api.id_of("hostgroup", "groupid", name="Linux servers")
    rights = [{"id": group, "permission": permission}]
    users = api.create("usergroup", name=name, rights=rights)
    user = api.create(
        "user", username=name, passwd=PASSWORD, roleid=USER_ROLE, usrgrps=[{"usrgrpid": users}]
    )
    token = api.create("token", name=name, userid=user)
    [made] = api("token.generate", [token])
    return Caller(name, made["token"])


@pytest.fixture(scope="module")
def reader(installed: Zabbix) -> Caller:
    """May read the hosts, and no more."""
    return caller(installed, READ)


@pytest.fixture
def answering(
    installed: Zabbix,
    listening: Receiver,
    reader: Caller,
    sim: Simulator,
    serve: Callable[[Mapping[str, Any]], Serve],
) -> Iterator[Serve]:
    """A running sms-notify that Zabbix calls, that polls for replies and calls Zabbix back."""
    settings = config(sim.url)
    settings["gateways"][0]["poll"] = {"reports": 0, "replies": "2s"}
    settings |= {
        "global": {"timezone": local_zone()},
        "server": {"tokens": [{"name": "zabbix", "token": TOKEN}]},
        "throttle": {"per_person": ["100/1m"]},
        "upstream": {"zabbix": {"url": installed.api.url, "token": reader.token}},
    }
    running = serve(settings)
    point(installed, running.url)
    yield running
    point(installed, listening.url)


def code_of(text: str) -> str:
    found = re.search(r"回(\d+)确认", text)
    assert found, text
    return found[1]


def updates(zabbix: Zabbix, event: str) -> list[dict[str, str]]:
    wanted = {"eventids": event, "select_acknowledges": "extend", "output": ["acknowledged"]}
    [found] = zabbix.api("event.get", wanted)
    told: list[dict[str, str]] = found["acknowledges"] if found["acknowledged"] == "1" else []
    return told


@pytest.mark.parametrize("way", [BY_SCRIPT, BY_WEBHOOK])
def test_a_reply_acknowledges_the_event_with_the_persons_name_and_pages_nobody(
    answering: Serve, installed: Zabbix, reader: Caller, sim: Simulator, watched: Make, way: str
) -> None:
    one = watched(way, sendto="值班")
    one.set(91)
    [page] = wait_for_texts(sim, 1)
    sim.gateway.reply(PHONE, code_of(page))
    [said] = wait_until("the acknowledgement", lambda: updates(installed, one.event()))
    assert said["message"] == "张伟 短信确认"
    assert said["username"] == reader.name
    one.sent(2)  # the problem and the update about our acknowledgement: sms-notify took it
    one.set(0)
    one.sent(3)
    page, answer, end = wait_for_texts(sim, 3)
    assert answer.startswith("已确认")
    assert end.startswith("恢复")
    assert len(texts(sim)) == 3


def test_a_look_says_burning_acknowledged_and_over_as_zabbix_does(
    installed: Zabbix, reader: Caller, watched: Make
) -> None:
    api = ZabbixApi(installed.api.url, Secret(reader.token))
    one = watched(BY_WEBHOOK)
    one.set(1)
    event = one.event()
    assert api.check().came is Came.done
    assert api.look([event]).found[event].life is Life.burns
    installed.api.acknowledge(event, "我来")
    sight = api.look([event]).found[event]
    # a user of this role may not read the names of others
    assert (sight.life, sight.acked_by) == (Life.burns, "Zabbix")
    assert sight.acked_at > 0
    one.set(0)
    sight = wait_until(
        "the end",
        lambda: found if (found := api.look([event]).found[event]).life is Life.gone else None,
    )
    [[recovery]] = [
        installed.api("event.get", {"eventids": row["r_eventid"], "output": ["clock"]})
        for row in installed.api("event.get", {"eventids": event, "output": ["r_eventid"]})
    ]
    assert sight.ended_at == int(recovery["clock"]) * SECOND


def test_acknowledging_twice_works_and_what_may_not_be_seen_is_refused(
    installed: Zabbix, reader: Caller, watched: Make
) -> None:
    one = watched(BY_WEBHOOK)
    one.set(1)
    event = one.event()
    api = ZabbixApi(installed.api.url, Secret(reader.token))
    assert [api.acknowledge([event], "张伟 短信确认").came for _ in range(2)] == [Came.done] * 2
    blind = ZabbixApi(installed.api.url, Secret(caller(installed, DENY).token))
    told = blind.acknowledge([event], "张伟 短信确认")
    assert (told.came, told.reason) == (Came.refused, "no_permission")
    assert blind.look([event]).found == {}
    nobody = ZabbixApi(installed.api.url, Secret("0" * 64))
    told = nobody.acknowledge([event], "x")
    assert (told.came, told.reason) == (Came.refused, "token")
