"""Through a real Zabbix server, everything it says arrives once, whole, and is understood."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from sms_notify import spool
from sms_notify.model import SECOND, Level
from sms_notify.sources.zabbix import update_of
from tests.programs.process import wait_until
from tests.programs.receiver import Posted, Receiver
from tests.programs.zabbix import Zabbix
from tests.programs.zabbix_api import TRAPPER, UNSIGNED

from .conftest import BY_SCRIPT, BY_WEBHOOK, FAR, SHIPPED, TOKEN, Watched

Make = Callable[..., Watched]
ACKNOWLEDGE, CLOSE, COMMENT, SEVERITY = 2, 1, 4, 8
BOTH_WAYS = pytest.mark.parametrize("way", [BY_SCRIPT, BY_WEBHOOK])


@BOTH_WAYS
def test_problem_two_updates_and_recovery_arrive_once_each(watched: Make, way: str) -> None:
    one = watched(way)
    one.set(91)
    one.sent(1)
    one.update(ACKNOWLEDGE | COMMENT, "正在看\n十分钟内回复 'ok' $(id)")
    one.sent(2)
    one.update(COMMENT, "换了一块盘")
    one.sent(3)
    one.set(0)
    one.sent(4)

    problem, first, second, recovery = one.calls()
    assert len({call.key for call in one.calls()}) == 4
    assert {call.alerts[0].fingerprint for call in one.calls()} == {one.event()}
    assert all(call.group == {"eventid": one.event()} for call in one.calls())
    assert len({call.alerts[0].starts_at for call in one.calls()}) == 1

    began = problem.alerts[0]
    [event] = one.zabbix.api("event.get", {"eventids": one.event(), "output": "extend"})
    assert began.starts_at == int(event["clock"]) * SECOND
    assert (began.name, began.level, began.source_level) == ("磁盘满", Level.critical, "disaster")
    assert began.labels["host"] == f"上海-{one.name}"
    assert began.labels["hostgroup"] == "Linux servers"
    assert began.labels["test"] == one.name
    assert began.annotations["value"] == "91"
    assert "update_message" not in began.annotations

    told = update_of(first.alerts[0])
    assert told is not None
    assert told.acknowledged
    assert told.message == "正在看\n十分钟内回复 'ok' $(id)"
    assert "Admin" in told.user or "Zabbix" in told.user
    told = update_of(second.alerts[0])
    assert told is not None
    assert not told.acknowledged
    assert told.message == "换了一块盘"
    assert second.alerts[0].firing

    [ended] = one.zabbix.api(
        "event.get",
        {
            "objectids": event["objectid"],
            "value": 0,
            "output": "extend",
            "sortfield": "eventid",
            "sortorder": "DESC",
            "limit": 1,
        },
    )
    assert recovery.alerts[0].ended_at == int(ended["clock"]) * SECOND
    assert update_of(recovery.alerts[0]) is None


@BOTH_WAYS
def test_a_problem_closed_by_hand_has_ended(watched: Make, way: str) -> None:
    one = watched(way)
    one.set(91)
    one.sent(1)
    one.update(CLOSE | COMMENT, "误报")
    closing = one.wait(3)[1:]
    assert all(not call.alerts[0].firing for call in closing)
    told = [update_of(call.alerts[0]) for call in closing]
    assert [update.closed for update in told if update] == [True]


@BOTH_WAYS
def test_the_token_is_sent(watched: Make, listening: Receiver, way: str) -> None:
    one = watched(way)
    one.set(1)
    one.wait(1)
    assert listening.posted[-1].headers["Authorization"] == f"Bearer {TOKEN}"


HOSTILE = "`id` $(reboot) 'one' \"two\" \\ ; & | < > %s %00 @/etc/passwd 😀 {{7*7}}"


@BOTH_WAYS
@pytest.mark.parametrize("name", [HOSTILE, "first\nevent_id: 1\nrecovery_id: 2", "-o /tmp/x"])
def test_a_hostile_name_arrives_whole(watched: Make, way: str, name: str) -> None:
    one = watched(way, trigger=name)
    one.set(1)
    [call] = one.wait(1)
    assert call.alerts[0].firing
    assert call.alerts[0].fingerprint == one.event()
    assert call.alerts[0].name == name.partition("\nevent_id")[0]
    assert any("reboot" in posted.body.decode() for posted in one.receiver.posted) or "r" in name


@BOTH_WAYS
def test_a_refusal_is_shown_in_zabbix_without_a_phone_number(
    watched: Make, listening: Receiver, way: str
) -> None:
    listening.text = "subject and message are both empty\nmore"
    one = watched(way)
    listening.answer = lambda posted: 422
    one.set(1)
    error = wait_until(
        "an error", lambda: next((a["error"] for a in one.alerts() if a["error"]), None)
    )
    assert "subject and message are both empty" in error
    assert "more" not in error
    assert one.sendto not in error


def test_the_webhook_is_tried_again_until_it_is_accepted(
    watched: Make, listening: Receiver, installed: Zabbix
) -> None:
    medium = installed.api.id_of("mediatype", "mediatypeid", name=BY_WEBHOOK)
    installed.api("mediatype.update", {"mediatypeid": medium, "attempt_interval": "1s"})
    answers = iter([503, 500, 302])
    one = watched(BY_WEBHOOK)

    def answer(posted: Posted) -> int:
        if posted.path != "/zabbix":
            return 200  # Zabbix follows a redirect, without the body: that is no success
        return next(answers, 202) if one.sendto.encode() in posted.body else 202

    listening.answer = answer
    one.set(1)
    calls = one.wait(4)
    assert len({call.key for call in calls}) == 1
    one.sent(1)


def test_what_sms_notify_cannot_take_waits_in_the_spool(
    watched: Make, listening: Receiver, spool_folder: Path
) -> None:
    one = watched(BY_SCRIPT)
    listening.answer = lambda posted: 503
    one.set(1)
    one.sent(1)
    taken = spool.take(spool_folder, now=FAR, expires=FAR)
    [kept] = [kept for kept in taken.fresh if kept.sendto == one.sendto]
    assert f"event_id: {one.event()}" in kept.message
    assert kept.subject == "PROBLEM: 磁盘满"
    assert spool.remove(spool_folder, taken.fresh) == []


def running(program: Path) -> list[bytes]:
    """The command lines that name this program."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(process.read_bytes())
    return [line for line in found if str(program).encode() in line]


def test_a_script_run_again_after_a_restart_makes_the_same_call(
    watched: Make, listening: Receiver, installed: Zabbix
) -> None:
    one = watched(BY_SCRIPT)
    killed = threading.Event()

    def hold(posted: Posted) -> int:
        killed.wait(20)
        return 202

    listening.answer = hold
    one.set(1)
    one.wait(1)
    installed.server.kill()
    killed.set()  # the script, a process of its own, ends well: nobody is there to see it
    wait_until("the script to end", lambda: not running(installed.scripts / "sms-notify-alert"))
    installed.server.start()
    first, second = one.wait(2)
    assert first.key == second.key
    assert first.alerts == second.alerts
    one.sent(1)


def test_a_hundred_triggers_at_once_are_all_accepted(
    installed: Zabbix, watched: Make, tmp_path: Path
) -> None:
    one = watched(BY_SCRIPT)
    api = installed.api
    names = [f"{one.name}.{number}" for number in range(100)]
    item: dict[str, Any] = {
        "hostid": api.id_of("host", "hostid", host=one.name),
        "history": "1d",
        "trends": "0",
    }
    item |= {"type": TRAPPER, "value_type": UNSIGNED}
    api("item.create", [{"name": name, "key_": name, **item} for name in names])
    tags = [{"tag": "test", "value": one.name}]
    triggers = [
        {"description": name, "expression": f"last(/{one.name}/{name})>0", "tags": tags}
        for name in names
    ]
    made = api("trigger.create", triggers)["triggerids"]
    one.set(1, key=names[0], trigger=made[0])  # now the server knows them all
    values = tmp_path / "values"
    values.write_text("".join(f"{one.name} {name} 1\n" for name in names[1:]))
    sender = ["zabbix_sender", "-z", "127.0.0.1", "-p", str(installed.port), "-i", str(values)]
    subprocess.run(sender, check=True, capture_output=True)
    calls = one.wait(100, seconds=40)
    assert {call.alerts[0].name for call in calls} == set(names)
    one.sent(100)


@pytest.mark.slow
def test_a_step_that_zabbix_repeats_is_the_same_call_again(watched: Make) -> None:
    one = watched(BY_SCRIPT, esc_period="60s")
    wanted = {"actionids": one.action, "selectOperations": "extend", "output": ["actionid"]}
    [action] = one.zabbix.api("action.get", wanted)
    [first_step] = action["operations"]
    twice = {
        "operationtype": 0,
        "esc_step_from": 1,
        "esc_step_to": 2,
        "opmessage": {"default_msg": 1, "mediatypeid": first_step["opmessage"]["mediatypeid"]},
        "opmessage_usr": [{"userid": each["userid"]} for each in first_step["opmessage_usr"]],
    }
    one.zabbix.api("action.update", {"actionid": one.action, "operations": [twice]})
    one.set(1)
    first, second = one.wait(2, seconds=120)
    assert first.key == second.key


def media_types(name: str) -> dict[str, Any]:
    loaded = yaml.safe_load((SHIPPED / name).read_text(encoding="utf-8"))
    return {each["name"]: each for each in loaded["zabbix_export"]["media_types"]}


def as_60(part: Any) -> Any:
    """A part of the 7.0 file as the 6.0 format writes it."""
    match part:
        case {"sortorder": _, "value": value}:
            return value
        case dict():
            return {key: as_60(value) for key, value in part.items()}
        case list():
            return [as_60(each) for each in part]
        case str():
            return "\n".join(line for line in part.split("\n") if "TIMESTAMP}" not in line)
    return part


def test_both_files_hold_the_same_media_types() -> None:
    old, new = media_types("media_zabbix60.yaml"), media_types("media_zabbix70.yaml")
    assert as_60(new) == old
